"""The colours of services, and views whose addresses are too long for a link."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "service_colours",
        sa.Column("project", sa.String(64), primary_key=True),
        sa.Column("service", sa.String(255), primary_key=True),
        sa.Column("place", sa.Integer, nullable=False),
        sa.UniqueConstraint("project", "place"),
    )
    op.create_table(
        "linked_views",
        sa.Column("project", sa.String(64), primary_key=True),
        sa.Column("digest", sa.String(32), primary_key=True),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("used", sa.BigInteger, nullable=False),
    )
