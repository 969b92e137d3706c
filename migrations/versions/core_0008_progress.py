"""How far a pull is, when tokens end, and limits of calls that several shops share.

Revision core_0008, after core_0007. Budgets start anew: they hold no more than seconds.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

from core.db.roles import protect

revision = "core_0008"
down_revision = "core_0007"
branch_labels = None
depends_on = None

MOMENT: Any = UTCDateTime()
SHOPS = {
    "token_expires_at": MOMENT,
    "authorization_expires_at": MOMENT,
    "budget_holder": sa.BigInteger(),
}
RUNS = {"share": sa.Float(), "waiting_for": sa.String(length=64), "waiting_until": MOMENT}
NEW, OLD = ("shop_id", "stream", "epoch"), ("shop_id", "stream")


def upgrade() -> None:
    for table, columns in (("shops", SHOPS), ("sync_runs", RUNS)):
        for name, kind in columns.items():
            op.add_column(table, sa.Column(name, kind, nullable=True))
    _index(NEW, instead_of=OLD)
    _budgets("request_budgets", "holder", instead_of="shop_budgets")


def downgrade() -> None:
    _budgets("shop_budgets", "shop_id", instead_of="request_budgets")
    _index(OLD, instead_of=NEW)
    for table, columns in (("sync_runs", RUNS), ("shops", SHOPS)):
        for name in columns:
            op.drop_column(table, name)


def _index(columns: tuple[str, ...], *, instead_of: tuple[str, ...]) -> None:
    op.drop_index(f"ix_sync_runs_{'_'.join(instead_of)}", table_name="sync_runs")
    op.create_index(f"ix_sync_runs_{'_'.join(columns)}", "sync_runs", ["merchant_id", *columns])


def _budgets(table: str, key: str, *, instead_of: str) -> None:
    op.drop_table(instead_of)
    op.create_table(
        table,
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column(key, sa.BigInteger(), nullable=False),
        sa.Column("taken_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", key, name=op.f(f"pk_{table}")),
    )
    protect(op, table)
