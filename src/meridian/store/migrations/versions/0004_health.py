"""Health checks, and which record sets use them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "health_check",
        sa.Column("slot", SERIAL, primary_key=True),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("account_id", sa.String(12), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("caller_reference", sa.String(64), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("config", sa.Text, nullable=False),
        sa.Column("options", sa.Text),
        sa.Column("metric", sa.Text),
        sa.Column("override", sa.Text),
        sa.Column("switch", sa.Boolean),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("id"),
        sa.UniqueConstraint("account_id", "caller_reference"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_health_check_account_id_id", "health_check", ["account_id", "id"])
    op.create_table(
        "deleted_health_check",
        sa.Column("account_id", sa.String(12), sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("caller_reference", sa.String(64), primary_key=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("deleted_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_deleted_health_check_deleted_at", "deleted_health_check", ["deleted_at"])
    op.create_table(
        "health_block",
        sa.Column("block", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    # Until now no record set could name a check, so no row has one to fill in.
    op.add_column("record_set", sa.Column("health_check_id", sa.String(64)))
    is_checked = sa.text("health_check_id IS NOT NULL")
    op.create_index(
        "ix_record_set_health_check_id",
        "record_set",
        ["health_check_id"],
        sqlite_where=is_checked,
        postgresql_where=is_checked,
    )
