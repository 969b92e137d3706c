"""Keeps a shop's tokens: renewed once for all calls that fail together, and saved at once.

The shop's platform and its ads have tokens of their own in the same set of credentials, so both
clients share one vault: whoever saves, saves what the other renewed too.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from core.marketplace.contract import Credentials, ShopContext
from core.marketplace.mapping import without_secrets
from core.marketplace.renewal import Renewal

PUBLIC = frozenset({"app_key", "ads_app_id", "ads_advertiser_ids"})
Renew = Callable[[], Awaitable[Mapping[str, str]]]


class Vault:
    """The credentials of one shop. Tokens that are renewed replace the old ones here."""

    def __init__(self, context: ShopContext) -> None:
        self._credentials = context.credentials
        self._save = context.save_credentials
        self._saving = asyncio.Lock()
        self._renewals: dict[str, Renewal] = {}

    def get(self, name: str) -> str:
        """The value of that name now; "" if there is none."""
        return self._credentials.get(name)

    async def renew_once(self, name: str, stale: str, renew: Renew) -> None:
        """Put what `renew` returns in place, unless the token of that name is no longer `stale`."""
        if self.get(name) != stale:
            return
        renewal = self._renewals.get(name)
        if renewal is None or not renewal.is_running:
            renewal = self._renewals[name] = Renewal(partial(self._renew, renew))
        await renewal.once()

    async def _renew(self, renew: Renew) -> None:
        tokens = await renew()
        async with self._saving:
            self._credentials = Credentials({**self._credentials.values, **tokens})
            await self._save(self._credentials)

    def hide(self, text: str) -> str:
        """The text without any of the secrets, should a platform repeat them."""
        return without_secrets(text, self._secrets())

    def _secrets(self) -> list[str]:
        values = self._credentials.values
        return [value for name, value in values.items() if value and name not in PUBLIC]
