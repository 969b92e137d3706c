"""Notes have an author and any length: SQLite builds the table anew for it."""

import sqlalchemy as sa
from alembic import op

revision = "sample_0002"
down_revision = "sample_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sample_notes") as batch:
        batch.add_column(sa.Column("author", sa.String(length=40), nullable=True))
        batch.alter_column("content", existing_type=sa.String(length=20), type_=sa.Text())
    op.execute("UPDATE sample_notes SET author = 'nobody'")
    with op.batch_alter_table("sample_notes") as batch:
        batch.alter_column("author", existing_type=sa.String(length=40), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("sample_notes") as batch:
        batch.drop_column("author")
        batch.alter_column("content", existing_type=sa.Text(), type_=sa.String(length=20))
