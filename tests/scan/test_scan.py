"""The scan finds what leaks, whichever way it leaks, and lets pass what is told on purpose."""

import pytest

from tests.plugins.marketplaces.douyin.builders import CREDENTIALS as DOUYIN
from tests.plugins.marketplaces.jd.builders import CREDENTIALS as JD
from tests.plugins.marketplaces.pinduoduo.builders import CREDENTIALS as PINDUODUO
from tests.plugins.marketplaces.taobao.builders import CREDENTIALS as TAOBAO
from tests.plugins.marketplaces.xiaohongshu.builders import CREDENTIALS as XIAOHONGSHU
from tests.scan.markers import ADDRESS, BUYER, ID_NUMBER, PHONE, find

pytest_plugins = ["pytester"]

PUBLIC = {"app_key", "app_id", "client_id", "expires_at"}
OURS = {
    f"{platform} {name}": value
    for platform, credentials in {
        "taobao": TAOBAO,
        "jd": JD,
        "pinduoduo": PINDUODUO,
        "douyin": DOUYIN,
        "xiaohongshu": XIAOHONGSHU,
    }.items()
    for name, value in credentials.items()
    if name not in PUBLIC
}
LOOKS = {
    "phone": f"call {PHONE}",
    "ID number": f"({ID_NUMBER})",
    "e-mail": "wang@mail.cn",
    "person": f"{BUYER}, {ADDRESS}",
    "token": "ogt_1f_" + "x" * 43,
    "bearer": "Authorization: Bearer abcdefgh12345678",
    "parameter": "https://shop.test/?access_token=0123456789",
    "key": "k1:" + "A" * 43 + "=",
    "password": "postgresql://me:hunter2@db/shop",
}
HARMLESS = (
    "order 2026112200001, 13800138000123 and 0.13800138000",
    "https://shop.test/orders?access_token=***",
    "wang@example.com",
    "postgresql://test_app@/test_1",
    "3600000000000000011",
)
LEAKS = """
import logging
from datetime import datetime

import pytest

from core.errors import InputError
from core.security.audit import audit
from tests.databases import on_sqlite
from tests.scan.markers import PHONE

pytestmark = on_sqlite


def test_log(backend):
    try:
        raise ValueError(PHONE)
    except ValueError:
        logging.getLogger("opsgraph.sync").exception("It went wrong")


def test_output(backend, shell):
    shell("shops", PHONE)


@pytest.mark.anyio
async def test_answer(owner):
    await owner.ask('{ node(id: "%s") { id } }' % PHONE)


def test_error(backend):
    with pytest.raises(RuntimeError):
        try:
            raise ValueError(PHONE)
        except ValueError:
            raise RuntimeError("worse")


def test_expected_error(backend):
    InputError(PHONE)


def test_row(database, merchant_id):
    now = datetime.fromisoformat("2026-11-20T00:00Z")
    database.run_now(merchant_id, lambda s: audit(s, "me", "call", "shop", 1, now, to=PHONE))


@pytest.mark.tells("error", "phone", reason="it is asked for")
def test_on_purpose(backend):
    InputError(PHONE)


def test_nothing(database, shop):
    InputError("wrong")
"""
CHANNELS = {
    "test_log": "log",
    "test_output": "output",
    "test_answer": "answer",
    "test_error": "error",
    "test_expected_error": "error",
    "test_row": "database, audit_entries",
}


@pytest.mark.parametrize("name", OURS)
def test_every_credential_is_known(name: str) -> None:
    """A secret that a builder hands out is found wherever it turns up."""
    assert ["credential"] == [each.kind for each in find(f'{{"x": "{OURS[name]}"}}')][:1]


@pytest.mark.parametrize("kind", LOOKS)
def test_secrets_are_known_by_their_look(kind: str) -> None:
    """What tests make on the fly, or people really have, is found by its form."""
    assert kind in [each.kind for each in find(f"x {LOOKS[kind]} x")]


@pytest.mark.parametrize("text", HARMLESS)
def test_other_things_are_not_taken_for_secrets(text: str) -> None:
    """Numbers of orders, masks and addresses of examples are none."""
    assert [] == list(find(text))


@pytest.mark.tells("output", "phone", reason="the tests that it runs leak one")
def test_leaks_are_found(pytester: pytest.Pytester) -> None:
    """A test that leaks fails, and its report says through which channel."""
    pytester.makeconftest('pytest_plugins = ["tests.conftest"]')
    pytester.makeini("[pytest]\nfilterwarnings = error")
    pytester.makepyfile(LEAKS)

    said = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:randomly")

    said.assert_outcomes(passed=len(CHANNELS) + 2, errors=len(CHANNELS))
    reports = said.stdout.str().split("ERROR at teardown of ")[1:]
    told = {each.partition("[")[0]: each for each in reports}
    for test, channel in CHANNELS.items():
        assert f"{channel}: phone in" in told[test], test
