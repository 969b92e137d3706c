"""Concentration: how much of the sales hangs on one platform, shop or product.

HHI = Σ s² over shares s in percent; effective number = 10,000 / HHI. Shares 55, 20, 15, 10 give
3,750 and 2.67. The lines at 4,000 (amber) and 6,000 (red) are for one merchant; the 1,800 of
merger guidelines is for whole markets.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

AMBER = 4000.0
RED = 6000.0
VERSION = 1


class Band(Enum):
    """How worrying a concentration is."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True)
class Concentration:
    """Shares (0 to 1, the largest first), HHI, effective number and band."""

    shares: tuple[tuple[str, int, float], ...]
    hhi: float
    effective_number: float
    band: Band


def concentration(amounts: Mapping[str, int]) -> Concentration | None:
    """The concentration of positive amounts; None when there are none."""
    positive = {name: amount for name, amount in amounts.items() if amount > 0}
    total = sum(positive.values())
    if not total:
        return None
    ordered = sorted(positive.items(), key=lambda item: (-item[1], item[0]))
    shares = tuple((name, amount, amount / total) for name, amount in ordered)
    hhi = sum((100 * share) ** 2 for _, _, share in shares)
    return Concentration(shares, hhi, 10_000 / hhi, band_of(hhi))


def band_of(hhi: float) -> Band:
    """The band of an HHI."""
    if hhi >= RED:
        return Band.RED
    return Band.AMBER if hhi >= AMBER else Band.GREEN
