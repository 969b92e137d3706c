"""Seals marketplace credentials: AES-256-GCM under a named key, rotatable.

An envelope is JSON text `{"key": id, "nonce": base64, "sealed": base64}`. The shop's identity is
authenticated along, so that an envelope moved to another row does not open. The first key of the
ring seals; every key of the ring opens.
"""

import base64
import binascii
import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.errors import ConfigurationError
from core.settings import Settings

KEY_BYTES = 32
NONCE_BYTES = 12


class KeyRing:
    """The keys of an installation, the sealing one first. Its repr shows ids only."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys:
            raise ConfigurationError("There is no key to seal credentials with: set secret_keys.")
        self._keys = dict(keys)
        self.current = next(iter(self._keys))

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self._keys)})"

    def seal(self, values: Mapping[str, str], bound_to: str) -> str:
        """An envelope of these values that opens only for the same `bound_to`."""
        nonce = os.urandom(NONCE_BYTES)
        plain = json.dumps(dict(values), ensure_ascii=False).encode()
        sealed = AESGCM(self._keys[self.current]).encrypt(nonce, plain, bound_to.encode())
        return json.dumps({"key": self.current, "nonce": _base64(nonce), "sealed": _base64(sealed)})

    def open(self, envelope: str, bound_to: str) -> dict[str, str]:
        """The values of an envelope; ConfigurationError when the key is gone or it was altered."""
        try:
            parts = json.loads(envelope)
            name, nonce, sealed = (parts[part] for part in ("key", "nonce", "sealed"))
            key = self._keys.get(name)
            if key is None:
                raise ConfigurationError(
                    f"The credentials of {bound_to} are sealed with key {name!r}, "
                    "which is not in secret_keys: add it, then run opsgraph keys rotate."
                )
            plain = AESGCM(key).decrypt(
                base64.b64decode(nonce), base64.b64decode(sealed), bound_to.encode()
            )
        except (InvalidTag, ValueError, KeyError, TypeError):
            raise ConfigurationError(
                f"The credentials of {bound_to} do not open: the row or the key was altered."
            ) from None
        values: dict[str, str] = json.loads(plain)
        return values


def bound_to_shop(merchant_id: int, shop_id: int) -> str:
    """What a shop's envelope is bound to."""
    return f"shop {merchant_id}/{shop_id}"


def load_keys(settings: Settings) -> KeyRing:
    """The ring of the settings, or of the key file, which is made at first use."""
    if settings.secret_keys is not None:
        return KeyRing(_parse(settings.secret_keys.get_secret_value()))
    return KeyRing(_parse(_key_file(settings.data_dir / "keys")))


def new_key(name: str) -> str:
    """A fresh key as it stands in the settings: `name:base64`."""
    return f"{name}:{_base64(secrets.token_bytes(KEY_BYTES))}"


def _key_file(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # Written whole before it gets its name: another process must not read half a key.
        draft = path.with_name(f"keys-{secrets.token_hex(8)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(new_key("k1"))
        with suppress(FileExistsError):  # the other process was first
            os.link(draft, path)
        draft.unlink()
    return path.read_text().strip()


def _parse(text: str) -> dict[str, bytes]:
    try:
        pairs = [part.strip().split(":", 1) for part in text.split(",") if part.strip()]
        keys = {name: base64.b64decode(value, validate=True) for name, value in pairs}
    except (ValueError, binascii.Error):
        raise ConfigurationError("secret_keys must read 'id:base64,id:base64'.") from None
    for name, key in keys.items():
        if len(key) != KEY_BYTES:
            raise ConfigurationError(f"Key {name!r} in secret_keys must be {KEY_BYTES} bytes long.")
    return keys


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
