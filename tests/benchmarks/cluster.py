"""The benchmark's own PostgreSQL: one server on the core it shares with the load generator."""

import os
from dataclasses import dataclass
from pathlib import Path

import psycopg

from core.kit.postgres import Cluster, find_binaries
from tests.databases import APP, OWNER, SYSTEM

SERVER_CORE, OTHER_CORE = 0, 1
"""The server that is asked has a core of its own; PostgreSQL and wrk share the other one."""
SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "512MB",
    "max_wal_size": "8GB",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "100",
}
"""Everything else is PostgreSQL's default."""
PEER = "bench_peer"
"""The login of the peers: row-level security does not apply to it."""
_ROLES = (
    f"CREATE ROLE {OWNER} LOGIN CREATEROLE",
    f"CREATE ROLE {APP} LOGIN",
    f"CREATE ROLE {SYSTEM} LOGIN",
    f"CREATE ROLE {PEER} LOGIN BYPASSRLS",
)


@dataclass(frozen=True)
class BenchDatabase:
    """A migrated database, and how each login reaches it."""

    cluster: "BenchCluster"
    name: str

    def url(self, login: str) -> str:
        """The URL of a login; `postgres` is the superuser."""
        return self.cluster.url(login, self.name)

    def connect(self) -> psycopg.Connection:
        """A connection of the superuser, who sees all merchants."""
        return psycopg.connect(
            self.url("postgres"), autocommit=True, cursor_factory=psycopg.ClientCursor
        )

    def environment(self) -> dict[str, str]:
        """The settings of a gateway over it: three logins, as an installation should have."""
        return {
            "OPSGRAPH_DATA_DIR": str(self.cluster.folder / "opsgraph"),
            "OPSGRAPH_DATABASE_URL": self.url(APP),
            "OPSGRAPH_SYSTEM_DATABASE_URL": self.url(SYSTEM),
            "OPSGRAPH_OWNER_DATABASE_URL": self.url(OWNER),
        }


class BenchCluster(Cluster):
    """A server on a unix socket, in memory where there is plenty of it."""

    def __init__(self) -> None:
        super().__init__(find_binaries())

    def start(self) -> None:
        """Make the cluster, its logins, and wait until it answers."""
        # What we start, and PostgreSQL with it, stays on the second core.
        os.sched_setaffinity(0, {OTHER_CORE})
        self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
        settings = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
        options = f"-k {self.folder} {settings}"
        self._run("pg_ctl", "start", "-w", "-l", str(self.folder / "log"), "-o", options)
        self.execute(*_ROLES)

    @property
    def pid(self) -> int:
        """The process whose children are all of PostgreSQL."""
        return int(Path(self._data, "postmaster.pid").read_text().split("\n", 1)[0])

    def version(self) -> str:
        """PostgreSQL's version."""
        with psycopg.connect(self.url("postgres", "postgres")) as connection:
            return connection.execute("SHOW server_version").fetchone()[0]
