"""What was said during one test, by channel, and the verdict at its end."""

from collections import defaultdict
from collections.abc import Collection

from tests.scan.markers import PERSONAL, Finding, find

MOST = 10
"""Findings that a verdict shows."""


class Hearing:
    """Texts by where they were said. A text that was heard already is not kept again."""

    def __init__(self) -> None:
        self._texts: dict[str, dict[str, None]] = defaultdict(dict)

    def hear(self, channel: str, text: str | bytes) -> None:
        """Note something that was said."""
        if text:
            told = text.decode(errors="replace") if isinstance(text, bytes) else text
            self._texts[channel][told] = None

    def verdict(self, allowed: Collection[tuple[str, str]]) -> str:
        """What was told that must not be, as text; empty when all is well. Forgets what it heard.

        allowed: channels and kinds of what this test shows on purpose.
        """
        texts, self._texts = self._texts, defaultdict(dict)
        found = {
            (channel, finding.kind, finding.value): finding
            for channel, said in texts.items()
            for finding in find("\n".join(said))
            if (channel, finding.kind) not in allowed and not _is_at_home(channel, finding)
        }
        lines = [
            f"{channel}: {each.kind} in …{each.context!r}…" for (channel, *_), each in found.items()
        ]
        more = [f"and {len(lines) - MOST} more"] if len(lines) > MOST else []
        return "\n".join([*lines[:MOST], *more])


def personal(channel: str) -> str:
    """The channel for a table's columns that are declared to hold personal data."""
    return f"{channel}, personal columns"


def _is_at_home(channel: str, finding: Finding) -> bool:
    return finding.kind in PERSONAL and channel.endswith(personal(""))


HEARING = Hearing()
"""Of the test that runs in this process now."""
