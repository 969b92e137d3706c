"""What every emulated platform is described by."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from core.marketplace.faults import Faults
from core.marketplace.sandbox import Clock
from plugins.demo.emulation import EmulatedShop

KEPT = timedelta(days=5 * 365)
"""How far back the sandboxes show data: the demo pulls a year, most platforms keep three months."""


class Served(Protocol):
    """A sandbox: an app to be served, and what goes wrong on request."""

    @property
    def app(self) -> Any:
        """The ASGI application."""
        ...

    @property
    def faults(self) -> Faults:
        """The switches."""
        ...


class MakeSandbox(Protocol):
    """Puts a shop into its platform."""

    def __call__(self, shop: EmulatedShop, now: Clock = ..., /) -> Served:
        """The platform with the shop in it."""
        ...


@dataclass(frozen=True)
class Stand:
    """A platform of the demo.

    credentials: they open nothing but this sandbox, on this machine. sandbox: the platform with a
    shop in it, by the real clock or another. config: the shop's settings at an address.
    """

    title: str
    credentials: Mapping[str, str]
    sandbox: MakeSandbox
    config: Callable[[str], Mapping[str, Any]] = lambda address: {"base_url": address}
