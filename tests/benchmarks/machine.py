"""What a run ran on: machine, versions, settings. Figures mean nothing without it."""

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.bench import Options
from tests.benchmarks.cluster import SETTINGS, BenchCluster
from tests.benchmarks.load import CONNECTIONS
from tests.benchmarks.peers import Peer
from tests.benchmarks.servers import ROOT


def describe(cluster: BenchCluster, options: Options, peers: Sequence[Peer]) -> str:
    """The head of a report."""
    settings = ", ".join(f"{name}={value or 'none'}" for name, value in SETTINGS.items())
    lines = [
        f"Run of {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, revision {_revision()}.",
        f"Machine: {_processor()}, {os.cpu_count()} cores, {_memory()}, Linux {_kernel()}.",
        f"PostgreSQL {cluster.version()}: {settings}; everything else as it comes; files in "
        f"{'memory' if cluster.folder.is_relative_to('/dev/shm') else 'the temporary folder'}.",
        f"Load: {_wrk()}, {CONNECTIONS} connections, {options.rounds} rounds of "
        f"{options.seconds} s per server and question, servers in turn.",
        f"Data: {options.orders:,} orders.",
        f"Python {platform.python_version()}.",
        *(f"{peer.name}: {_versions(peer)}." for peer in peers),
    ]
    return "\n".join(f"- {line}" for line in lines)


def _revision() -> str:
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return said.stdout.strip() or "unknown"


def _processor() -> str:
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()


def _memory() -> str:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{total / 2**30:.0f} GiB"


def _kernel() -> str:
    return platform.release().partition("-")[0]


def _wrk() -> str:
    said = subprocess.run(["wrk", "--version"], capture_output=True, text=True, check=False)
    return " ".join(said.stdout.split()[:2])


def _versions(peer: Peer) -> str:
    return ", ".join(f"{name} {version}" for name, version in peer.versions().items())
