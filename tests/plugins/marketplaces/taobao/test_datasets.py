"""Public data about Taobao as files: competitors' listings, and what visitors did."""

import pytest

from core.db import Database
from core.importing.run import File
from core.models import Shop
from tests.builders import make_shop
from tests.graphql import Client
from tests.importing.tables import stored, understood

pytestmark = pytest.mark.anyio

LISTINGS = File(
    "listings.csv",
    "﻿update_time,id,title,price,sale_count,comment_count,店名\n"
    "2016/11/5,A1,面霜50g,139,26719,2704,自然堂\n"
    "2016/11/5,A1,面霜50g,139,26719,2704,自然堂\n"
    "2016/11/6,A1,面霜50g,99.5,,,自然堂\n"
    "2016/11/6,A2,乳液,20,1,0,相宜本草\n".encode(),
)
EVENTS = File(
    "events.csv",
    b"user_id,item_id,behavior_type,user_geohash,item_category,time\n"
    b"7,100,1,,4245,2014-12-06 02\n"
    b"7,100,1,9q,4245,2014-12-06 02\n"
    b"7,100,4,,4245,2014-12-06 23\n"
    b"8,100,3,,4245,2014-12-07 00\n",
)


@pytest.fixture
def tmall(database: Database, merchant_id: int) -> Shop:
    """The merchant's shop on Tmall."""
    return make_shop(database, merchant_id, marketplace="taobao", name="Tmall")


async def test_competitors_listings(owner: Client, database: Database, tmall: Shop) -> None:
    """Each figure of a listing is a signal of its day; one that is missing is none."""
    await stored(database, tmall, [LISTINGS])

    found = await owner.data(
        "{ externalSignals(orderBy: [{field: TOPIC}, {field: DAY}, {field: SUBJECT}]) "
        "{ nodes { topic day number subject value source } } }"
    )

    rows = [
        (each["topic"], each["day"], each["number"], each["subject"], each["value"])
        for each in found["externalSignals"]["nodes"]
    ]
    assert [
        ("competitor_comments", "2016-11-05", "A1", "自然堂", 2704.0),
        ("competitor_comments", "2016-11-06", "A2", "相宜本草", 0.0),
        ("competitor_price", "2016-11-05", "A1", "自然堂", 139.0),
        ("competitor_price", "2016-11-06", "A2", "相宜本草", 20.0),
        ("competitor_price", "2016-11-06", "A1", "自然堂", 99.5),
        ("competitor_sales", "2016-11-05", "A1", "自然堂", 26719.0),
        ("competitor_sales", "2016-11-06", "A2", "相宜本草", 1.0),
    ] == rows


async def test_a_listing_twice(database: Database, tmall: Shop) -> None:
    """An equal row counts once; one with another figure is refused as a whole."""
    equal_row = "139,26719,2704,自然堂\n2016/11/6".encode()
    other = LISTINGS.content.replace(equal_row, equal_row.replace(b"26719", b"26718"))

    [equal] = await understood(database, tmall, [LISTINGS])
    [differs] = await understood(database, tmall, [File("other.csv", other)])

    assert [3] == [each.line for each in equal.reading.left_out]
    assert (3, 7, 0) == (equal.preview.rows, equal.preview.records, equal.preview.refused_rows)
    assert [3] == [each.line for each in differs.reading.refused]
    assert (3, 7) == (differs.preview.rows, differs.preview.records)


async def test_events(owner: Client, database: Database, tmall: Shop) -> None:
    """Events have our words and the shop's day; what was done twice in its hour counts twice."""
    first = await stored(database, tmall, [EVENTS])
    again = await stored(database, tmall, [EVENTS])

    found = await owner.data(
        "{ behaviorEventsAggregate(groupBy: [{field: DAY}, {field: ACTION}]) "
        "{ key { day action } count } behaviorEvents(last: 1) { nodes { visitor happenedAt } } }"
    )
    counted = [(*each["key"].values(), each["count"]) for each in found["behaviorEventsAggregate"]]
    assert [
        ("2014-12-06", "buy", 1),
        ("2014-12-06", "view", 2),
        ("2014-12-07", "cart", 1),
    ] == counted
    assert [{"visitor": "7", "happenedAt": "2014-12-05T18:00:00+00:00"}] == found["behaviorEvents"][
        "nodes"
    ]
    assert [4, 0] == [reports[0].outcome.changed for reports in (first, again)]


async def test_an_unknown_action(database: Database, tmall: Shop) -> None:
    """A number that stands for nothing is refused, and the message says which do."""
    unknown = File("events.csv", EVENTS.content.replace(b"8,100,3", b"8,100,9"))

    [found] = await understood(database, tmall, [unknown])

    [refusal] = found.reading.refused
    assert (5, "behavior_type", "9") == (refusal.line, refusal.column, refusal.value)
    assert "one of 1, 2, 3, 4" == refusal.expected
