"""What an attacker would send: texts that mean something to SQL, to JSON or to Unicode.

Each holds the mark, so that it can be looked for in what reaches a database.
"""

import json
from collections.abc import Callable
from typing import Any

from tests.graph.differential.plain import Asked
from tests.graph.differential.texts import packed

MARK = "zq7x"
"""No name, text or number of ours contains it."""


def _marked(*texts: str) -> tuple[str, ...]:
    return tuple(text.replace("@", MARK) for text in texts)


TEXTS = _marked(
    "@", "'@", '"@', "`@", "@'; DROP TABLE orders; --", "@' OR '1'='1", '@" OR ""="', "@') OR (1=1",
    "@\\'; DROP TABLE orders; --", "@\\", "/*@*/", "@--", "@#", "@;", "$1@", "?1@", ":@", "%(@)s",
    "%s@", "{@}", "{{@}}", "$$@$$", "E'\\'@", "U&'\\0027@'", "@::bigint", "@\n;DELETE FROM orders",
    "@\t\r\b\f", '{"a": "@"}', '["@"]', '"@', "@\\u0027", "null@", "@%", "_@%", "ʼ@", "＇@", "﹛@",
    "@\u202e", "\ufeff@", "@\u0301", "@\U0010ffff", "@\ud7ff\ue000", "@\x7f\x1b", "@" * 200,
)  # fmt: skip
UNSTORABLE = _marked("@\0", "\0'@", "@\ud800", "\udfff@'")
"""Texts that no database of ours can hold."""
NAMES = _marked(
    "@", "@_select", "DROP_TABLE_orders_@", "@_" * 40, "__@", "_@", "@0", "null_@", "on@"
)

Place = Callable[[str], Asked]


def _named(document: str, operation: str | None = None) -> Place:
    """A document in which each `@` is the name; it may be the operation to run, too."""
    return lambda name: Asked(
        document.replace("@", name), {}, operation and operation.replace("@", name)
    )


def _valued(document: str, value: Callable[[str], Any] = str) -> Place:
    """A document whose variable `v` is made of the text."""
    return lambda text: Asked(document, {"v": value(text)})


def _literal(document: str) -> Place:
    """A document in which `@` is the text as a literal."""
    return lambda text: Asked(document.replace("@", json.dumps(text)))


def _cursor(label: str, *rest: Any) -> Callable[[str], str]:
    """A cursor of the right form, with the text as the value of its first key."""
    return lambda text: packed([1, label, [text, *rest]])


ROWS = "{ totalCount nodes { id } }"
NODE = "query($v: ID!) { node(id: $v) { id ... on SyncStream { stream } } }"
NODES = "query($v: [ID!]!) { nodes(ids: $v) { id } }"
TEXT = "query($v: String) "
NOON = "2026-11-20T12:00:00+00:00"
BY_CHANNEL = "channel asc,shop_id asc,day asc,campaign asc,device asc"
NEWEST = "ordered_at desc,id desc"

BOUND: dict[str, Place] = {
    "literal": _literal("{ orders(filter: {status: {eq: @}}) " + ROWS + " }"),
    "variable": _valued(TEXT + "{ orders(filter: {status: {eq: $v}}) " + ROWS + " }"),
    "default": _literal(
        "query($v: String = @) { orders(filter: {status: {eq: $v}}) " + ROWS + " }"
    ),
    "list": _valued(
        "query($v: [String!]) { orders(filter: {status: {in: $v}}) " + ROWS + " }",
        lambda text: ["paid", text],
    ),
    "whole filter": _valued(
        "query($v: OrderFilter) { orders(filter: $v) " + ROWS + " }",
        lambda text: {"or": [{"status": {"eq": text}}, {"not": {"kind": {"in": [text]}}}]},
    ),
    "related row": _valued(
        TEXT + "{ orderLines(filter: {product: {title: {eq: $v}}}) " + ROWS + " }"
    ),
    "related rows": _valued(
        TEXT + "{ orders(filter: {lines: {none: {sku: {code: {eq: $v}}}}}) " + ROWS + " }"
    ),
    "and, or, not": _valued(
        TEXT + "{ orders(filter: {and: [{or: [{not: {status: {eq: $v}}}]}]}) " + ROWS + " }"
    ),
    "expression": _valued(TEXT + "{ orders(filter: {label: {eq: $v}}) " + ROWS + " }"),
    "nested page": _valued(
        TEXT + "{ orders { nodes { lines(filter: {kind: {eq: $v}}) " + ROWS + " } } }"
    ),
    "aggregate": _valued(
        TEXT + "{ ordersAggregate(filter: {status: {eq: $v}}, groupBy: [{field: CHANNEL}]) "
        "{ count sum { paidAmount { amount } } } }"
    ),
    "nested aggregate": _valued(
        TEXT + "{ shops { nodes { ordersAggregate(filter: {status: {eq: $v}}) { count } } } }"
    ),
    "namespace": _valued(TEXT + "{ awkward { paid(filter: {status: {eq: $v}}) " + ROWS + " } }"),
    "id": _valued(NODE, lambda text: packed(["SyncStream", 1, text])),
    "ids": _valued(
        NODES,
        lambda text: [
            packed(["SyncStream", 1, text]),
            packed(["TrafficDay", 1, "2026-12-31", text, text, text]),
        ],
    ),
    "cursor": _valued(
        TEXT + "{ products(orderBy: [{field: TITLE}], after: $v) { nodes { id } } }",
        _cursor("title asc,id asc", 1),
    ),
    "cursor through a relation": _valued(
        TEXT + "{ orderLines(orderBy: [{field: PRODUCT_TITLE}], before: $v) { nodes { id } } }",
        _cursor("product.title asc,id asc", 1),
    ),
    "cursor of an expression": _valued(
        TEXT + "{ orders(orderBy: [{field: LABEL}], after: $v) { nodes { id } } }",
        _cursor("label asc,id asc", 1),
    ),
    "cursor of a text key": _valued(
        TEXT + "{ trafficDays(orderBy: [{field: CHANNEL}], after: $v) { nodes { id } } }",
        _cursor(BY_CHANNEL, 1, "2026-12-31", "", ""),
    ),
}
"""Where a text is a value: it must reach the database, as nothing but a bound value."""

