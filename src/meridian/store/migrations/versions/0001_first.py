"""The first schema: accounts, zones, record sets, changes, outbox, tags."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BYTEWISE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _accounts()
    _zones()
    _changes()
    op.create_table(
        "tag",
        sa.Column("resource_type", sa.String(16), primary_key=True),
        sa.Column("resource_id", sa.String(64), primary_key=True),
        sa.Column("key", BYTEWISE, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )


def _accounts() -> None:
    op.create_table("account", sa.Column("id", sa.String(12), primary_key=True))
    op.create_table(
        "account_user",
        sa.Column("account_id", sa.String(12), sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("name", sa.String(64), primary_key=True),
    )
    op.create_table(
        "access_key",
        sa.Column("id", sa.String(20), primary_key=True),
        sa.Column("account_id", sa.String(12), nullable=False),
        sa.Column("user_name", sa.String(64), nullable=False),
        sa.Column("secret", sa.String(40), nullable=False),
        sa.ForeignKeyConstraint(["account_id", "user_name"], ["account_user.account_id", "account_user.name"]),
    )


def _zones() -> None:
    op.create_table(
        "zone_creation",
        sa.Column("rank", SERIAL, primary_key=True),
        sa.Column("account_id", sa.String(12), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("caller_reference", sa.String(128), nullable=False),
        sa.Column("zone_id", sa.String(32), nullable=False),
        sa.UniqueConstraint("account_id", "caller_reference"),
    )
    op.create_table(
        "hosted_zone",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("account_id", sa.String(12), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("name_wire", sa.LargeBinary, nullable=False),
        sa.Column("sort_key", BYTEWISE, nullable=False),
        sa.Column("caller_reference", sa.String(128), nullable=False),
        sa.Column("rank", sa.BigInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("shard_count", sa.Integer, nullable=False),
        sa.Column("record_set_count", sa.Integer, nullable=False),
        sa.Column("comment", sa.Text),
        sa.Column("private", sa.Boolean, nullable=False),
        sa.Column("delegation_set_id", sa.String(32)),
        sa.Column("name_servers", sa.Text, nullable=False),
    )
    op.create_index("ix_hosted_zone_account_id_id", "hosted_zone", ["account_id", "id"])
    op.create_index("ix_hosted_zone_sort_key_id", "hosted_zone", ["sort_key", "id"])
    op.create_table(
        "record_set",
        sa.Column("zone_id", sa.String(32), sa.ForeignKey("hosted_zone.id"), primary_key=True),
        sa.Column("sort_key", BYTEWISE, primary_key=True),
        sa.Column("type", BYTEWISE, primary_key=True),
        sa.Column("set_identifier", BYTEWISE, primary_key=True),
        sa.Column("name_wire", sa.LargeBinary, nullable=False),
        sa.Column("slot", sa.Integer, nullable=False),
        sa.Column("ttl", sa.Integer),
        sa.Column("record_values", sa.Text),
        sa.Column("rdata", sa.LargeBinary),
        sa.Column("rest", sa.Text),
    )
    op.create_index("ix_record_set_zone_id_slot", "record_set", ["zone_id", "slot"])
    op.create_table(
        "ancestor",
        sa.Column("zone_id", sa.String(32), sa.ForeignKey("hosted_zone.id"), primary_key=True),
        sa.Column("name_wire", sa.LargeBinary, primary_key=True),
        sa.Column("slot", sa.Integer, nullable=False),
        sa.Column("descendants", sa.Integer, nullable=False),
    )
    op.create_index("ix_ancestor_zone_id_slot", "ancestor", ["zone_id", "slot"])


def _changes() -> None:
    op.create_table(
        "change",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("account_id", sa.String(12), nullable=False),
        sa.Column("zone_id", sa.String(32), nullable=False),
        sa.Column("zone_version", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String(7), nullable=False),
        sa.Column("submitted_at", sa.BigInteger, nullable=False),
        sa.Column("comment", sa.Text),
        sa.Column("catalog", sa.Integer),
        sa.Column("catalog_version", sa.BigInteger),
    )
    op.create_index("ix_change_status_zone_id", "change", ["status", "zone_id"])
    op.create_index("ix_change_submitted_at", "change", ["submitted_at"])
    op.create_table(
        "outbox",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("zone_id", sa.String(32), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("slots", sa.LargeBinary),
        sqlite_autoincrement=True,
    )
