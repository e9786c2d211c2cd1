"""Traffic policies, their versions, and the policy records made from them."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

BYTEWISE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "traffic_policy",
        sa.Column("number", SERIAL, primary_key=True),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("account_id", sa.String(12), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("name", BYTEWISE, nullable=False),
        sa.Column("last_version", sa.Integer, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.UniqueConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_traffic_policy_account_id_number", "traffic_policy", ["account_id", "number"])
    live = sa.text("NOT deleted")
    op.create_index(
        "ix_traffic_policy_live_name",
        "traffic_policy",
        ["account_id", "name"],
        unique=True,
        sqlite_where=live,
        postgresql_where=live,
    )
    op.create_table(
        "traffic_policy_version",
        sa.Column("policy_id", sa.String(36), sa.ForeignKey("traffic_policy.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("type", sa.String(5), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("comment", sa.Text),
        sa.Column("deleted", sa.Boolean, nullable=False),
    )
    _instances()


def _instances() -> None:
    op.create_table(
        "traffic_policy_instance",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("account_id", sa.String(12), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("zone_id", sa.String(32), nullable=False),
        sa.Column("sort_key", BYTEWISE, nullable=False),
        sa.Column("type", BYTEWISE, nullable=False),
        sa.Column("name_wire", sa.LargeBinary, nullable=False),
        sa.Column("ttl", sa.BigInteger, nullable=False),
        sa.Column("policy_id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("failure", sa.Text, nullable=False),
        sa.Column("rooted", sa.Boolean, nullable=False),
        sa.Column("change_id", sa.String(32)),
        sa.UniqueConstraint("zone_id", "sort_key", "type"),
        sa.ForeignKeyConstraint(
            ["policy_id", "version"], ["traffic_policy_version.policy_id", "traffic_policy_version.version"]
        ),
    )
    listing = ["account_id", "zone_id", "sort_key", "type"]
    op.create_index("ix_traffic_policy_instance_" + "_".join(listing), "traffic_policy_instance", listing)
    by_policy = ["policy_id", "version"]
    op.create_index("ix_traffic_policy_instance_policy_id_version", "traffic_policy_instance", by_policy)
    op.create_table(
        "traffic_use",
        sa.Column("number", SERIAL, primary_key=True),
        sa.Column("instance_id", sa.String(36), sa.ForeignKey("traffic_policy_instance.id"), nullable=False),
        sa.Column("health_check_id", sa.String(64)),
        sa.Column("cidr_collection_id", sa.String(36)),
        sa.Column("cidr_location", sa.String(16)),
        sa.Column("outside_target", sa.LargeBinary),
    )
    for column in ("instance_id", "health_check_id", "cidr_collection_id"):
        op.create_index(f"ix_traffic_use_{column}", "traffic_use", [column])
