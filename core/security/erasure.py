"""Erasure of customers: what core keeps of them, what plugins keep, and that it does not return.

All of it is one transaction, with its audit entry. A rehearsal does the same and takes it back.
What this cannot reach is said in `docs/operating.md`: backups, and pages not yet reused.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import SQLModel, col, select

from core.db.session import MerchantSession
from core.db.upsert import Row, delete_keys, table_of, upsert
from core.errors import NotFoundError, OpsgraphError, PluginUnavailableError
from core.ingest.announcement import announce
from core.ingest.changes import Change
from core.ingest.erased import KINDS, leave_tombstones
from core.ingest.rollup import Rollup, apply_changes
from core.ingest.rows import key_columns
from core.models import Customer, Tombstone
from core.plugin import PersonalDataStore
from core.security.audit import audit
from core.security.holdings import Holdings

STREAM = "erasure"
"""Under this name plugins hear of the changes."""


@dataclass(frozen=True)
class Erasure:
    """What was erased, or would be.

    rows: how many rows of each table were deleted, blanked or unlinked. others: customers who are
    the same person, whom nobody asked to erase.
    """

    rows: dict[str, int]
    others: tuple[int, ...]


@dataclass(frozen=True)
class Eraser:
    """Erases customers. stores: the plugins'; rollups: core's and the plugins'."""

    stores: Sequence[PersonalDataStore]
    rollups: Sequence[Rollup]
    actor: str
    now: datetime

    def erase(self, session: MerchantSession, customer_ids: Sequence[int]) -> Erasure:
        """Erase customers with what belongs to them, here and in the plugins' stores.

        NotFoundError when one of them was never known; erasing somebody again is allowed.
        PluginUnavailableError when a plugin's store fails: then nothing may be committed.
        """
        ids = sorted(set(customer_ids))
        held = Holdings(session, ids)
        _check_known(session, ids, held)
        rows: Counter[str] = Counter()
        for store in self.stores:  # first: they may look at what core still holds
            rows[store.table] += _erase_store(session, store, ids)
        changes = held.changes()
        _write(session, changes)
        apply_changes(session, self.rollups, session.merchant_id, changes)
        _announce(session, changes, self.now)
        customers = [(KINDS[Customer], customer_id) for customer_id in ids]
        leave_tombstones(session, [*customers, *held.marks()], self.now)
        rows.update(table_of(change.table).name for change in changes)
        erased = Erasure({table: rows[table] for table in sorted(rows) if rows[table]}, held.others)
        for customer_id in ids:
            audit(
                session, self.actor, "customer.erase", "customer", customer_id, self.now,
                rows=erased.rows,
            )  # fmt: skip
        session.flush()
        return erased

    def rehearse(self, session: MerchantSession, customer_ids: Sequence[int]) -> Erasure:
        """What `erase` would do: it is done, and taken back."""
        savepoint = session.begin_nested()
        try:
            return self.erase(session, customer_ids)
        finally:
            savepoint.rollback()


def _check_known(session: MerchantSession, ids: Sequence[int], held: Holdings) -> None:
    erased = select(Tombstone.identity).where(
        Tombstone.kind == KINDS[Customer], col(Tombstone.identity).in_(ids)
    )
    known = {row["id"] for row in held.customers} | set(session.scalars(erased))
    if not known.issuperset(ids):
        raise NotFoundError("There is no such customer.", path=["input", "id"])


def _erase_store(session: MerchantSession, store: PersonalDataStore, ids: Sequence[int]) -> int:
    try:
        count = store.erase(session, ids)
        session.flush()
    except OpsgraphError:
        raise
    # Whatever a plugin raises, its text may hold the very data: only its kind is told.
    except Exception as error:
        raise PluginUnavailableError(
            f"The personal data in {store.table!r} could not be erased ({type(error).__name__}), "
            "so nothing was. Mend or remove the plugin that keeps it, and erase again."
        ) from None
    return count


def _write(session: MerchantSession, changes: Sequence[Change]) -> None:
    by_table: dict[type[SQLModel], list[Change]] = defaultdict(list)
    for change in changes:
        by_table[change.table].append(change)
    for table, some in by_table.items():
        columns = key_columns(table)
        gone = [c.row for c in some if c.after is None]
        keys = [(session.merchant_id, *(row[name] for name in columns)) for row in gone]
        delete_keys(session, table, ("merchant_id", *columns), keys)
        kept: list[Row] = [change.after for change in some if change.after is not None]
        upsert(session, table, kept)


def _announce(session: MerchantSession, changes: Sequence[Change], now: datetime) -> None:
    by_shop: dict[int, list[Change]] = defaultdict(list)
    for change in changes:
        if "shop_id" in change.row:
            by_shop[change.row["shop_id"]].append(change)
    for shop_id, some in by_shop.items():
        announce(session, shop_id, STREAM, now, some)
