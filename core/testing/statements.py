"""Counts the SQL that a test causes."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event

from core.db.database import Database


@dataclass
class Statements:
    """The SQL that ran; what begins and dresses a transaction is left out.

    As a context manager it listens until the block ends::

        with Statements() as seen:
            ...
        assert 1 == len(seen), seen.texts
    """

    texts: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.texts)

    def __enter__(self) -> "Statements":
        self.listen()
        return self

    def __exit__(self, *reason: object) -> None:
        self.stop()

    def clear(self) -> None:
        """Forget what has run so far."""
        self.texts.clear()

    def listen(self) -> None:
        """Note what runs from now on."""
        event.listen(Engine, "before_cursor_execute", self._note)
        Database.listeners.append(self._note_read)

    def stop(self) -> None:
        """Note nothing more."""
        event.remove(Engine, "before_cursor_execute", self._note)
        Database.listeners.remove(self._note_read)

    def _note(
        self, connection: Any, cursor: Any, statement: str, values: Any, context: Any, many: bool
    ) -> None:
        if not statement.startswith(("PRAGMA", "BEGIN", "SET LOCAL")):
            self.texts.append(statement)

    def _note_read(self, statement: str) -> None:
        self.texts.append(statement)
