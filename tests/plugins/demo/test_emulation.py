"""The whole year as one shop shows each line of the source once, in TOP's words."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from plugins.demo.dataset import Dataset, LineClass, classify
from plugins.demo.emulation import Emulation
from plugins.demo.emulation.books import measure_offset, round_to_cents
from plugins.demo.emulation.ids import ADJUSTMENTS, REFUNDS, SALES, invoice_of
from plugins.demo.platforms.taobao import make_shop
from plugins.demo.platforms.wire import clock, yuan
from plugins.marketplaces.taobao.sandbox import TopShop

KIND = {LineClass.ORDER: "fixed", LineClass.REFUND: "refund", LineClass.ADJUSTMENT: "nopaid"}


def render_all(feed: Any) -> Iterator[dict[str, Any]]:
    return (feed.render(index) for _, index in feed.keys)


def trade_of(taobao: TopShop, invoice: int, series: int = SALES) -> dict[str, Any]:
    trade = taobao.trades.by_id(series + invoice * 10_000)
    assert trade is not None
    return trade


def lines_of(trade: dict[str, Any]) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = trade["orders"]["order"]
    return lines


def refund_sums(taobao: TopShop) -> dict[int, Decimal]:
    sums: dict[int, Decimal] = defaultdict(Decimal)
    for refund in render_all(taobao.refunds):
        if "tid" in refund:
            sums[refund["tid"]] += Decimal(refund["refund_fee"])
    return sums


@pytest.fixture(scope="module")
def oids(taobao: TopShop) -> dict[int, list[int]]:
    """The line ids of every trade."""
    return {
        trade["tid"]: [line["oid"] for line in lines_of(trade)]
        for trade in render_all(taobao.trades)
    }


def test_every_line_is_shown_once(data: Dataset, taobao: TopShop) -> None:
    """Trades and refunds together are the source: no line is lost, none is told twice."""
    expected = Counter(
        (
            KIND[kind := classify(line)],
            int(line.invoice.lstrip("AC")),
            line.stock_code,
            quantity := line.quantity * (-1 if kind == LineClass.REFUND else 1),
            yuan(round_to_cents(line.price_mils) * quantity),
        )
        for line in data.lines()
    )

    actual = Counter(
        (
            trade["type"],
            invoice_of(line["oid"]),
            line["outer_sku_id"],
            line["num"],
            line["total_fee"],
        )
        for trade in render_all(taobao.trades)
        for line in lines_of(trade)
    )
    actual.update(
        ("refund", invoice_of(r["refund_id"]), r["outer_id"], r["num"], r["refund_fee"])
        for r in render_all(taobao.refunds)
    )

    assert expected == actual


def test_ids_are_unique_and_large(taobao: TopShop, oids: dict[int, list[int]]) -> None:
    """No id occurs twice, and all are beyond what a float can hold."""
    lines = [oid for found in oids.values() for oid in found]
    refunds = [int(refund["refund_id"]) for refund in render_all(taobao.refunds)]

    assert (22_117, 532_621, 9_288) == (len(oids), len(lines), len(refunds))
    assert len(lines + refunds) == len({*lines, *refunds})
    assert all(2**53 < number < 2**63 for number in (*oids, *lines, *refunds))


def test_order_trade(taobao: TopShop) -> None:
    """A sale reads as the spec of taobao.trades.sold.increment.get describes it."""
    expected = {
        "tid": 3_600_000_005_363_650_000,
        "type": "fixed",
        "status": "TRADE_FINISHED",
        "created": "2025-11-12 08:26:00",
        "pay_time": "2025-11-12 08:26:30",
        "consign_time": "2025-11-13 08:26:00",
        "end_time": "2025-11-19 08:26:00",
        "modified": "2025-11-19 08:26:00",
        "buyer_open_uid": "uci-17850",
        "receiver_country": "United Kingdom",
        "payment": "139.12",
        "total_fee": "139.12",
        "post_fee": "0.00",
        "discount_fee": "0.00",
        "alipay_no": "536365",
    }

    trade = trade_of(taobao, 536365)
    lines = lines_of(trade)
    del trade["orders"]

    assert expected == trade
    assert {
        "oid": 3_600_000_005_363_650_001,
        "num_iid": 7_000_003_436,
        "sku_id": "8000003536",
        "outer_sku_id": "85123A",
        "title": "WHITE HANGING HEART T-LIGHT HOLDER",
        "price": "2.55",
        "num": 6,
        "total_fee": "15.30",
        "divide_order_fee": "15.30",
        "payment": "15.30",
        "part_mjz_discount": "0.00",
        "discount_fee": "0.00",
        "status": "TRADE_FINISHED",
        "refund_status": "NO_REFUND",
    } == lines[0]


def test_only_line_has_the_number_of_its_trade(taobao: TopShop) -> None:
    """A trade of one line uses one number for both, as TOP does."""
    trade = trade_of(taobao, 536371)

    assert [trade["tid"]] == [line["oid"] for line in lines_of(trade)]


def test_adjustments_are_trades_without_payment(taobao: TopShop) -> None:
    """Bad debt keeps its price, but no money moves and nothing was ever paid."""
    trade = trade_of(taobao, 563186, ADJUSTMENTS)
    line = lines_of(trade)[0]

    assert "pay_time" not in trade
    assert ("nopaid", "TRADE_FINISHED", "0.00") == (
        trade["type"],
        trade["status"],
        trade["payment"],
    )
    assert ("-11062.06", "-11062.06", "0.00") == (
        line["price"],
        line["total_fee"],
        line["divide_order_fee"],
    )


def test_mixed_invoices_become_two_trades(oids: dict[int, list[int]]) -> None:
    """53 invoices hold order lines and adjustment lines: one trade for either."""
    trades_per_invoice = Counter(map(invoice_of, oids))

    assert {1: 22_011, 2: 53} == Counter(trades_per_invoice.values())


def test_guests_are_not_one_buyer(taobao: TopShop) -> None:
    """A guest's trade names no buyer at all."""
    trade = trade_of(taobao, 536544)

    assert "buyer_open_uid" not in trade


