"""Puts load on a server with wrk, and reads what it cost: one round after the other."""

import json
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.cluster import OTHER_CORE, SERVER_CORE
from tests.benchmarks.processes import busy_seconds, cpu_seconds
from tests.benchmarks.servers import Server, ServerError

CONNECTIONS = 16
_SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True)
class Ask:
    """An HTTP request."""

    method: str
    path: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def wire(self) -> bytes:
        """Its bytes; the connection is kept alive, as is usual in HTTP 1.1."""
        lines = [f"{self.method} {self.path} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.body is not None:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode() + (self.body or b"")


@dataclass(frozen=True)
class Contestant:
    """A server with the requests that it is sent."""

    name: str
    server: Server
    requests: Path
    answer_bytes: int
    """Length of a checked answer: much shorter ones under load are errors."""


@dataclass(frozen=True)
class Round:
    """What some seconds of load came to. CPU is in milliseconds per request."""

    per_second: float
    possible: float
    """Requests per second that the CPU of the dearer core allows, if nobody else used it."""
    server_cpu: float
    database_cpu: float
    server_core: float
    other_core: float
    """What the server took of its core, and PostgreSQL and wrk of theirs: 0 to 1."""
    strangers: float
    """What other processes took of both cores: 0 to 2."""
    is_database_bound: bool
    """Whether PostgreSQL and wrk needed more of their core than the server of its own."""
    p50: float
    p99: float


def need_wrk() -> None:
    """ServerError if wrk is not installed."""
    if shutil.which("wrk") is None:
        raise ServerError("wrk is missing: install it, on Debian with `apt-get install wrk`.")


@contextmanager
def request_file(asks: Sequence[Ask]) -> Iterator[Path]:
    """A file of these requests for wrk."""
    with tempfile.NamedTemporaryFile(prefix="bench-requests-") as file:
        for ask in asks:
            wire = ask.wire()
            file.write(b"%d\n%s" % (len(wire), wire))
        file.flush()
        yield Path(file.name)


def interleave(
    contestants: Sequence[Contestant], postgres_pid: int, rounds: int, seconds: float
) -> dict[str, list[Round]]:
    """Rounds of each contestant, taking turns so that a noisy neighbour meets all alike."""
    found: dict[str, list[Round]] = {each.name: [] for each in contestants}
    for number in range(rounds):
        shift = number % len(contestants)
        for each in (*contestants[shift:], *contestants[:shift]):
            found[each.name].append(run_round(each, postgres_pid, seconds))
    return found


def warm_up(contestant: Contestant, seconds: float) -> None:
    """Load for some seconds that nobody measures; a slow server may not answer at all yet."""
    _check(contestant, _wrk(contestant, seconds), least=0)


def run_round(contestant: Contestant, postgres_pid: int, seconds: float) -> Round:
    """Load for some seconds; ServerError if any answer was not 200, or far too short."""

    def read() -> tuple[float, ...]:
        return (
            cpu_seconds(contestant.server.pid),
            cpu_seconds(postgres_pid),
            _own_children(),
            busy_seconds(SERVER_CORE),
            busy_seconds(OTHER_CORE),
        )

    before = read()
    found = _wrk(contestant, seconds)
    used = [b - a for a, b in zip(before, read(), strict=True)]
    _check(contestant, found)
    return _round(found, *used)


def _round(
    found: dict[str, int], server: float, database: float, wrk: float, first: float, second: float
) -> Round:
    count, wall = found["requests"], found["microseconds"] / 1e6
    return Round(
        per_second=count / wall,
        possible=count / max(server, database + wrk),
        server_cpu=server / count * 1e3,
        database_cpu=database / count * 1e3,
        server_core=server / wall,
        other_core=(database + wrk) / wall,
        strangers=max(0.0, first + second - server - database - wrk) / wall,
        is_database_bound=database + wrk > server,
        p50=found["p50"] / 1e3,
        p99=found["p99"] / 1e3,
    )


def _wrk(contestant: Contestant, seconds: float) -> dict[str, int]:
    done = subprocess.run(
        [
            *("wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s", "--timeout", "10s"),
            *("-s", str(_SCRIPT), f"http://127.0.0.1:{contestant.server.port}/"),
            *("--", str(contestant.requests)),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds + 60,
    )
    try:
        return json.loads(done.stdout.strip().rpartition("\n")[2])
    except ValueError:
        raise ServerError(f"wrk said: {done.stdout}{done.stderr}") from None


def _check(contestant: Contestant, found: dict[str, int], least: int = 1) -> None:
    if found["requests"] < least or found["failed"] or found["not_ok"]:
        raise ServerError(f"{contestant.name} failed under load: {found}.")
    if found["bytes"] < found["requests"] * contestant.answer_bytes / 2:
        raise ServerError(f"{contestant.name} gave short answers under load: {found}.")


def _own_children() -> float:
    """CPU seconds of the finished children of this process: that is wrk."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
