"""Owners, policies and sealed secrets of users, and who changed what."""

import sqlalchemy as sa
from alembic import op

from meridian.store import seal

revision = "0013"
down_revision = "0012"

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BYTEWISE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    # Until now every user could do everything in its account, and is to be able to from now on.
    op.add_column("account_user", sa.Column("owner", sa.Boolean, nullable=False, server_default=sa.false()))
    op.execute(sa.update(sa.table("account_user", sa.column("owner"))).values(owner=True))
    op.add_column("account_user", sa.Column("created_at", sa.BigInteger))
    _seal_secrets(op.get_bind())
    op.create_table(
        "user_policy",
        sa.Column("account_id", sa.String(12), primary_key=True),
        sa.Column("user_name", sa.String(64), primary_key=True),
        sa.Column("name", BYTEWISE, primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["account_id", "user_name"], ["account_user.account_id", "account_user.name"]),
    )
    op.create_table(
        "audit_event",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("account_id", sa.String(12), nullable=False),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("access_key_id", sa.String(20), nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("action", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("resource", sa.Text, nullable=False),
        sa.Column("sort_key", BYTEWISE, nullable=False),
        sa.Column("type", BYTEWISE, nullable=False),
        sa.Column("set_identifier", BYTEWISE, nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_event_account_id_id", "audit_event", ["account_id", "id"])
    op.create_index("ix_audit_event_resource_sort_key_id", "audit_event", ["resource", "sort_key", "id"])
    op.create_index("ix_audit_event_request_id", "audit_event", ["request_id"])
    op.create_index("ix_audit_event_at", "audit_event", ["at"])


def _seal_secrets(conn: sa.Connection) -> None:
    """Put the secrets of access keys away sealed, and leave nothing of them behind in the file."""
    if conn.dialect.name == "sqlite":
        conn.exec_driver_sql("PRAGMA secure_delete = ON")
    rows = conn.execute(sa.text("SELECT id, account_id, user_name, secret FROM access_key")).all()
    op.drop_table("access_key")
    made = op.create_table(
        "access_key",
        sa.Column("id", sa.String(20), primary_key=True),
        sa.Column("account_id", sa.String(12), nullable=False),
        sa.Column("user_name", sa.String(64), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.BigInteger),
        sa.ForeignKeyConstraint(["account_id", "user_name"], ["account_user.account_id", "account_user.name"]),
    )
    if rows:
        sealer = seal.of(conn)
        sealer.prepare(())
        for id_, account_id, user, secret in rows:
            row = {"id": id_, "account_id": account_id, "user_name": user, "enabled": True}
            conn.execute(sa.insert(made), row | {"sealed_secret": sealer.seal(secret, id_)})
