"""Name servers of deleted zones, which no other account is given for the same domain."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

BYTEWISE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "former_name_server",
        sa.Column("sort_key", BYTEWISE, primary_key=True),
        sa.Column("server", sa.String(255), primary_key=True),
        sa.Column("account_id", sa.String(12), primary_key=True),
    )
