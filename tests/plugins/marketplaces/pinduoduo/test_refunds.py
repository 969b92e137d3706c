"""Reading refunds: one status at a time, because PDD lists them in no other way."""

from datetime import timedelta

import pytest

from core.marketplace.records import RefundStatus
from core.marketplace.sandbox import MemoryFeed
from plugins.marketplaces.pinduoduo import opsgraph_marketplaces
from plugins.marketplaces.pinduoduo.codes import REFUND_STATUS
from plugins.marketplaces.pinduoduo.sandbox import PddSandbox, PddShop
from plugins.marketplaces.pinduoduo.sandbox.methods import REFUND_CODES
from tests.plugins.marketplaces.pinduoduo.builders import Shop, ids, pull, records, refund

REFUNDS = "pdd.refund.list.increment.get"
pytestmark = pytest.mark.anyio


def fill(mall: PddShop, *rows: dict[str, object]) -> None:
    mall.refunds = MemoryFeed(rows, "updated_time")


async def test_every_status_is_asked_for_once(sandbox: PddSandbox, shop: Shop) -> None:
    """PDD has no word for all statuses: each that a refund can be in takes a call of its own."""
    pages = await pull(shop.adapter(), "refunds")

    calls = sandbox.log.of(REFUNDS)
    asked = [int(call.params["after_sales_status"]) for call in calls]
    assert sorted(set(REFUND_CODES) - {0}) == sorted(asked)
    assert {"1"} == {call.params["after_sales_type"] for call in calls}
    assert (0, len(asked)) == (pages[-1].reported, sum(page.requests for page in pages))


async def test_refunds_of_every_status_are_read(mall: PddShop, shop: Shop) -> None:
    """One of each status: all come, and the platform's counts of all statuses are added up."""
    fill(mall, *(refund(code, after_sales_status=code) for code in REFUND_STATUS))

    pages = await pull(shop.adapter(), "refunds")

    assert {str(code) for code in REFUND_STATUS} == set(ids(pages))
    assert len(REFUND_STATUS) == pages[-1].reported
    assert all(page.resume is not None for page in pages[:-1])


async def test_a_status_of_many_pages_is_read_from_behind(mall: PddShop, shop: Shop) -> None:
    """Within its status a refund that changes moves the others, as orders do."""
    fill(mall, *(refund(number) for number in range(1, 131)))

    pages = await pull(shop.adapter(), "refunds")

    assert [30, 100] == [len(page.items) for page in pages if page.items]
    assert {str(number) for number in range(1, 131)} == set(ids(pages))
    assert 130 == pages[-1].reported


async def test_a_pull_goes_on_in_the_status_where_it_stopped(
    sandbox: PddSandbox, mall: PddShop, shop: Shop
) -> None:
    """A mark names the status and its page; statuses read before are not asked for again."""
    fill(mall, *(refund(code, after_sales_status=code) for code in (2, 10, 32)))
    adapter = shop.adapter()
    first = (await pull(adapter, "refunds"))[:1]
    sandbox.log.calls.clear()

    rest = await pull(adapter, "refunds", resume=first[0].resume)

    asked = {call.params["after_sales_status"] for call in sandbox.log.of(REFUNDS)}
    assert "2" not in asked
    assert ["2", "10", "32"] == [*ids(first), *ids(rest)]
    assert rest[-1].reported is None  # the platform's count of what was read before is not known


async def test_a_refund_that_moves_on_meanwhile_comes_in_its_new_status(
    mall: PddShop, shop: Shop
) -> None:
    """Met in two statuses a refund comes twice, and its times tell which version is newer."""
    older = refund(7, after_sales_status=2, updated_time="2026-11-22 11:25:00")
    fill(mall, older, refund(7, after_sales_status=10))

    found = records(await pull(shop.adapter(), "refunds"))

    newest = max(found, key=lambda record: record.updated_at)
    assert ["7", "7"] == [record.platform_id for record in found]
    assert RefundStatus.REFUNDED is newest.status


async def test_the_limit_of_the_list_is_kept_by_the_budget() -> None:
    """PDD allows 100 calls in 10 seconds: the shop's budget stays below, its burst included."""
    (marketplace,) = opsgraph_marketplaces()

    within_ten_seconds = marketplace.requests_per_second * timedelta(seconds=11).total_seconds()
    assert within_ten_seconds <= 100
