"""Which network views private zones are seen from."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    bytewise = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "vpc_association",
        sa.Column("zone_id", sa.String(32), sa.ForeignKey("hosted_zone.id"), primary_key=True),
        sa.Column("vpc_id", bytewise, primary_key=True),
        sa.Column("region", sa.String(64), nullable=False),
        sa.Column("sort_key", bytewise, nullable=False),
        sa.UniqueConstraint("vpc_id", "sort_key"),
    )
    op.create_table(
        "vpc_authorization",
        sa.Column("zone_id", sa.String(32), sa.ForeignKey("hosted_zone.id"), primary_key=True),
        sa.Column("vpc_id", bytewise, primary_key=True),
        sa.Column("region", sa.String(64), primary_key=True),
    )
