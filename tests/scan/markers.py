"""Every secret and personal datum that the tests use, and the look of those that they make.

Whoever writes a fixture takes secrets and people from here or adds theirs here: a leak of what is
not in this list is not found.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

BUYER = "王小明"
"""Whose orders the sandboxes show, with all that a platform tells of a buyer."""
PHONE = "13800138000"
ADDRESS = "西湖区文三路138号"
ID_NUMBER = "330106199003077712"

_KINDS = {
    "credential": (
        r"s3cr3t-?0001|jdsecret001|s3cret\b|6100-first-session|6101-first-refresh"
        r"|first-(?:access|refresh)|-(?:access|refresh|session)-\d+\b"
        r"|(?:token|refresh)-60a3f5c0e4b0a1b2c3d4e5f6-\d"
    ),
    "token": r"ogt_[0-9a-f]+_[\w-]{43}",
    "bearer": r"(?i:bearer) [\w.~+/-]{12,}",
    "parameter": (
        r"\b(?i:access_?token|refresh_?token|app_?secret|client_?secret)"
        r"(?:=|[\"']\s*:\s*[\"']?)[\w.~+/-]{6,}"
    ),
    "key": r"-----BEGIN [A-Z ]*PRIVATE KEY|\b\w+:[A-Za-z0-9+/]{43}=",
    "password": r"\w://[^\s/:@\"']+:[^\s/@*\"']+@",
    "person": rf"{BUYER}|{ADDRESS}|Mr\. Zhang",
    "phone": r"(?<![\w.])1[3-9]\d{9}(?![\w.])",
    # With a digit at its end any id of 18 digits could be one; so only ours is known by its look.
    "ID number": rf"{ID_NUMBER}|(?<![\w.])[1-9]\d{{16}}X(?![\w.])",
    "e-mail": r"[\w.+-]+@(?!(?:[\w-]+\.)*(?:example|test|invalid)\b)[\w-]+\.[a-z]{2,}",
}
KINDS = tuple(_KINDS)
PERSONAL = frozenset({"person", "phone", "ID number", "e-mail"})
"""Kinds that columns for personal data may hold."""
_ANY = re.compile(
    "|".join(f"(?P<k{number}>{pattern})" for number, pattern in enumerate(_KINDS.values()))
)
AROUND = 40


@dataclass(frozen=True)
class Finding:
    """Something that must not be told: of what kind, and where in a text."""

    kind: str
    value: str
    context: str


def find(text: str) -> Iterator[Finding]:
    """All that must not be told, in the text's order."""
    for match in _ANY.finditer(text):
        kind = KINDS[int(match.lastgroup[1:])]
        start, end = match.span()
        yield Finding(kind, match[0], text[max(0, start - AROUND) : end + AROUND])
