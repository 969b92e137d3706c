"""Numbers of what the emulated shops hold: 64 bits on purpose, and they tell the invoice."""

SALES = 3_600_000_000_000_000_000
REFUNDS = 3_700_000_000_000_000_000
ADJUSTMENTS = 3_800_000_000_000_000_000
EARLIER = 3_500_000_000_000_000_000
"""Orders of before the year: no list shows them, some refunds name them."""
ITEMS = 7_000_000_000
SKUS = 8_000_000_000

_ORDINALS = 10_000
"""Ids kept for the lines of one invoice; the largest has 1,114."""
_INVOICES = 10**8


def make_id(series: int, invoice: str, ordinal: int = 0) -> int:
    """The id of an invoice (ordinal 0) or a line of it; the number is unique without prefix."""
    return series + int(invoice.lstrip("AC")) * _ORDINALS + ordinal


def invoice_of(platform_id: int | str) -> int:
    """The invoice number, without its prefix, behind the id of an order, a line or a refund.

    Platforms put letters or a word before our number: `P36…`, `service-37…`.
    """
    digits = str(platform_id).rpartition("-")[2].lstrip("PR")
    return int(digits) // _ORDINALS % _INVOICES
