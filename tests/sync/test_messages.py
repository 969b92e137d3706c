"""Messages that a platform keeps: fetched, stored as marks, and only then confirmed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from core.db import Database
from core.marketplace.contract import Marketplace, Message, Messages, Notice, ShopContext
from core.marketplace.errors import AuthError, PermanentError, ThrottleError
from core.marketplace.sandbox import SetClock
from core.models import Shop, ShopInbox
from core.sync.messages import InboxReport, MessageReader
from tests.builders import make_merchant
from tests.sync.bazaar import KEYS, NOW, Bazaar, register, state

pytestmark = pytest.mark.anyio
EVERY = timedelta(seconds=10)
ORDER = (Notice("orders"),)


@dataclass
class Letterbox:
    """Letters of one shop that come again until they are confirmed; each step may fail once."""

    letters: list[str] = field(default_factory=list)
    most: int = 2
    failing: dict[str, Exception] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)
    closed: int = 0
    on_confirm: Any = None

    async def subscribe(self) -> None:
        self._step("subscribe")

    async def fetch(self) -> Sequence[Message]:
        self._step("fetch")
        return [Message(letter, ORDER) for letter in self.letters[: self.most]]

    async def confirm(self, messages: Sequence[Message]) -> None:
        self._step("confirm")
        if self.on_confirm is not None:
            self.on_confirm()
        done = {message.id for message in messages}
        self.letters = [letter for letter in self.letters if letter not in done]

    async def aclose(self) -> None:
        self.closed += 1

    def _step(self, name: str) -> None:
        self.steps.append(name)
        if name in self.failing:
            raise self.failing.pop(name)


class Post:
    """A shop with a letterbox, and the reader that looks at it."""

    def __init__(self, database: Database, merchant_id: int, *letters: str) -> None:
        self.database, self.clock, self.box = database, SetClock(NOW), Letterbox([*letters])
        messages = Messages(lambda context: self.box, EVERY)
        self.marketplace: Marketplace = replace(Bazaar([]).marketplace(), messages=messages)
        self.shop: Shop = register(database, merchant_id, self.marketplace)
        known = {self.marketplace.name: self.marketplace}
        self.reader = MessageReader(database, KEYS, known, self.clock)

    async def look(self, after: timedelta = timedelta(0)) -> InboxReport | None:
        self.clock.advance(after)
        await self.reader.schedule()
        return await self.reader.run_next()

    def configure(self, **config: Any) -> None:
        """Change the shop's config."""

        def change(session: Any) -> None:
            session.get(Shop, (self.shop.merchant_id, self.shop.id)).config = config

        self.database.system_now(change)

    @property
    def is_dirty(self) -> bool:
        return state(self.database, self.shop).dirty_from is not None

    @property
    def row(self) -> ShopInbox:
        def find(session: Any) -> ShopInbox:
            return session.get(ShopInbox, (self.shop.merchant_id, self.shop.id))

        return self.database.system_now(find)


@pytest.fixture
def post(database: Database, merchant_id: int) -> Post:
    return Post(database, merchant_id, "a", "b", "c")


async def test_messages_are_taken(post: Post) -> None:
    """All that is there, in rounds; the stream is marked, and the inbox due again later."""
    report = await post.look()

    assert InboxReport(post.shop.id, taken=3) == report
    assert (True, []) == (post.is_dirty, post.box.letters)
    assert (3, NOW, NOW + EVERY) == (post.row.taken, post.row.last_success_at, post.row.due_at)
    assert await post.look(EVERY / 2) is None


async def test_registered_again_during_a_look(post: Post, merchant_id: int) -> None:
    """The new app is looked at, and subscribed, at once: the old one's look decides nothing."""
    post.box.on_confirm = lambda: register(post.database, merchant_id, post.marketplace)
    await post.look()
    post.box.on_confirm = None
    kept = post.row

    report = await post.look()

    assert (None, NOW, 3) == (kept.subscribed_at, kept.due_at, kept.taken)
    assert InboxReport(post.shop.id, taken=0) == report
    assert 2 == post.box.steps.count("subscribe")


async def test_nothing_is_confirmed_before_it_is_stored(post: Post) -> None:
    """What the platform forgets is in the database by then."""
    seen = []
    post.box.on_confirm = lambda: seen.append(post.is_dirty)

    await post.look()

    assert [True, True] == seen


async def test_a_crash_between_fetch_and_confirm(post: Post) -> None:
    """The mark is there, the message comes again, and is confirmed then."""
    post.box.failing = {"confirm": RuntimeError("gone")}
    first = await post.look()
    letters = list(post.box.letters)

    second = await post.look(2 * EVERY)

    assert ["a", "b", "c"] == letters
    assert [0, 3] == [report.taken for report in (first, second) if report]
    assert post.is_dirty


