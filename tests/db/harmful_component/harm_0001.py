"""Gives core's customers other ids, which the notes of another plugin refer to."""

from alembic import op

revision = "harm_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE customers SET id = id + 1")


def downgrade() -> None:
    pass