REFUSED: dict[str, Place] = {
    "raw id": _valued(NODE),
    "raw ids": _valued(NODES, lambda text: [text]),
    "type of an id": _valued(NODE, lambda text: packed([text, 1])),
    "key of an id": _valued(NODE, lambda text: packed(["Order", text])),
    "day of an id": _valued(NODE, lambda text: packed(["SalesDay", 1, text, "CNY"])),
    "raw id in a filter": _valued(
        "query($v: ID) { orders(filter: {shopId: {eq: $v}}) { nodes { id } } }"
    ),
    "id in a filter": _valued(
        "query($v: [ID!]) { orders(filter: {shopId: {in: $v}}) { nodes { id } } }",
        lambda text: [packed(["Shop", text])],
    ),
    "raw cursor": _valued(TEXT + "{ orders(after: $v) { asOf } }"),
    "order of a cursor": _valued(
        TEXT + "{ orders(after: $v) { nodes { id } } }", lambda text: packed([1, text, [NOON, 1]])
    ),
    "number of a cursor": _valued(
        TEXT + "{ orders(before: $v) { nodes { id } } }",
        lambda text: packed([1, NEWEST, [NOON, text]]),
    ),
    "moment of a cursor": _valued(
        TEXT + "{ orders(orderBy: [{field: PAID_AT}], after: $v) { nodes { id } } }",
        _cursor("paid_at asc,id asc", 1),
    ),
    "version of a cursor": _valued(
        TEXT + "{ orders(after: $v) { nodes { id } } }",
        lambda text: packed([text, NEWEST, [NOON, 1]]),
    ),
    "date": _valued("query($v: Date) { orders(filter: {orderDay: {eq: $v}}) { nodes { id } } }"),
    "moment": _valued(
        "query($v: DateTime) { orders(filter: {orderedAt: {eq: $v}}) { nodes { id } } }"
    ),
    "number": _valued(
        "query($v: BigInt) { orderLines(filter: {quantity: {eq: $v}}) { nodes { id } } }"
    ),
    "size": _valued("query($v: Int) { orders(first: $v) { nodes { id } } }"),
    "order key": _valued(
        "query($v: [OrderOrder!]) { orders(orderBy: $v) { nodes { id } } }",
        lambda text: [{"field": text, "direction": text}],
    ),
    "filter key": _valued(
        "query($v: OrderFilter) { orders(filter: $v) { nodes { id } } }",
        lambda text: {text: {"eq": "x"}},
    ),
    "group key": _valued(
        "query($v: [OrderGroupBy!]) { ordersAggregate(groupBy: $v) { count } }",
        lambda text: [{"field": text, "bucket": text}],
    ),
}
"""Where a text cannot be meant: it is an error of the caller, and reaches no database."""

NAMED: dict[str, Place] = {
    "alias": _named("{ @: orders { @: nodes { @: id @2: shop { @: name } } } }"),
    "alias of an aggregate": _named(
        "{ @: ordersAggregate(groupBy: [{field: STATUS}]) { @: key { @: status } "
        "@2: sum { @: paidAmount { @: amount } } } }"
    ),
    "operation": _named("query @ { orders { nodes { id } } }", "@"),
    "fragment": _named(
        "{ orders { nodes { ...@ } } } fragment @ on Order { id lines { totalCount } }"
    ),
    "comment": _named("{ orders { # '; @\n nodes { id } } }"),
    "variable": lambda name: Asked(
        f"query(${name}: String) " + "{ orders(after: null, filter: {status: {eq: $" + name + "}}) "
        "{ nodes { id } } }",
        {name: "paid"},
    ),
}
"""Where a name of the client's is allowed: it must not reach a database at all."""

UNKNOWN: dict[str, Place] = {
    "field": _named("{ orders { nodes { @ } } }"),
    "argument": _named("{ orders(@: 1) { nodes { id } } }"),
    "enum value": _named("{ orders(orderBy: [{field: @}]) { nodes { id } } }"),
    "filter field": _named("{ orders(filter: {@: {eq: 1}}) { nodes { id } } }"),
    "directive": lambda name: Asked("{ orders { nodes { id @" + name + " } } }"),
    "type": _named("{ orders { nodes { ... on @ { id } } } }"),
    "spread": _named("{ orders { nodes { ...@ } } }"),
    "variable": _named("{ orders(after: $@) { nodes { id } } }"),
    "operation": _named("query A { orders { nodes { id } } }", "@"),
}
"""Where a name must be one of ours: any other is refused before there is any SQL."""
