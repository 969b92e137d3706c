"""Commands as tests run them: in this process, with what they printed."""

from dataclasses import dataclass

import pytest

from core.cli import main
from core.cli.house import build


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


class Shell:
    """Runs commands in this process, each on a house of its own."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Said:
        self.close()
        self._capsys.readouterr()
        try:
            code = main(arguments)
        except SystemExit as exit_:  # argparse ends this way
            code = int(exit_.code or 0)
        said = self._capsys.readouterr()
        return Said(code, said.out, said.err)

    def close(self) -> None:
        """Close the database of the last command."""
        if build.cache_info().currsize:
            build().db.close()
        build.cache_clear()
