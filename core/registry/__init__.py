"""Plugins: finding, checking and loading them, and watching how they fare."""

from core.registry.breaker import Breaker, Guards, Limits
from core.registry.contents import PluginState, Registry
from core.registry.loading import fitting, load_plugins
from core.registry.offer import Listener, Offer

__all__ = [
    "Breaker",
    "Guards",
    "Limits",
    "Listener",
    "Offer",
    "PluginState",
    "Registry",
    "fitting",
    "load_plugins",
]
