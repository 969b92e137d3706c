"""What a later version of core may do: alter tables that other tables refer to."""

import sqlalchemy as sa
from alembic import op

revision = "core_0010"
down_revision = "core_0009"
branch_labels = None
depends_on = None

COLUMNS = {"orders": "channel", "customers": "region", "products": "platform_status"}


def upgrade() -> None:
    for table, column in COLUMNS.items():
        with op.batch_alter_table(table) as batch:
            batch.alter_column(column, existing_type=sa.String(64), type_=sa.String(80))


def downgrade() -> None:
    for table, column in COLUMNS.items():
        with op.batch_alter_table(table) as batch:
            batch.alter_column(column, existing_type=sa.String(80), type_=sa.String(64))
