"""Where each component stands, and whether this code can work on the database."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from core.db.migrate.chain import Chain, current, revisions
from core.db.migrate.running import reason_of
from core.errors import ConfigurationError
from core.plugin import Component


@dataclass(frozen=True)
class Status:
    """Where a component stands; problem: what an upgrade cannot mend, if anything."""

    component: str
    current: str | None
    head: str | None
    problem: str | None = None

    @property
    def is_current(self) -> bool:
        return self.current == self.head and self.problem is None

    @property
    def advice(self) -> str:
        """What is to be done; empty if nothing is."""
        return self.problem or ("" if self.is_current else "opsgraph db upgrade")

    @property
    def text(self) -> str:
        """Where it stands, in words."""
        place = f"{self.component} is at {self.current or 'nothing'}, needs {self.head}"
        return f"{place}: {self.advice}"


def status(engine: Engine, chains: Sequence[Chain]) -> list[Status]:
    """Current and newest revision of every chain."""
    with engine.connect() as connection:
        return [_status(connection, chain) for chain in chains]


def standing(engine: Engine, component: Component) -> str | None:
    """The revision that a component's tables are at; None: there are none yet."""
    with engine.connect() as connection:
        return current(connection, Chain(component))


def _status(connection: Connection, chain: Chain) -> Status:
    stands = current(connection, chain)
    try:
        known = list(revisions(chain))
    # A version file is a plugin's code, which may raise anything when it is imported.
    except (Exception, SystemExit) as error:
        problem = f"its version files are broken: {reason_of(error, chain)}"
        return Status(chain.name, stands, None, problem)
    head = known[-1] if known else None
    if stands is not None and stands not in known:
        return Status(chain.name, stands, head, "made by a newer version: install that one")
    return Status(chain.name, stands, head)


def require_current(engine: Engine, chains: Sequence[Chain]) -> None:
    """Refuse to work on a database that is behind (or ahead of) this code."""
    behind = [each.text for each in status(engine, chains) if not each.is_current]
    if behind:
        raise ConfigurationError(f"The database is not up to date: {'; '.join(behind)}")
