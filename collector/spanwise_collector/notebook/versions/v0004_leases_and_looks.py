"""What one of several collectors does at a time, and the last look at each project."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("beat", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "last_looks",
        sa.Column("store", sa.String(255), primary_key=True),
        sa.Column("project", sa.String(64), primary_key=True),
        sa.Column("said", sa.Text, nullable=False),
    )
