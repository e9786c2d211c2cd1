"""CIDR collections, who uses them, and what the feed is to tell of places."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

BYTEWISE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "cidr_collection",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("account_id", sa.String(12), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("name", BYTEWISE, nullable=False),
        sa.Column("caller_reference", sa.String(64), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("account_id", "name"),
    )
    op.create_table(
        "cidr_block",
        sa.Column("collection_id", sa.String(36), sa.ForeignKey("cidr_collection.id"), primary_key=True),
        sa.Column("block", sa.LargeBinary, primary_key=True),
        sa.Column("location", BYTEWISE, nullable=False),
    )
    op.create_index("ix_cidr_block_collection_id_location_block", "cidr_block", ["collection_id", "location", "block"])
    op.create_table(
        "place_outbox",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    _uses()
    # A change is now one of a zone or of a collection, whose ids are longer.
    with op.batch_alter_table("change") as change:
        change.alter_column("zone_id", existing_type=sa.String(32), existing_nullable=False, type_=sa.String(36))


def _uses() -> None:
    op.add_column("record_set", sa.Column("cidr_collection_id", sa.String(36)))
    op.add_column("record_set", sa.Column("cidr_location", sa.String(16)))
    uses = sa.text("cidr_collection_id IS NOT NULL")
    op.create_index(
        "ix_record_set_cidr_collection_id_cidr_location",
        "record_set",
        ["cidr_collection_id", "cidr_location"],
        sqlite_where=uses,
        postgresql_where=uses,
    )
