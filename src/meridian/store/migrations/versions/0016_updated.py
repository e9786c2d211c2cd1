"""Whether a policy record is on its way because of an update."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    updated = sa.Column("updated", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("traffic_policy_instance", updated)
