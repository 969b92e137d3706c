"""An erased customer is gone from every table, and no later sync brings anything back."""

import json
import zlib
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select as select_rows
from sqlmodel import SQLModel, select

from core.db import Database, MerchantSession
from core.db.migrate import CORE_COMPONENT
from core.errors import NotFoundError, PluginUnavailableError
from core.graph.scalars import global_id
from core.ingest.rollup import rebuild
from core.ingest.standard import CORE_ROLLUPS
from core.marketplace.contract import Mapped, Payload
from core.marketplace.records import (
    BehaviorRecord,
    CustomerRecord,
    ReviewRecord,
    ReviewResult,
    ShipmentRecord,
)
from core.models import (
    AuditEntry,
    Customer,
    CustomerPerson,
    CustomerStat,
    Order,
    OutboxMessage,
    Person,
    QuarantineEntry,
    Refund,
    Review,
    SalesDay,
    Shipment,
    Shop,
    Tombstone,
)
from core.plugin import PersonalDataStore
from core.security.erasure import Eraser, Erasure
from tests.graphql import Api, Client
from tests.ingest.records import T0, after, ingest, line, order, place, refund
from tests.ingest.stored import only, rows
from tests.tiny import api_with, make_plugin

NICKNAME, TRACKING, AUTHOR, WORDS = "灯下小李", "SF-7788-PRIVATE", "li***ng", "Call me: 139-0000"
PLATFORM_ID = "buyer-secret-9"
PERSONAL = (NICKNAME, TRACKING, AUTHOR, WORDS, PLATFORM_ID)
BUYER = CustomerRecord(platform_id=PLATFORM_ID, nickname=NICKNAME, country="CN")
OTHER = CustomerRecord(platform_id="c2", nickname="阿强")
PARCEL = ShipmentRecord(platform_id="s1", tracking_number=TRACKING)


def review(platform_id: str = "v1", at: float = 0, **fields: Any) -> ReviewRecord:
    """A review of the buyer's order."""
    given = {"order_id": "o1", "author": AUTHOR, "content": WORDS} | fields
    return ReviewRecord(
        platform_id=platform_id,
        updated_at=after(at),
        result=ReviewResult.GOOD,
        platform_result="good",
        reviewed_at=T0,
        **given,
    )


def visit(platform_id: str = "e1") -> BehaviorRecord:
    """The buyer looks around."""
    return BehaviorRecord(
        platform_id=platform_id, happened_at=T0, visitor=PLATFORM_ID, action="view"
    )


def sale(platform_id: str = "o1", at: float = 0, **fields: Any) -> Any:
    """An order of the buyer, with a parcel."""
    return order(platform_id, at, **({"customer": BUYER, "shipments": (PARCEL,)} | fields))


@pytest.fixture
def filled(database: Database, shop: Shop) -> Shop:
    """A shop with a buyer who left traces everywhere, and another one who must stay."""
    ingest(
        database, shop, sale(), refund(customer_id=PLATFORM_ID), review(), visit(),
        order("o9", customer=OTHER), review("v9", order_id="o9", author="q", content="good"),
    )  # fmt: skip
    customer_id = identity(shop)
    database.run_now(shop.merchant_id, lambda session: session.add_all(_private(shop, customer_id)))
    return shop


def _private(shop: Shop, customer_id: int) -> list[SQLModel]:
    """What no marketplace sends: who the buyer is, and a record that could not be used."""
    mine = {"merchant_id": shop.merchant_id}
    return [
        Person(**mine, id=5, name=NICKNAME, created_at=T0),
        CustomerPerson(**mine, customer_id=customer_id, person_id=5, evidence="x", linked_at=T0),
        QuarantineEntry(
            **mine, id=6, shop_id=shop.id, stream="orders", kind="order", platform_id="o1",
            where="buyer", expected="a name", value=NICKNAME, payload={"nick": NICKNAME},
            first_seen_at=T0, last_seen_at=T0,
        ),
    ]  # fmt: skip


def identity(shop: Shop, platform_id: str = PLATFORM_ID) -> int:
    return place(shop).id("customer", platform_id)


def erase(
    database: Database,
    shop: Shop,
    *stores: PersonalDataStore,
    customer_id: int = 0,
    is_rehearsal: bool = False,
) -> Erasure:
    """Erase the buyer as the owner would."""
    eraser = Eraser(stores, CORE_ROLLUPS, "owner", T0)
    work = eraser.rehearse if is_rehearsal else eraser.erase
    wanted = [customer_id or identity(shop)]
    return database.run_now(shop.merchant_id, lambda session: work(session, wanted))


