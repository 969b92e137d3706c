"""Streams that a platform gave notice of, and the messages that it keeps for a shop.

Revision core_0005, after core_0004.
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from core.db.roles import protect

revision = "core_0005"
down_revision = "core_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sqlmodel.sql.sqltypes.UTCDateTime()
    with op.batch_alter_table("sync_states", schema=None) as batch_op:
        batch_op.add_column(sa.Column("dirty_from", moment, nullable=True))
    op.create_table(
        "shop_inboxes",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("subscribed_at", moment, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.Column("last_success_at", moment, nullable=True),
        sa.Column("last_error_code", sa.String(length=64), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("merchant_id", "shop_id", name=op.f("pk_shop_inboxes")),
    )
    with op.batch_alter_table("shop_inboxes", schema=None) as batch_op:
        batch_op.create_index("ix_shop_inboxes_due_at", ["merchant_id", "due_at"], unique=False)
    protect(op, "shop_inboxes")


def downgrade() -> None:
    with op.batch_alter_table("shop_inboxes", schema=None) as batch_op:
        batch_op.drop_index("ix_shop_inboxes_due_at")
    op.drop_table("shop_inboxes")
    with op.batch_alter_table("sync_states", schema=None) as batch_op:
        batch_op.drop_column("dirty_from")
