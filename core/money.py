"""Money as integer minor units; the number of decimals is the currency's (ISO 4217)."""

import re
from decimal import Decimal

# ISO 4217 minor units that are not 2.
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_FOUR = "CLF UYW"
_EXPONENTS = {
    currency: digits
    for digits, currencies in ((0, _NONE), (3, _THREE), (4, _FOUR))
    for currency in currencies.split()
}

ODD_CURRENCIES = frozenset(_EXPONENTS)
"""Currencies that do not have two decimals."""

_CODE = re.compile(r"[A-Z]{3}")


def is_currency(text: str) -> bool:
    """Whether a text reads like the code of a currency, such as CNY."""
    return _CODE.fullmatch(text) is not None


def exponent(currency: str) -> int:
    """Decimals of a currency: 2 for CNY, 0 for JPY, 3 for KWD."""
    return _EXPONENTS.get(currency, 2)


def decimal_text(minor: int, currency: str) -> str:
    """`1234` fen as `"12.34"`; always with the currency's decimals."""
    if minor >= 0 and currency not in _EXPONENTS:
        return f"{minor // 100}.{minor % 100:02d}"  # nearly all amounts; half the time
    return f"{Decimal(minor).scaleb(-exponent(currency)):f}"