def everything(database: Database) -> dict[str, str]:
    """All that the database holds, as text, by table; payloads are unpacked."""
    names = CORE_COMPONENT.tables  # other tests may have declared plugins' tables
    tables = [each for each in SQLModel.metadata.sorted_tables if each.name in names]
    return {
        table.name: " ".join(
            sorted(json.dumps([_plain(v) for v in row], ensure_ascii=False) for row in found)
        )
        for table in tables
        for found in [database.system_now(lambda s, t=table: s.execute(select_rows(t)).all())]
    }


def _plain(value: Any) -> str:
    if isinstance(value, bytes) and value.startswith(b"\x78"):
        return zlib.decompress(value).decode()
    return str(value)


def traces(database: Database) -> set[tuple[str, str]]:
    """Which personal texts stand in which tables."""
    texts = everything(database)
    return {(name, text) for name, held in texts.items() for text in PERSONAL if text in held}


def test_nothing_is_left(database: Database, filled: Shop) -> None:
    """No table holds any of the buyer's texts, the audit log and the outbox included."""
    before = traces(database)

    erase(database, filled)

    assert set(PERSONAL) == {text for _, text in before}
    assert len({name for name, _ in before}) == 7
    assert set() == traces(database)
    [entry] = rows(database, filled, AuditEntry)
    assert ("customer.erase", str(identity(filled))) == (entry.action, entry.entity_id)


def test_books_stay(database: Database, filled: Shop) -> None:
    """Sales and refunds stay, without a customer; the figures are those of a rebuild."""
    sold = only(database, filled, SalesDay).amount

    erase(database, filled)

    by_number = {row.platform_id: row.customer_id for row in rows(database, filled, Order)}
    assert {"o1": None, "o9": identity(filled, "c2")} == by_number
    assert None is only(database, filled, Refund).customer_id
    assert sold == only(database, filled, SalesDay).amount
    assert [identity(filled, "c2")] == [
        row.customer_id for row in rows(database, filled, CustomerStat)
    ]
    kept = everything(database)
    database.run_now(
        filled.merchant_id, lambda session: rebuild(session, CORE_ROLLUPS, filled.merchant_id)
    )
    assert kept == everything(database)


def test_others_stay(database: Database, filled: Shop) -> None:
    """What belongs to another customer is as it was."""
    erase(database, filled)

    assert "阿强" == only(database, filled, Customer).nickname
    assert {"q", None} == {row.author for row in rows(database, filled, Review)}


def test_a_later_sync_brings_nothing_back(database: Database, filled: Shop) -> None:
    """Changed orders, reviews and visits come in without the buyer; so do new ones."""
    erase(database, filled)

    for _ in range(2):
        ingest(database, filled, *map(_bare, (sale(at=1), refund(at=1, customer_id=PLATFORM_ID))))
        ingest(database, filled, *map(_bare, (sale("o2", at=2, lines=(line("o2-1"),)),)))
        late = (review(at=3), review("v2", at=3, order_id="o2"), review("v3", at=3, order_id=None,
                line_id="o1-1"), review("v4", at=3, order_id=None, line_id="o2-1"))  # fmt: skip
        ingest(database, filled, *map(_bare, late), stream="reviews")
        ingest(database, filled, visit(), visit("e2"), stream="behavior")

    assert set() == traces(database)
    assert {None} == {row.tracking_number for row in rows(database, filled, Shipment)}
    assert 2 == len(rows(database, filled, Shipment))
    assert 5 == len(rows(database, filled, Review))


def _bare(record: Any) -> Any:
    """The record with its payload as adapters send it: all masked but the buyer's pseudonym."""
    return Mapped(record, Payload({"id": record.platform_id, "name": "***", "buyer": PLATFORM_ID}))


def test_rehearsal(database: Database, filled: Shop) -> None:
    """A rehearsal counts what an erasure touches, and changes nothing."""
    before = everything(database)

    rehearsed = erase(database, filled, is_rehearsal=True)

    assert before == everything(database)
    assert rehearsed == erase(database, filled)
    assert {
        "behavior_events": 1, "customer_persons": 1, "customers": 1, "orders": 1, "persons": 1,
        "quarantine_entries": 1, "raw_payloads": 3, "refunds": 1, "reviews": 1, "shipments": 1,
    } == rehearsed.rows  # fmt: skip


