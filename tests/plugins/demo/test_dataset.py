"""The shipped file is the source, line by line."""

from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path

import pytest

from plugins.demo.dataset import Dataset, Line, LineClass, classify, decode
from plugins.demo.encode import encode, read_parquet

PARQUET = Path(__file__).parents[4] / "shared/data/online_retail/online_retail.parquet"

Group = tuple[LineClass, bool]
KNOWN_ORDER, GUEST_ORDER = (LineClass.ORDER, True), (LineClass.ORDER, False)
KNOWN_REFUND, GUEST_REFUND = (LineClass.REFUND, True), (LineClass.REFUND, False)


@pytest.fixture(scope="module")
def lines(data: Dataset) -> list[Line]:
    return list(data.lines())


def group(line: Line) -> Group:
    """The rows of the table in shared/data/README.md; adjustments are not told by customer."""
    line_class = classify(line)
    return line_class, line.customer is not None and line_class != LineClass.ADJUSTMENT


def test_lines_per_class(lines: list[Line]) -> None:
    """Every class has the counted number of lines, told by customers and guests."""
    expected = {
        KNOWN_ORDER: 397_884,
        GUEST_ORDER: 132_219,
        KNOWN_REFUND: 8_905,
        GUEST_REFUND: 383,
        (LineClass.ADJUSTMENT, False): 2_518,
    }

    actual = Counter(map(group, lines))

    assert expected == actual
    assert 541_909 == actual.total()


def test_invoices_per_class(lines: list[Line]) -> None:
    """An invoice is an order if any of its lines is; the others are refunds or adjustments."""
    expected = {
        KNOWN_ORDER: 18_532,
        GUEST_ORDER: 1_427,
        KNOWN_REFUND: 3_654,
        GUEST_REFUND: 182,
        (LineClass.ADJUSTMENT, False): 2_105,
    }

    groups: dict[str, set[Group]] = defaultdict(set)
    for line in lines:
        groups[line.invoice].add(group(line))
    actual = Counter(min(found, key=list(expected).index) for found in groups.values())

    assert expected == actual
    assert 25_900 == actual.total()


def test_sums_per_class(lines: list[Line]) -> None:
    """Quantity times price adds up to the counted sums, to a thousandth of a pound."""
    expected = {
        KNOWN_ORDER: 8_911_407_904,
        GUEST_ORDER: 1_744_214_580,
        KNOWN_REFUND: -611_342_090,
        GUEST_REFUND: -285_470_400,
        (LineClass.ADJUSTMENT, False): -11_062_060,
    }

    actual = Counter[Group]()
    for line in lines:
        actual[group(line)] += line.quantity * line.price_mils

    assert expected == actual
    assert 9_747_747_934 == actual.total()


def test_peculiarities(lines: list[Line]) -> None:
    """What makes the source hard is kept: no descriptions, no customers, codes told by case."""
    expected = {"null": 1_454, "guest": 135_080, "free": 2_515, "codes": 4_070, "folded": 3_958}

    codes = {line.stock_code for line in lines}
    actual = {
        "null": sum(line.description is None for line in lines),
        "guest": sum(line.customer is None for line in lines),
        "free": sum(line.price_mils == 0 for line in lines),
        "codes": len(codes),
        "folded": len({code.casefold() for code in codes}),
    }

    assert expected == actual


def test_invoices_hold_every_row_once(data: Dataset) -> None:
    """Invoices divide the rows among them, also where one has two times or stands apart."""
    invoices = data.invoices()

    assert 25_900 == len(invoices)
    assert list(range(len(data))) == sorted(row for invoice in invoices for row in invoice.rows)
    assert 43 == sum(len({data.time_of(row) for row in invoice.rows}) == 2 for invoice in invoices)


def test_first_line(lines: list[Line]) -> None:
    """A line comes back with its eight values."""
    expected = Line(
        invoice="536365",
        stock_code="85123A",
        description="WHITE HANGING HEART T-LIGHT HOLDER",
        quantity=6,
        at=datetime(2010, 12, 1, 8, 26),
        price_mils=2550,
        customer=17850,
        country="United Kingdom",
    )

    assert expected == lines[0]


def test_round_trip() -> None:
    """Encoding loses nothing: nulls, blanks at the end, signs, prefixes, a split invoice."""
    at = datetime(2011, 8, 12, 14, 50)
    expected = [
        Line("563185", "b ", "£ TRAILING ", 80_995, at, 1, 12346, "EIRE"),
        Line("A563186", "B", None, 1, at, -11_062_060, None, "United Kingdom"),
        Line("563185", "b ", None, 1, at.replace(minute=51), 38_970_000, 12346, "EIRE"),
        Line("C563180", "b ", "£ TRAILING", -80_995, at.replace(day=30), 0, None, "EIRE"),
    ]

    actual = list(decode(encode(expected)).lines())

    assert expected == actual


def test_source_is_reproduced(lines: list[Line]) -> None:
    """The shipped file gives back the published one without a difference."""
    pytest.importorskip("pyarrow", reason="pyarrow is needed to read the published file")
    if not PARQUET.exists():
        pytest.skip(f"the published file is not here: {PARQUET}")

    expected = read_parquet(PARQUET)

    assert expected == lines
