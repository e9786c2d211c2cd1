"""Which zones' queries are logged."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "query_logging_config",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("account_id", sa.String(12), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("zone_id", sa.String(32), sa.ForeignKey("hosted_zone.id"), nullable=False),
        sa.Column("log_group_arn", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("zone_id"),
    )
    op.create_index("ix_query_logging_config_account_id_id", "query_logging_config", ["account_id", "id"])
