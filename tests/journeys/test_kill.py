"""A sync that is killed at any moment and started again ends with the same content."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.db import Database
from core.ingest.rollup import rebuild
from core.ingest.standard import CORE_ROLLUPS
from core.marketplace.sandbox import serve
from core.settings import Settings
from plugins.demo.emulation import Emulation
from tests.builders import make_merchant
from tests.databases import SqliteFiles
from tests.journeys.content import content
from tests.journeys.shops import recent_shop, register, sandbox_of

DAYS = 10
KILLS = 10


@dataclass(frozen=True)
class Start:
    """A database with a registered shop in it and nothing pulled yet."""

    settings: Settings

    def copy(self, folder: Path) -> Settings:
        shutil.copytree(self.settings.data_dir, folder)
        return Settings(_env_file=None, data_dir=folder)


@pytest.fixture
def start(sqlite_files: SqliteFiles, year: Emulation, tmp_path: Path) -> Iterator[Start]:
    """A shop of a month behind a marketplace that answers while the test runs."""
    settings = sqlite_files.copy(tmp_path / "start")
    database = Database(settings)
    with serve(sandbox_of(recent_shop(year, DAYS)).app) as address:
        register(database, settings, make_merchant(database), address, DAYS)
        database.close()
        yield Start(settings)


def pull(settings: Settings) -> subprocess.Popen[bytes]:
    """`opsgraph sync` in a process of its own."""
    environment = os.environ | {"OPSGRAPH_DATA_DIR": str(settings.data_dir)}
    return subprocess.Popen(
        [sys.executable, "-m", "core", "sync"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def finish(settings: Settings) -> None:
    """Pull to the end; a run that was interrupted before may have to be taken over first."""
    assert pull(settings).wait(timeout=120) == 0


def read(settings: Settings) -> dict[str, list[tuple[object, ...]]]:
    """The content of a database."""
    database = Database(settings)
    found = content(database)
    database.close()
    return found


def test_killed_and_restarted_sync_ends_with_the_same_content(start: Start, tmp_path: Path) -> None:
    """SIGKILL at ten random moments of a sync changes no row of what it ends with."""
    untouched = start.copy(tmp_path / "untouched")
    began = time.monotonic()
    finish(untouched)
    whole = time.monotonic() - began
    expected = read(untouched)
    victim, kills, seed = start.copy(tmp_path / "victim"), 0, random.randrange(10**6)
    moments = random.Random(seed)

    while kills < KILLS:
        process = pull(victim)
        time.sleep(moments.uniform(0.2, whole))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        else:  # it was done before the blow: the next one begins anew
            assert expected == read(victim), f"seed {seed}"
            victim = start.copy(tmp_path / f"victim-{kills}-{time.monotonic_ns()}")
        process.wait()
    finish(victim)

    assert expected == read(victim), f"seed {seed}"
    assert len(expected["orders"]) > 500


def test_rollups_after_a_sync_equal_their_rebuild(start: Start, tmp_path: Path) -> None:
    """What deltas have kept up to date is what the raw rows give."""
    settings = start.copy(tmp_path / "pulled")
    finish(settings)
    kept = read(settings)
    database = Database(settings)
    [(merchant_id,)] = {(row[0],) for row in kept["shops"]}

    database.run_now(merchant_id, lambda session: rebuild(session, CORE_ROLLUPS, merchant_id))

    assert kept == content(database)
    database.close()
