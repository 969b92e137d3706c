"""Reading refunds from both of JD's sources, with money from a third."""

from datetime import timedelta

import pytest

from core.marketplace.contract import Rejected, Window
from core.marketplace.records import RefundStatus
from core.marketplace.sandbox import MemoryFeed, Row
from plugins.marketplaces.jd.sandbox import JosSandbox, JosShop
from tests.plugins.marketplaces.jd.builders import (
    DAY,
    NOW,
    Shop,
    cancellation,
    estimate,
    ids,
    money,
    pull,
    records,
    service,
)

VIEW = "jingdong.asc.serviceAndRefund.view"
MONEY = "jingdong.b2c.shop.aftersales.refund.get"
CANCELLED = "jingdong.pop.afs.soa.refundapply.queryPageList"
pytestmark = pytest.mark.anyio


def stock(shop: JosShop, services: list[Row], moneys: list[Row]) -> None:
    shop.services = MemoryFeed(services, "_applied")
    shop.refunds = MemoryFeed(moneys, "_at", "_service")


async def test_money_comes_from_its_own_method(
    sandbox: JosSandbox, jos_shop: JosShop, shop: Shop
) -> None:
    """`refoundAmount` has no documented unit; `actualRefundAmount` is yuan, asked per service."""
    stock(jos_shop, [service(501, refoundAmount=99)], [money(501, "20.50")])

    (page,) = await pull(shop.adapter(), "refunds")

    (record,) = records([page])
    assert (2050, RefundStatus.REFUNDED, "service-501") == (
        record.amount,
        record.status,
        record.platform_id,
    )
    assert (2, 1) == (page.requests, page.reported)
    assert ["501"] == [call.params["afsServiceId"] for call in sandbox.log.of(MONEY)]


async def test_partial_refunds_of_one_service_are_one_refund(
    sandbox: JosSandbox, jos_shop: JosShop, shop: Shop
) -> None:
    """JD lists a row per payment, and tells the money per service: two rows must not double it."""
    rows = [service(501), service(501, afsRefundId=2, completeTime="2026-11-22 11:30:00")]
    stock(jos_shop, rows, [money(501, "20.00")])

    (page,) = await pull(shop.adapter(), "refunds")

    assert {("service-501", 2000)} == {(each.platform_id, each.amount) for each in records([page])}
    assert 1 == len(sandbox.log.of(MONEY))


async def test_a_service_without_refund_has_no_money(jos_shop: JosShop, shop: Shop) -> None:
    """Exchanges and repairs are services too: JD tells no refund of them, and no money moved."""
    stock(jos_shop, [service(501, status=None, completeTime=None)], [])

    (record,) = records(await pull(shop.adapter(), "refunds"))

    assert (0, RefundStatus.REQUESTED, None) == (record.amount, record.status, record.refunded_at)


async def test_a_success_without_amount_is_quarantined(jos_shop: JosShop, shop: Shop) -> None:
    """JD says that money went back but not how much: nobody may guess, and the next run asks."""
    stock(jos_shop, [service(501)], [estimate(501)])

    (page,) = await pull(shop.adapter(), "refunds")

    (bad,) = page.items
    assert isinstance(bad, Rejected)
    assert ("refund", "501", "afsActualRefundDetail") == (
        bad.kind,
        bad.platform_id,
        bad.error.where,
    )


async def test_both_sources_of_one_order_stay_apart(jos_shop: JosShop, shop: Shop) -> None:
    """A cancellation and a service may have the same number: neither overwrites the other."""
    stock(jos_shop, [service(77)], [money(77)])
    jos_shop.cancellations = MemoryFeed([cancellation(77)], "applyTime")
    adapter = shop.adapter()

    found = [*await pull(adapter, "refunds"), *await pull(adapter, "cancellations")]

    assert ["service-77", "cancel-77"] == ids(found)


async def test_refunds_are_paged(sandbox: JosSandbox, jos_shop: JosShop, shop: Shop) -> None:
    """JD shows 50 on a page; the last is read first."""
    numbers = range(1, 121)
    stock(jos_shop, [service(n) for n in numbers], [money(n) for n in numbers])

    pages = await pull(shop.adapter(), "refunds")

    assert [20, 50, 50, 0, 0, 0] == [len(page.items) for page in pages]
    assert [22, 51, 51, 1, 1, 1] == [page.requests for page in pages]
    assert {f"service-{n}" for n in numbers} == set(ids(pages))


async def test_more_cancellations_than_a_hundred_pages_are_cut_by_time(
    sandbox: JosSandbox, jos_shop: JosShop, shop: Shop
) -> None:
    """`pageIndex` ends at 100: a window with more rows is read in halves, none is missed."""
    first = NOW - timedelta(hours=20) + timedelta(hours=8)
    rows = [
        cancellation(n, applyTime=f"{first + timedelta(seconds=10 * n):%Y-%m-%d %H:%M:%S}")
        for n in range(5100)
    ]
    jos_shop.cancellations = MemoryFeed(rows[1:], "applyTime")

    pages = await pull(shop.adapter(), "cancellations")

    assert {f"cancel-{n}" for n in range(1, 5100)} == set(ids(pages))
    assert max(int(call.params["pageIndex"]) for call in sandbox.log.of(CANCELLED)) <= 100


async def test_windows_fit_what_jd_allows(sandbox: JosSandbox, shop: Shop) -> None:
    """Applications: seven days at most in one request."""
    await pull(shop.adapter(), "refunds", Window(NOW - timedelta(days=7), NOW))

    (call,) = sandbox.log.of(VIEW)
    assert ("2026-11-15 12:00:00", "2026-11-22 12:00:00") == (
        call.params["applyTimeBegin"],
        call.params["applyTimeEnd"],
    )


async def test_the_window_bounds_applications(jos_shop: JosShop, shop: Shop) -> None:
    """A service applied for earlier belongs to an earlier window, however late it ended."""
    stock(jos_shop, [service(1, applied="2026-11-20 09:00:00"), service(2)], [money(2)])

    pages = await pull(shop.adapter(), "refunds", DAY)

    assert ["service-2"] == ids(pages)
