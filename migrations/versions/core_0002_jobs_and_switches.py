"""Jobs of plugins, their switches per merchant, and whom an outbox message waits for.

Revision core_0002, after core_0001.
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

from core.db.roles import protect

revision = "core_0002"
down_revision = "core_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job_states",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("job", sa.String(length=128), nullable=False),
        sa.Column("due_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("lease_owner", sa.String(length=200), nullable=True),
        sa.Column("lease_until", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_started_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("last_finished_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("last_success_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("merchant_id", "job", name=op.f("pk_job_states")),
    )
    with op.batch_alter_table("job_states", schema=None) as batch_op:
        batch_op.create_index("ix_job_states_due_at", ["merchant_id", "due_at"], unique=False)

    op.create_table(
        "plugin_switches",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("plugin", sa.String(length=64), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "plugin", name=op.f("pk_plugin_switches")),
    )
    with op.batch_alter_table("outbox_messages", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "waiting",
                sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"),
                nullable=True,
            )
        )
    protect(op, "job_states")
    protect(op, "plugin_switches")


def downgrade() -> None:
    with op.batch_alter_table("outbox_messages", schema=None) as batch_op:
        batch_op.drop_column("waiting")

    op.drop_table("plugin_switches")
    with op.batch_alter_table("job_states", schema=None) as batch_op:
        batch_op.drop_index("ix_job_states_due_at")

    op.drop_table("job_states")
