"""Olist, a marketplace in Brazil, as its public data set has it: files only, no API."""

from collections.abc import AsyncIterator

from core.marketplace.contract import Marketplace, Page, ShopContext, Window
from core.marketplace.errors import PermanentError
from core.plugin import About, hookimpl
from plugins.marketplaces.olist.layouts import LAYOUTS


class FilesOnly:
    """What there is to pull: nothing."""

    def __init__(self, shop: ShopContext) -> None:
        self._shop = shop

    async def pull(self, stream: str, window: Window, resume: str | None) -> AsyncIterator[Page]:
        """No stream is declared, so nobody asks."""
        raise PermanentError("Olist has no API here: opsgraph import reads its files.")
        yield  # an iterator, as the contract wants


@hookimpl
def opsgraph_about() -> About:
    return About(api=">=1.0,<2")


@hookimpl
def opsgraph_marketplaces() -> list[Marketplace]:
    return [
        Marketplace(
            name="olist",
            title="Olist",
            streams=(),
            adapter=FilesOnly,
            credentials=(),
            currency="BRL",
            time_zone="America/Sao_Paulo",
            layouts=LAYOUTS,
        )
    ]
