"""Envelopes around marketplace credentials."""

import base64
import json
import stat
import threading
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.errors import ConfigurationError
from core.security.envelope import KeyRing, bound_to_shop, load_keys, new_key
from core.settings import Settings

OLD, NEW = b"\x01" * 32, b"\x02" * 32
SHOP = bound_to_shop(1, 2)
VALUES = {"session": "s3cret", "app_key": "灯笼"}


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing({"k1": OLD})


def settings_with(folder: Path, keys: str | None = None) -> Settings:
    secret = None if keys is None else SecretStr(keys)
    return Settings(_env_file=None, data_dir=folder, secret_keys=secret)


def test_seal_and_open(ring: KeyRing) -> None:
    """What was sealed comes out again, and cannot be read from outside."""
    envelope = ring.seal(VALUES, SHOP)

    assert VALUES == ring.open(envelope, SHOP)
    assert "s3cret" not in envelope
    assert envelope != ring.seal(VALUES, SHOP)


def test_bound_to_its_shop(ring: KeyRing) -> None:
    """An envelope that was moved to another shop's row does not open."""
    envelope = ring.seal(VALUES, SHOP)

    for other in (bound_to_shop(1, 3), bound_to_shop(3, 2), bound_to_shop(11, 2)):
        with pytest.raises(ConfigurationError, match=f"credentials of {other} do not open"):
            ring.open(envelope, other)


def test_rotation(ring: KeyRing) -> None:
    """The first key of a ring seals, and every key of it opens."""
    both = KeyRing({"k2": NEW, "k1": OLD})
    old = ring.seal(VALUES, SHOP)

    new = both.seal(both.open(old, SHOP), SHOP)

    assert ("k2", "k1") == (json.loads(new)["key"], json.loads(old)["key"])
    assert VALUES == KeyRing({"k2": NEW}).open(new, SHOP)


def test_missing_key(ring: KeyRing) -> None:
    """Without the key the error names it and says what to do."""
    envelope = ring.seal(VALUES, SHOP)

    with pytest.raises(ConfigurationError, match="key 'k1', which is not in secret_keys"):
        KeyRing({"k2": NEW}).open(envelope, SHOP)


def test_same_name_other_key(ring: KeyRing) -> None:
    """A key that was exchanged under its old name opens nothing."""
    envelope = ring.seal(VALUES, SHOP)

    with pytest.raises(ConfigurationError, match="do not open"):
        KeyRing({"k1": NEW}).open(envelope, SHOP)


def flip(text: str) -> str:
    raw = bytearray(base64.b64decode(text))
    raw[0] ^= 1
    return base64.b64encode(raw).decode()


ALTERED = {
    "sealed": lambda e: e | {"sealed": flip(e["sealed"])},
    "nonce": lambda e: e | {"nonce": flip(e["nonce"])},
    "short": lambda e: e | {"sealed": e["sealed"][:8]},
    "short nonce": lambda e: e | {"nonce": ""},
    "no base64": lambda e: e | {"sealed": "?"},
    "missing": lambda e: {"key": e["key"]},
    "list": lambda e: [e],
    "key list": lambda e: e | {"key": []},
    "nothing": lambda e: None,
}


@pytest.mark.parametrize("alter", ALTERED.values(), ids=ALTERED)
def test_altered(ring: KeyRing, alter) -> None:
    """An envelope that somebody changed is refused in words, whatever they changed."""
    envelope = json.dumps(alter(json.loads(ring.seal(VALUES, SHOP))))

    with pytest.raises(ConfigurationError, match="do not open: the row or the key was altered"):
        ring.open(envelope, SHOP)


def test_what_is_no_envelope(ring: KeyRing) -> None:
    """Nor does text that never was one."""
    with pytest.raises(ConfigurationError, match="do not open"):
        ring.open("plain text", SHOP)


def test_repr_shows_nothing(ring: KeyRing, tmp_path: Path) -> None:
    """Neither the ring nor the settings show a key in their text."""
    key = new_key("k9")
    settings = settings_with(tmp_path, key)

    shown = repr(ring) + repr(load_keys(settings)) + repr(settings) + str(settings)

    assert "KeyRing(k1)KeyRing(k9)" in shown
    assert key.partition(":")[2] not in shown
    assert OLD.hex() not in shown


@pytest.mark.parametrize("keys", ["", "k1", "k1:?", "k1:" + base64.b64encode(b"short").decode()])
def test_unusable_keys(tmp_path: Path, keys: str) -> None:
    """Keys that cannot be used are refused at start, without showing them."""
    with pytest.raises(ConfigurationError, match="secret_keys"):
        load_keys(settings_with(tmp_path, keys))


def test_key_file(tmp_path: Path) -> None:
    """Without a setting a key is made once, for the owner's eyes only, and kept."""
    settings = settings_with(tmp_path / "data")

    envelope = load_keys(settings).seal(VALUES, SHOP)

    assert VALUES == load_keys(settings).open(envelope, SHOP)
    assert 0o600 == stat.S_IMODE((tmp_path / "data" / "keys").stat().st_mode)
    assert ["keys"] == [path.name for path in (tmp_path / "data").iterdir()]


def test_processes_that_start_together(tmp_path: Path) -> None:
    """All of them end up with the same key."""
    barrier, envelopes = threading.Barrier(8), []

    def start() -> None:
        barrier.wait(10)
        envelopes.append(load_keys(settings_with(tmp_path)).seal(VALUES, SHOP))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    ring = load_keys(settings_with(tmp_path))
    assert [VALUES] * 8 == [ring.open(envelope, SHOP) for envelope in envelopes]
