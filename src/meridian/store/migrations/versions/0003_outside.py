"""Where aliases lead outside their zones."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    # Until now no alias could lead outside, so no row has a target to fill in.
    op.add_column("record_set", sa.Column("outside_target", sa.LargeBinary))
    is_outside = sa.text("outside_target IS NOT NULL")
    op.create_index(
        "ix_record_set_outside_target_type",
        "record_set",
        ["outside_target", "type"],
        sqlite_where=is_outside,
        postgresql_where=is_outside,
    )
