"""Notes and tags."""

import sqlalchemy as sa
from alembic import op

from core.db.roles import protect

revision = "sample_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sample_notes",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "id", name="pk_sample_notes"),
        sa.ForeignKeyConstraint(
            ["merchant_id", "customer_id"],
            ["customers.merchant_id", "customers.id"],
            name="fk_sample_notes_customers",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_sample_notes_customer_id", "sample_notes", ["merchant_id", "customer_id"])
    op.create_table(
        "sample_tags",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("note_id", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "id", name="pk_sample_tags"),
        sa.ForeignKeyConstraint(
            ["merchant_id", "note_id"],
            ["sample_notes.merchant_id", "sample_notes.id"],
            name="fk_sample_tags_sample_notes",
            ondelete="CASCADE",
        ),
    )
    protect(op, "sample_notes")
    protect(op, "sample_tags")


def downgrade() -> None:
    op.drop_table("sample_tags")
    op.drop_table("sample_notes")
