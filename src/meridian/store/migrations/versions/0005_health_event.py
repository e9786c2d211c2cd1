"""What has happened to health checks, and who has been told."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "health_event",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("account_id", sa.String(12), nullable=False),
        sa.Column("check_id", sa.String(36), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("healthy", sa.Boolean),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_health_event_check_id_kind_id", "health_event", ["check_id", "kind", "id"])
    op.create_index("ix_health_event_account_id_id", "health_event", ["account_id", "id"])
    op.create_index("ix_health_event_at", "health_event", ["at"])
    op.create_table(
        "webhook",
        sa.Column("url", sa.Text, primary_key=True),
        sa.Column("delivered", sa.BigInteger, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("held_until", sa.BigInteger, nullable=False),
    )
