"""Reusable delegation sets, and who has which name servers."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "delegation_set",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("account_id", sa.String(12), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("caller_reference", sa.String(128), nullable=False),
        sa.Column("name_servers", sa.Text, nullable=False),
        sa.UniqueConstraint("account_id", "caller_reference"),
    )
    op.create_index("ix_delegation_set_account_id_id", "delegation_set", ["account_id", "id"])
    assigned = op.create_table(
        "assigned_name_server",
        sa.Column("server", sa.String(255), primary_key=True),
        sa.Column("owner", sa.String(32), primary_key=True),
    )
    op.create_index("ix_assigned_name_server_owner", "assigned_name_server", ["owner"])
    has_set = sa.text("delegation_set_id IS NOT NULL")
    op.create_index(
        "ix_hosted_zone_delegation_set_id_id",
        "hosted_zone",
        ["delegation_set_id", "id"],
        sqlite_where=has_set,
        postgresql_where=has_set,
    )
    # Until now every zone had a set of its own.
    zones = op.get_bind().execute(sa.text("SELECT id, name_servers FROM hosted_zone")).all()
    rows = [{"server": server, "owner": id_} for id_, servers in zones for server in json.loads(servers)]
    op.bulk_insert(assigned, rows)
