"""Write locks of record sets, and the features of a zone."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    bytewise = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "record_set_protection",
        sa.Column("zone_id", sa.String(32), sa.ForeignKey("hosted_zone.id"), primary_key=True),
        sa.Column("sort_key", bytewise, primary_key=True),
        sa.Column("type", bytewise, primary_key=True),
        sa.Column("name_wire", sa.LargeBinary, nullable=False),
        sa.Column("comment", sa.Text),
    )
    op.add_column("hosted_zone", sa.Column("accelerated_recovery", sa.String(32)))
