"""What a check finds, and how a check says that it cannot be done here."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from core.kit.subject import Subject


@dataclass(frozen=True)
class Finding:
    """How a plugin fared in one check.

    details: what is wrong and what to do, a sentence each; why it was skipped; or a measure.
    """

    check: str
    outcome: Literal["ok", "failed", "skipped"]
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n         ".join([f"{self.outcome:8} {self.check}", *self.details])


class SkippedError(Exception):
    """The check cannot be done here; the text says what it would need."""


@dataclass(frozen=True)
class Check:
    """One thing plugins must do. find: yields what is wrong; SkippedError if it cannot tell."""

    name: str
    find: Callable[[Subject], Iterable[str]]

    def finding(self, subject: Subject) -> Finding:
        """How the plugin fares."""
        try:
            problems = tuple(self.find(subject))
        except SkippedError as reason:
            return Finding(self.name, "skipped", (str(reason),))
        # A plugin's code may raise anything: that is a finding, and the other checks go on.
        except Exception as error:
            return Finding(self.name, "failed", (f"{type(error).__name__}: {error}",))
        return Finding(self.name, "failed" if problems else "ok", problems)
