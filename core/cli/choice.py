"""Which shop somebody means on the command line, by its name or id."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select

from core.cli.house import Refusal
from core.models import Shop

NAMED = 20
"""Shops that a refusal lists."""
SHOPS = select(Shop.id, Shop.name).order_by(col(Shop.name), col(Shop.id))
"""What to choose from."""


def choose_shop(known: Sequence[Any], text: str) -> int:
    """The id of the one shop of that name or id, of rows of `SHOPS`. A Refusal names them."""
    found: list[int] = [shop_id for shop_id, name in known if text in (name, str(shop_id))]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(map(str, found))
        raise Refusal(f"{len(found)} shops are called {text!r}: give the id of one ({ids}).")
    raise Refusal(f"There is no shop {text!r}; {_listed([name for _, name in known])}")


def _listed(names: Sequence[str]) -> str:
    if not names:
        return "register one first, with the mutation registerShop."
    shown = ", ".join(map(repr, names[:NAMED]))
    return f"there are: {shown}{', …' if len(names) > NAMED else '.'}"
