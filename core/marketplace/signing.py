"""Signature steps that several marketplaces share; an adapter says which, and in which order."""

import hashlib
import hmac
from collections.abc import Mapping


def sorted_pairs(params: Mapping[str, str]) -> str:
    """Names and values, sorted by name, in one string without separators."""
    return "".join(name + params[name] for name in sorted(params))


def text_md5(text: str) -> str:
    """Hexadecimal MD5 of a text, in lower case."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def wrapped_md5(secret: str, text: str) -> str:
    """Hexadecimal MD5 of the text between two copies of the secret."""
    return text_md5(f"{secret}{text}{secret}")


def keyed_hash(secret: str, text: str, algorithm: str) -> str:
    """Hexadecimal HMAC of the text with the secret as key; algorithm: "md5" or "sha256"."""
    return hmac.new(secret.encode(), text.encode(), algorithm).hexdigest()