def test_trades_age(tight: TopShop) -> None:
    """A trade is sent after a day and finished after seven, and its newest step dates it."""
    just_paid = trade_of(tight, 581587)
    sent = trade_of(tight, 581000)

    assert ("WAIT_SELLER_SEND_GOODS", "2011-12-09 12:50:00") == (
        just_paid["status"],
        just_paid["modified"],
    )
    assert "consign_time" not in just_paid
    assert ("WAIT_BUYER_CONFIRM_GOODS", sent["consign_time"]) == (sent["status"], sent["modified"])
    assert "end_time" not in sent


def test_matched_cancellations(taobao: TopShop) -> None:
    """2,670 cancellations with a customer go to one earlier sale, with all of their lines."""
    invoices: dict[int, set[int | None]] = defaultdict(set)
    for refund in render_all(taobao.refunds):
        if "buyer_open_uid" in refund:
            invoices[invoice_of(refund["refund_id"])].add(refund.get("tid"))

    assert 3_654 == len(invoices)
    assert 2_670 == sum(tids != {None} for tids in invoices.values())
    assert {1} == {len(tids) for tids in invoices.values()}


def test_refunds_stay_within_the_line(taobao: TopShop) -> None:
    """A refund names a line of its buyer and product, and none gives back more than was sold."""
    refunded = Counter[int]()
    for refund in render_all(taobao.refunds):
        if "tid" not in refund:
            continue
        refunded[refund["oid"]] += refund["num"]
        trade = taobao.trades.by_id(refund["tid"])
        assert trade is not None
        line = next(line for line in lines_of(trade) if line["oid"] == refund["oid"])

        assert refund["buyer_open_uid"] == trade["buyer_open_uid"]
        assert refund["outer_id"] == line["outer_sku_id"]
        assert refund["created"] >= trade["created"]
        assert refunded[refund["oid"]] <= line["num"]
        assert "SUCCESS" == line["refund_status"]


def test_payment_shrinks_by_refunds(taobao: TopShop) -> None:
    """A refund takes its fee off the trade's payment, while the lines keep their share."""
    for tid, refunded in refund_sums(taobao).items():
        trade = taobao.trades.by_id(tid)
        assert trade is not None
        sold = Decimal(trade["total_fee"])

        assert max(Decimal(0), sold - refunded) == Decimal(trade["payment"])
        assert sold == sum(Decimal(line["divide_order_fee"]) for line in lines_of(trade))


def test_late_refund_dates_its_trade(taobao: TopShop) -> None:
    """A trade is modified by its last refund or its last step, whichever came later."""
    latest: dict[int, str] = defaultdict(str)
    for refund in render_all(taobao.refunds):
        if "tid" in refund:
            latest[refund["tid"]] = max(latest[refund["tid"]], refund["modified"])
    trades = [trade for tid in latest if (trade := taobao.trades.by_id(tid))]

    expected = [
        max(trade["end_time"], latest[trade["tid"]]) for trade in trades if "end_time" in trade
    ]
    actual = [trade["modified"] for trade in trades if "end_time" in trade]

    assert expected == actual


