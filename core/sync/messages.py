"""Messages that platforms keep for a shop: fetched, their notices stored, then confirmed.

The rows of `shop_inboxes` are the schedule. A claim puts the row off; two workers at one inbox
would do no harm. What is not confirmed comes again, so a notice may be stored twice, never lost.
"""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import anyio
from sqlalchemy.orm import Session
from sqlmodel import col, select

from core.db import Database
from core.errors import OpsgraphError
from core.marketplace.contract import Inbox, Marketplace, Messages
from core.marketplace.errors import PermanentError, ThrottleError
from core.models import Shop, ShopInbox
from core.security.envelope import KeyRing
from core.sync.budget import hold_back
from core.sync.notices import store_notices
from core.sync.shops import open_shop

LONGEST = timedelta(minutes=1)
"""A look at an inbox that takes longer is given up, and may be begun by another worker."""
ROUNDS = 10
"""Fetches at a look; what is left waits for the next one, so that others get their turn."""
DAILY = timedelta(days=1)
REST = timedelta(minutes=10)
"""The longest pause after failures."""
REFUSED = timedelta(hours=6)
"""The pause after a refusal: only a human can change it."""
log = logging.getLogger("opsgraph.messages")


@dataclass(frozen=True)
class InboxReport:
    """What a look at a shop's inbox came to. taken: messages that were confirmed."""

    shop_id: int
    taken: int
    error: OpsgraphError | None = None


@dataclass
class MessageReader:
    """Looks at the inboxes that are due; one per process."""

    db: Database
    keys: KeyRing
    marketplaces: Mapping[str, Marketplace]
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _known: dict[str, Messages] = field(init=False)

    def __post_init__(self) -> None:
        found = self.marketplaces.values()
        self._known = {each.name: each.messages for each in found if each.messages is not None}

    async def schedule(self) -> None:
        """Make sure that every shop whose platform keeps messages has its inbox looked at."""
        if self._known:
            await self.db.system(self._schedule)

    def _schedule(self, session: Session) -> None:
        now, known = self.clock(), set(session.scalars(select(ShopInbox.shop_id)))
        shops = select(Shop).where(col(Shop.marketplace).in_(self._known))
        for shop in session.scalars(shops):
            if shop.id not in known:
                session.add(ShopInbox(merchant_id=shop.merchant_id, shop_id=shop.id, due_at=now))

    async def run_next(self) -> InboxReport | None:
        """Look at the inbox that has waited longest; None when none is due."""
        claimed = await self.db.system(self._claim) if self._known else None
        if claimed is None:
            return None
        shop, inbox = claimed
        look = _Look(self, shop, inbox)
        try:
            with anyio.fail_after(LONGEST.total_seconds()):
                await look.take()
        except OpsgraphError as error:
            look.error = error
        except Exception as error:  # an inbox's bug; its text may hold a message
            log.error("The inbox of shop %s failed: %s", shop.id, type(error).__name__)
            look.error = OpsgraphError(f"{type(error).__name__} while reading messages.")
        await self.db.system(look.note)
        return InboxReport(shop.id, look.taken, look.error)

    def _claim(self, session: Session) -> tuple[Shop, ShopInbox] | None:
        now = self.clock()
        query = (
            select(Shop, ShopInbox)
            .join(
                ShopInbox,
                (col(ShopInbox.merchant_id) == Shop.merchant_id)
                & (col(ShopInbox.shop_id) == Shop.id),
            )
            .where(
                col(Shop.active), col(Shop.marketplace).in_(self._known), ShopInbox.due_at <= now
            )
            .order_by(col(ShopInbox.due_at), col(ShopInbox.shop_id))
            .limit(1)
            .with_for_update(skip_locked=True, of=ShopInbox)
        )
        found = session.execute(query).one_or_none()
        if found is None:
            return None
        shop, inbox = found
        inbox.due_at = now + LONGEST
        return shop, inbox


class _Look:
    """One look at one inbox."""

    def __init__(self, reader: MessageReader, shop: Shop, inbox: ShopInbox) -> None:
        self._reader, self._shop, self._inbox = reader, shop, inbox
        self._marketplace = reader.marketplaces[shop.marketplace]
        self._messages = reader._known[shop.marketplace]
        seconds = shop.config.get("messages_every")
        self._every = self._messages.every if seconds is None else timedelta(seconds=seconds)
        self._subscribed_at = inbox.subscribed_at
        self.taken = 0
        self.error: OpsgraphError | None = None

    async def take(self) -> None:
        """All that waits, unless the shop's config switches messages off."""
        if not self._every:
            return
        reader, shop = self._reader, self._shop
        async with AsyncExitStack() as stack:
            context = await stack.enter_async_context(
                open_shop(reader.db, reader.keys, self._marketplace, shop, reader.clock)
            )
            inbox = await stack.enter_async_context(aclosing(self._messages.inbox(context)))
            now = reader.clock()
            if self._subscribed_at is None or self._subscribed_at <= now - DAILY:
                await inbox.subscribe()
                self._subscribed_at = now
            for _ in range(ROUNDS):
                if not await self._round(inbox):
                    return

    async def _round(self, inbox: Inbox) -> bool:
        """Fetch, store, confirm, in this order; False when there was nothing."""
        reader = self._reader
        messages = await inbox.fetch()
        if not messages:
            return False
        notices = [notice for message in messages for notice in message.notices]
        marketplace, now = self._marketplace, reader.clock()
        await store_notices(reader.db, reader.keys, marketplace, self._shop, notices, now)
        await inbox.confirm(messages)
        self.taken += len(messages)
        return True

    def note(self, session: Session) -> None:
        """Say how it went, and when to look again, unless somebody else has said so since.

        The shop may have been registered again, with another app, or the look have taken so long
        that another worker began one.
        """
        now, error = self._reader.clock(), self.error
        key = (self._inbox.merchant_id, self._inbox.shop_id)
        inbox = session.get(ShopInbox, key, with_for_update=True)
        if inbox is None:
            return
        if inbox.due_at != self._inbox.due_at:
            inbox.taken += self.taken
            return
        inbox.subscribed_at = self._subscribed_at
        inbox.taken += self.taken
        if error is None:
            inbox.attempts = 0
            inbox.last_success_at = now if self._every else inbox.last_success_at
            inbox.due_at = now + (self._every or REST)
            inbox.last_error_code, inbox.last_error = None, None
            return
        inbox.attempts += 1
        inbox.last_error_code, inbox.last_error = error.code, error.message
        inbox.due_at = now + self._pause(session, error)

    def _pause(self, session: Session, error: OpsgraphError) -> timedelta:
        """Until the next look after a failure; what the platform asks for keeps all away."""
        if isinstance(error, PermanentError):
            return REFUSED
        pause = min(REST, self._every * int(2 ** min(self._inbox.attempts + 1, 16)))
        asked = error.retry_after if isinstance(error, ThrottleError) else None
        if asked:
            pause = max(pause, timedelta(seconds=asked))
            hold_back(session, self._shop.budget, time.time() + asked)
        return pause