async def test_a_look_leaves_nothing_open(post: Post) -> None:
    """The inbox is closed at the end of each look, whatever has happened."""
    await post.look()
    post.box.failing = {"fetch": RuntimeError("gone")}
    await post.look(EVERY)

    assert 2 == post.box.closed


async def test_the_platform_is_asked_to_keep_messages(post: Post) -> None:
    """Before the first look, and once a day: permissions get lost."""
    await post.look()
    for _ in range(3):
        await post.look(timedelta(hours=12))

    steps = [step for step in post.box.steps if step == "subscribe"]

    assert ("subscribe", 2) == (post.box.steps[0], len(steps))


async def test_a_refusal_is_noted(post: Post) -> None:
    """The inbox rests for longer and longer, ten minutes at most, and says why."""
    pauses = []
    for _ in range(9):
        post.box.failing = {"fetch": AuthError("The app may not read messages.")}
        await post.look(post.row.due_at - post.clock.now if pauses else timedelta(0))
        pauses.append((post.row.due_at - post.clock.now).total_seconds())

    assert [20, 40, 80, 160, 320, 600, 600, 600, 600] == pauses
    assert "MARKETPLACE_AUTH" == post.row.last_error_code
    assert "The app may not read messages." == post.row.last_error


async def test_a_throttled_inbox_waits_as_long_as_it_was_told(post: Post) -> None:
    """The platform's word counts."""
    post.box.failing = {"fetch": ThrottleError("Slow down.", retry_after=90)}

    await post.look()

    assert NOW + timedelta(seconds=90) == post.row.due_at


async def test_what_breaks_an_inbox_is_not_told(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    """An error of the plugin's own may hold a message."""
    post.box.failing = {"fetch": ValueError("张小明")}

    await post.look()

    assert "ValueError while reading messages." == post.row.last_error
    assert "张小明" not in caplog.text


async def test_shops_have_inboxes_of_their_own(post: Post, database: Database) -> None:
    """Two merchants' inboxes are looked at in turn; each marks its own shop."""
    contexts: list[ShopContext] = []

    def inbox(context: ShopContext) -> Letterbox:
        contexts.append(context)
        return post.box if context.platform_id == "77" and len(contexts) == 1 else Letterbox()

    post.marketplace = replace(post.marketplace, messages=Messages(inbox, EVERY))
    post.reader = MessageReader(database, KEYS, {"bazaar": post.marketplace}, post.clock)
    other = register(database, make_merchant(database, "Candles"), post.marketplace)

    reports = [await post.look() for _ in range(3)]

    assert [0, 3, None] == sorted((r and r.taken for r in reports), key=lambda n: (n is None, n))
    marked = [state(database, shop).dirty_from is not None for shop in (post.shop, other)]
    assert 1 == marked.count(True)


@pytest.mark.parametrize(
    ("seconds", "steps", "expected"),
    [(60, ["subscribe", "fetch", "confirm"], 60), (0, [], 600)],
)
async def test_a_shop_with_a_pace_of_its_own(
    post: Post, seconds: int, steps: list[str], expected: int
) -> None:
    """`messages_every` in its config goes before the platform's; 0 is never."""
    post.configure(messages_every=seconds)

    await post.look()

    assert steps == post.box.steps[:3]
    assert NOW + timedelta(seconds=expected) == post.row.due_at


async def test_a_lasting_refusal(post: Post) -> None:
    """An app without messages is asked again a few times a day, not every few seconds."""
    post.box.failing = {"subscribe": PermanentError("The app has no messages.")}

    await post.look()

    assert (NOW + timedelta(hours=6), 0) == (post.row.due_at, post.row.taken)


async def test_a_paused_shop_is_left_alone(post: Post, database: Database) -> None:
    """Its messages wait at the platform."""

    def pause(session: Any) -> None:
        session.get(Shop, (post.shop.merchant_id, post.shop.id)).active = False

    database.system_now(pause)

    assert await post.look() is None


async def test_registering_anew_ends_a_pause(post: Post, database: Database) -> None:
    """With new credentials the platform is asked at once, and to keep messages too."""
    post.box.failing = {"fetch": PermanentError("The app has no messages.")}
    await post.look()
    again = register(database, post.shop.merchant_id, post.marketplace)

    report = await post.look()

    assert InboxReport(again.id, taken=3) == report
    assert ["subscribe", "fetch", "subscribe"] == post.box.steps[:3]


async def test_two_workers_do_not_look_at_one_inbox(post: Post) -> None:
    """While one does, the other finds nothing to do."""
    await post.reader.schedule()

    reports = await asyncio.gather(post.reader.run_next(), post.reader.run_next())

    assert [3] == [report.taken for report in reports if report]