def test_refund(taobao: TopShop) -> None:
    """A refund of a sale before the data begins has no trade, and says which invoice it was."""
    expected = {
        "refund_id": "3700000005363790001",
        "buyer_open_uid": "uci-14527",
        "status": "SUCCESS",
        "good_status": "BUYER_RETURNED_GOODS",
        "has_good_return": True,
        "refund_phase": "aftersale",
        "order_status": "TRADE_FINISHED",
        "created": "2025-11-12 09:41:00",
        "modified": "2025-11-12 09:42:00",
        "refund_fee": "27.50",
        "total_fee": "27.50",
        "payment": "0.00",
        "num": 1,
        "title": "Discount",
        "outer_id": "D",
        "reason": "其他",
        "desc": "Invoice C536379",
    }

    assert expected == taobao.refunds.render(taobao.refunds.keys[0][1])


def test_items_and_skus(data: Dataset, taobao: TopShop) -> None:
    """Codes that differ by case are SKUs of one item, and a title fits TOP's 60 bytes."""
    items = list(render_all(taobao.items))
    skus = [sku for item in items for sku in item["skus"]["sku"]]

    assert (3_958, 4_070) == (len(items), len(skus))
    assert sorted(data.codes) == sorted(sku["outer_id"] for sku in skus)
    assert all(0 < len(item["title"].encode()) <= 60 for item in items)
    assert all(item["created"] <= item["modified"] for item in items)


def test_lines_name_skus_of_the_catalogue(taobao: TopShop) -> None:
    """The item and the SKU of a line can be looked up, and carry the line's stock code."""
    line = lines_of(trade_of(taobao, 536365))[0]

    item = taobao.items.by_id(line["num_iid"])

    assert item is not None
    assert [(line["sku_id"], line["outer_sku_id"])] == [
        (str(sku["sku_id"]), sku["outer_id"])
        for sku in item["skus"]["sku"]
        if str(sku["sku_id"]) == line["sku_id"]
    ]


def test_reviews_are_synthetic(taobao: TopShop, anchor: datetime) -> None:
    """Reviews say that they are made up, and follow a real line of the last 180 days."""
    rates = list(render_all(taobao.rates))

    assert 211 == len(rates)
    for rate in rates:
        trade = taobao.trades.by_id(rate["tid"])
        assert trade is not None
        assert rate["content"].startswith("[synthetic] ")
        assert rate["oid"] in {line["oid"] for line in lines_of(trade)}
        assert clock(anchor - timedelta(days=180)) < trade["created"] < rate["created"]


def test_unknown_ids(taobao: TopShop) -> None:
    """Looking up what doesn't exist finds nothing."""
    assert taobao.trades.by_id(REFUNDS) is None
    assert taobao.items.by_id(1) is None


@pytest.mark.parametrize("name", ["trades", "refunds", "items", "rates"])
def test_keys_are_the_times_shown(taobao: TopShop, name: str) -> None:
    """A feed is sorted by the time its objects show, so that windows and pages agree."""
    feed = getattr(taobao, name)
    time = "created" if name == "rates" else "modified"

    assert sorted(feed.keys) == feed.keys
    assert [key for key, _ in feed.keys] == [shown[time] for shown in render_all(feed)]


@pytest.mark.parametrize("name", ["trades", "refunds", "items", "rates"])
def test_nothing_happens_after_the_anchor(
    taobao: TopShop, tight: TopShop, anchor: datetime, name: str
) -> None:
    """The newest change is not in the future, even if the last invoice is of this minute."""
    assert clock(anchor) >= getattr(taobao, name).keys[-1][0]
    assert "2011-12-09 12:50:00" >= getattr(tight, name).keys[-1][0]


@pytest.mark.parametrize(
    ("anchor", "weeks"),
    [
        (datetime(2011, 12, 9, 12, 50), 0),
        (datetime(2011, 12, 16, 12, 49, 59), 0),
        (datetime(2011, 12, 16, 12, 50), 1),
        (datetime(2011, 12, 9, 12, 49), -1),
    ],
)
def test_offset_is_whole_weeks(data: Dataset, anchor: datetime, weeks: int) -> None:
    """The last line comes as near to the anchor as whole weeks allow, and never behind it."""
    assert timedelta(weeks=weeks) == measure_offset(data.runs[-1].at, anchor)


def test_offset_of_the_shops(emulation: Emulation, tight_emulation: Emulation) -> None:
    """The emulation says by how much its times were moved."""
    assert timedelta(weeks=780) == emulation.offset
    assert timedelta() == tight_emulation.offset


def test_emulation_is_deterministic(taobao: TopShop, anchor: datetime) -> None:
    """The same anchor gives the same shop, whenever it is opened."""
    again = make_shop(Emulation(anchor).whole)

    assert taobao.trades.keys == again.trades.keys
    assert list(render_all(taobao.refunds)) == list(render_all(again.refunds))
    assert list(render_all(taobao.items)) == list(render_all(again.items))
    assert list(render_all(taobao.rates)) == list(render_all(again.rates))
