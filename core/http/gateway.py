"""Everything a request needs, and who asks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from core.db import Database
from core.db.migrate import Chain
from core.errors import AuthenticationError
from core.graph.context import Context
from core.graph.engine.engine import Engine
from core.graph.schema import ComposedSchema
from core.registry import Registry
from core.security.envelope import KeyRing
from core.security.permissions import Actor, Policy
from core.security.token_cache import TokenCache
from core.security.tokens import admit
from core.settings import Settings
from core.sync.progress import ProgressFeed


@dataclass(frozen=True)
class Gateway:
    """Everything a request needs; one per process."""

    settings: Settings
    db: Database
    registry: Registry
    schema: ComposedSchema
    policy: Policy
    keys: KeyRing
    chains: Sequence[Chain]
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    @cached_property
    def engine(self) -> Engine:
        """What answers operations."""
        remembered = self.settings.remembered_operations
        return Engine(self.schema.catalog, self.db.dialect, remembered)

    async def actor(self, authorization: str) -> Actor:
        """Who asks; AuthenticationError if that cannot be told."""
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() != "bearer" or not secret:
            raise AuthenticationError(
                "Send a token: Authorization: Bearer … (opsgraph token create makes one)."
            )
        now, secret = self.clock(), secret.strip()
        known = self._tokens.find(secret, now)
        if known is not None:
            return known
        found = await self.db.system(
            lambda session: admit(session, secret, self.policy, now), write=False
        )
        self._tokens.keep(secret, found)
        return found.actor

    @cached_property
    def _tokens(self) -> TokenCache:
        return TokenCache(self.settings.token_cache_seconds)

    def context(self, actor: Actor) -> Context:
        """What resolvers are given."""
        house = (self.registry, self.policy, self.keys)
        return Context(self.db, actor, *house, self.clock(), self.feed)

    @cached_property
    def feed(self) -> ProgressFeed:
        """What follows the pulls."""
        return ProgressFeed(self.db, self.clock)
