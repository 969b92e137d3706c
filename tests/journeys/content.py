"""The content of a database as the merchant sees it: business tables and rollups, row by row.

Left out is what tells about the pulling and not about the business: runs, leases, messages, the
moment at which a payload was received, and the day on which stock was seen: a sync that goes on
over the shop's midnight sees it on two.
"""

from typing import Any

from sqlalchemy import Table
from sqlmodel import SQLModel

from core.db import Database
from core.db.migrate import CORE_COMPONENT

LOGS = {
    "sync_runs",
    "sync_states",
    "request_budgets",
    "shop_inboxes",
    "outbox_messages",
    "api_tokens",
    "audit_entries",
}
MOMENTS = {"received_at", "first_seen_at", "last_seen_at", "resolved_at"}
SEEN_DAILY = "inventory_snapshots"


def content(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables that count, in the order of their keys."""
    return {
        table.name: _rows(database, table)
        for table in SQLModel.metadata.sorted_tables
        if table.name in CORE_COMPONENT.tables - LOGS
    }


def _rows(database: Database, table: Table) -> list[tuple[Any, ...]]:
    left_out = MOMENTS | ({"day"} if table.name == SEEN_DAILY else set())
    columns = [column for column in table.columns if column.name not in left_out]
    query = table.select().with_only_columns(*columns).distinct().order_by(*columns)
    return [tuple(row) for row in database.system_now(lambda s: s.execute(query).all())]
