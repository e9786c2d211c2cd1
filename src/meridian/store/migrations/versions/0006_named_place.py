"""Where regions and places were when zones were last compiled."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "named_place",
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("latitude", sa.Integer, nullable=False),
        sa.Column("longitude", sa.Integer, nullable=False),
    )
