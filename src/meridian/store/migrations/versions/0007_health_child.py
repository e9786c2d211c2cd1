"""Which calculated health check counts which others."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    child = op.create_table(
        "health_child",
        sa.Column("parent", sa.BigInteger, sa.ForeignKey("health_check.slot"), primary_key=True),
        sa.Column("child_id", sa.String(64), primary_key=True),
    )
    op.create_index("ix_health_child_child_id", "health_child", ["child_id"])
    checks = op.get_bind().execute(sa.text("SELECT slot, config FROM health_check")).all()
    rows = [
        {"parent": slot, "child_id": id_}
        for slot, config in checks
        for id_ in json.loads(config).get("child_health_checks", ())
    ]
    op.bulk_insert(child, rows)
