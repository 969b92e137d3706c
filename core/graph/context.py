"""What every resolver is given: who asks, the doors to the data, and this request's batches."""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

import strawberry
from strawberry.dataloader import DataLoader

from core.db import Database
from core.errors import ConfigurationError
from core.plugin import Metric, PluginSettings
from core.registry import Breaker, Registry
from core.security.envelope import KeyRing
from core.security.permissions import Actor, Policy
from core.sync.progress import ProgressFeed

S = TypeVar("S", bound=PluginSettings)


@dataclass
class Context:
    """One request. `now` is the same moment for all of it; `reading` is the engine's.

    blamed: what has failed in this request already. feed: the progress of pulls.
    """

    db: Database
    actor: Actor
    registry: Registry
    policy: Policy
    keys: KeyRing
    now: datetime
    feed: ProgressFeed
    reading: Any = None
    blamed: set[Breaker] = field(default_factory=set)
    _batches: dict[Hashable, DataLoader[Any, Any]] = field(default_factory=dict)

    @property
    def merchant_id(self) -> int:
        """The merchant that the token belongs to: the only one this request can see."""
        return self.actor.merchant_id

    @property
    def metrics(self) -> dict[str, Metric]:
        """The metrics of the plugins that this merchant has not switched off."""
        owners, off = self.registry.owners, self.actor.off
        return {
            key: each
            for key, each in self.registry.metrics.items()
            if owners["metric", key] not in off
        }

    def settings(self, kind: type[S]) -> S:
        """The settings of the plugin that declared this class."""
        for found in self.registry.settings.values():
            if isinstance(found, kind):
                return found
        raise ConfigurationError(f"No plugin in use declares {kind.__name__} (opsgraph_settings).")

    def batch(
        self, key: Hashable, load: Callable[[Sequence[Any]], Awaitable[Sequence[Any]]]
    ) -> DataLoader[Any, Any]:
        """The loader of this name: what is asked of it in one go is loaded in one go."""
        if key not in self._batches:

            async def load_list(keys: list[Any]) -> Sequence[Any]:
                return await load(keys)

            self._batches[key] = DataLoader(load_fn=load_list)
        return self._batches[key]


Info: TypeAlias = strawberry.Info[Context, None]
"""What resolvers take as `info`; `info.context` is the request's `Context`."""
