"""Which structure fits a business of this size.

Troika (operations, marketing, service) below 10 million of twelve-month GMV; matrix from there;
business units from 100 million, if at least two lines sell 20 million each and the category HHI
is below 5,000. A change is advised only when GMV is more than 20 % past the border, or the new
model has won two quarterly reviews in a row.
"""

from dataclasses import dataclass
from enum import Enum

MATRIX_FROM = 10_000_000
UNITS_FROM = 100_000_000
LINE_FROM = 20_000_000
LINES_NEEDED = 2
SEPARABLE_HHI = 5000.0
PAST_BORDER = 0.2
VERSION = 1


class Structure(Enum):
    """The three models."""

    TROIKA = "troika"
    MATRIX = "matrix"
    BUSINESS_UNIT = "business_unit"


@dataclass(frozen=True)
class Inputs:
    """What the advice rests on; amounts in whole units of the merchant's currency.

    line_amounts: twelve-month sales by line of business (category where there is one, else
    platform). category_hhi: None when products carry no category.
    """

    gmv: float
    platforms: int
    line_amounts: tuple[float, ...]
    category_hhi: float | None


@dataclass(frozen=True)
class Advice:
    """The structure, the values behind it, and whether to wait for another review."""

    structure: Structure
    reasons: tuple[str, ...]
    near_border: bool


def advise(inputs: Inputs) -> Advice:
    """The structure for these inputs; every reason states the value it rests on."""
    structure, reasons = _structure(inputs)
    near, border = _near_border(inputs.gmv)
    if near:
        reasons.append(
            f"GMV {inputs.gmv:,.0f} is within {PAST_BORDER:.0%} past the border of {border:,}: "
            "change only if the next quarterly review says the same."
        )
    reasons.append(f"Platforms with sales: {inputs.platforms}.")
    return Advice(structure, tuple(reasons), near)


def _structure(inputs: Inputs) -> tuple[Structure, list[str]]:
    gmv = f"Twelve-month GMV {inputs.gmv:,.0f}"
    if inputs.gmv < MATRIX_FROM:
        return Structure.TROIKA, [f"{gmv} is below {MATRIX_FROM:,}."]
    if inputs.gmv < UNITS_FROM:
        return Structure.MATRIX, [f"{gmv} is between {MATRIX_FROM:,} and {UNITS_FROM:,}."]
    reasons = [f"{gmv} is at least {UNITS_FROM:,}."]
    large = sum(amount >= LINE_FROM for amount in inputs.line_amounts)
    reasons.append(f"Lines with at least {LINE_FROM:,}: {large} (needed: {LINES_NEEDED}).")
    reasons.append(_separable_reason(inputs.category_hhi))
    separable = inputs.category_hhi is not None and inputs.category_hhi < SEPARABLE_HHI
    if large >= LINES_NEEDED and separable:
        return Structure.BUSINESS_UNIT, reasons
    return Structure.MATRIX, reasons


def _separable_reason(category_hhi: float | None) -> str:
    if category_hhi is None:
        return "Category HHI is unknown: the products carry no category."
    return f"Category HHI is {category_hhi:,.0f} (needed: below {SEPARABLE_HHI:,.0f})."


def _near_border(gmv: float) -> tuple[bool, int]:
    for border in (UNITS_FROM, MATRIX_FROM):
        if gmv >= border:
            return gmv <= border * (1 + PAST_BORDER), border
    return False, MATRIX_FROM
