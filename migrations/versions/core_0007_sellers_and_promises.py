"""Who sells a line, in how many parts it is paid, when it was promised, how many stars it got.

Revision core_0007, after core_0006.
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "core_0007"
down_revision = "core_0006"
branch_labels = None
depends_on = None

COLUMNS = (
    ("order_lines", "seller", sa.String(length=128)),
    ("payments", "instalments", sa.BigInteger()),
    ("shipments", "promised_at", UTCDateTime()),
    ("reviews", "score", sa.BigInteger()),
)


def upgrade() -> None:
    for table, name, kind in COLUMNS:
        op.add_column(table, sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    for table, name, _ in COLUMNS:
        op.drop_column(table, name)