def test_again(database: Database, filled: Shop) -> None:
    """Erasing somebody again is allowed and touches nothing; a stranger is not known."""
    erase(database, filled)

    assert {} == erase(database, filled).rows
    with pytest.raises(NotFoundError):
        erase(database, filled, customer_id=4)


def test_the_same_person(database: Database, filled: Shop) -> None:
    """A person with another customer stays, and the other customer is named."""
    other = identity(filled, "c2")
    link = CustomerPerson(merchant_id=filled.merchant_id, customer_id=other, person_id=5,
                          evidence="x", linked_at=T0)  # fmt: skip
    database.run_now(filled.merchant_id, lambda session: session.add(link))

    erased = erase(database, filled)

    assert (other,) == erased.others
    assert 5 == only(database, filled, Person).id
    assert (5,) == tuple(row.person_id for row in rows(database, filled, CustomerPerson))


def test_plugins_hear_of_it(database: Database, filled: Shop) -> None:
    """Listeners are told which rows changed, in one message per shop."""
    erase(database, filled)

    [news] = [m for m in rows(database, filled, OutboxMessage) if m.body["stream"] == "erasure"]
    assert ["customers", str(identity(filled)), "delete"] in news.body["rows"]
    assert {"orders", "customers", "refunds", "reviews", "behavior_events"} == {
        row[0] for row in news.body["rows"]
    }


def keep_words(session: MerchantSession, ids: Sequence[int]) -> int:
    """A plugin's store: it sees the customers still, and writes in the same transaction."""
    found = session.scalars(select(Customer).where(Customer.id == ids[0])).all()
    session.add(Tombstone(merchant_id=session.merchant_id, kind="lamps", identity=ids[0],
                          erased_at=T0))  # fmt: skip
    return len(found) + 6


def test_a_plugins_store(database: Database, filled: Shop) -> None:
    """A plugin's store is reached before core's own rows go, and its rows are counted."""
    erased = erase(database, filled, PersonalDataStore("lamps_buyers", "Buyers.", keep_words))

    assert 7 == erased.rows["lamps_buyers"]
    assert "lamps" in {row.kind for row in rows(database, filled, Tombstone)}


def test_a_plugins_store_that_fails(database: Database, filled: Shop) -> None:
    """Then nothing is erased, and the error says whose store it was and none of its text."""
    before = everything(database)

    def fail(session: MerchantSession, ids: Sequence[int]) -> int:
        raise RuntimeError(NICKNAME)

    with pytest.raises(PluginUnavailableError, match=r"'lamps_buyers'.*RuntimeError") as caught:
        erase(database, filled, PersonalDataStore("lamps_buyers", "Buyers.", fail))

    assert NICKNAME not in str(caught.value)
    assert before == everything(database)


ERASE = """mutation Erase($input: EraseCustomerInput!) { eraseCustomer(input: $input) {
  dryRun tables { table rows } others notAsked userErrors { code message } } }"""


@pytest.mark.anyio
async def test_mutation(api: Api, database: Database, filled: Shop) -> None:
    """`eraseCustomer` rehearses unless told not to, reaches plugins, and shows nothing personal."""
    store = PersonalDataStore("lamps_buyers", "Buyers.", keep_words)
    api = api_with(api, lamps=make_plugin(personal_data=[store]))
    owner = Client(api, api.token(filled.merchant_id))
    id = global_id("Customer", identity(filled))

    rehearsed = (await owner.data(ERASE, {"input": {"id": id}}))["eraseCustomer"]
    still = traces(database)
    erased = (await owner.data(ERASE, {"input": {"id": id, "dryRun": False}}))["eraseCustomer"]

    assert rehearsed == erased | {"dryRun": True}
    assert {"table": "lamps_buyers", "rows": 7} in erased["tables"]
    assert still
    assert set() == traces(database)
    assert [] == [text for text in PERSONAL if text in str(erased)]


@pytest.mark.anyio
@pytest.mark.parametrize("role", ["analyst", "support"])
async def test_only_owners_erase(api: Api, filled: Shop, role: str) -> None:
    """Who may see personal data may not erase it."""
    client = Client(api, api.token(filled.merchant_id, role))

    answer = await client.ask(ERASE, {"input": {"id": global_id("Customer", identity(filled))}})

    assert ["FORBIDDEN"] == answer.codes
