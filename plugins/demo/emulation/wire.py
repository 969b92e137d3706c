"""How TOP spells money, time and buyers."""

from datetime import datetime


def round_to_cents(mils: int) -> int:
    """The wire has two decimals: four lines at 0.001 become 0.00, all other prices are exact."""
    return (mils + 5) // 10


def yuan(cents: int) -> str:
    return f"{cents / 100:.2f}"


def clock(at: datetime) -> str:
    return at.isoformat(" ", "seconds")


def identify_buyer(customer: int | None) -> dict[str, str]:
    """A guest is no buyer at all, never one shared by all guests: the key is absent."""
    return {} if customer is None else {"buyer_open_uid": f"uci-{customer}"}
