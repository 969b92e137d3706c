"""`opsgraph hooks`: where platforms push to, and how the fetching of messages fares."""

from datetime import UTC, datetime

from core.cli.house import build
from core.graph.scalars import global_id
from core.models import Shop, ShopInbox
from tests.builders import make_merchant, make_shop
from tests.shell import Shell


def a_shop(shell: Shell, marketplace: str, **columns: object) -> Shop:
    """A shop in the shell's database."""
    shell("merchant", "list")
    database = build().db
    return make_shop(database, make_merchant(database), marketplace=marketplace, **columns)


def looked(shop: Shop, **columns: object) -> None:
    """A look at the shop's inbox has been noted."""
    keys = {"merchant_id": shop.merchant_id, "shop_id": shop.id}
    inbox = ShopInbox(**keys, **{"due_at": datetime.now(UTC), "taken": 1234, **columns})
    build().db.system_now(lambda session: session.add(inbox))


def test_an_address(shell: Shell) -> None:
    """A platform that pushes gets the shop's address; one that has nothing is told so."""
    shop = a_shop(shell, "douyin")
    a_shop(shell, "jd", name="Other")

    said = shell("hooks")

    assert 0 == said.code
    assert f"/hooks/douyin/{global_id('Shop', shop.id)}" in said.out
    assert "pulled at its own pace" in said.out


def test_an_inbox(shell: Shell) -> None:
    """When messages were last fetched, and how many there have been."""
    looked(a_shop(shell, "taobao"), last_success_at=datetime(2026, 11, 20, 12, 0, tzinfo=UTC))

    said = shell("hooks")

    assert 0 == said.code
    assert "2026-11-20 12:00:00, 1,234 messages so far" in said.out


def test_an_inbox_that_fails(shell: Shell) -> None:
    """The platform's word stands beneath, and the exit code says that something is wrong."""
    shop = a_shop(shell, "taobao")
    looked(shop, last_error_code="MARKETPLACE_REFUSED", last_error="no such group")

    said = shell("hooks")

    assert 1 == said.code
    assert "never: is a worker running?" in said.out
    assert "Lantern flagship store · messages: MARKETPLACE_REFUSED: no such group" in said.out
