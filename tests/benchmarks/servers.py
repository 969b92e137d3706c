"""Starts the servers, each one process on a core of its own, and stops them."""

import http.client
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.cluster import SERVER_CORE

ROOT = Path(__file__).parents[2]
START_SECONDS = 60


class ServerError(Exception):
    """A server that does not start or does not answer as it should; the text says which and how."""


@dataclass(frozen=True)
class Launch:
    """How a server is started; `{port}` in an argument is replaced. `live` answers when it runs."""

    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    live: str = "/health/live"
    live_body: bytes | None = None
    """Sent to `live` with POST, if there is one."""


@dataclass(frozen=True)
class Server:
    """A running server. `started_in` is seconds from its start to its first answer."""

    name: str
    port: int
    pid: int
    started_in: float

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] = {}
    ) -> tuple[int, bytes]:
        """Status and body of one answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


def clean_environment() -> dict[str, str]:
    """This process's environment without the settings of another installation."""
    return {name: value for name, value in os.environ.items() if not name.startswith("OPSGRAPH_")}


@contextmanager
def running(name: str, launch: Launch) -> Iterator[Server]:
    """A server on its core, from its first answer until the end of the block."""
    port = _free_port()
    with tempfile.TemporaryFile() as log:
        begun = time.monotonic()
        process = subprocess.Popen(
            ["taskset", "-c", str(SERVER_CORE), *(a.format(port=port) for a in launch.command)],
            cwd=ROOT,
            env=clean_environment() | dict(launch.environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            started_in = _wait(Server(name, port, process.pid, 0), launch, process, begun)
            yield Server(name, port, process.pid, started_in)
            if process.poll() is not None:
                raise ServerError(f"{name} ended while it was measured: {_read(log)}")
        except ServerError as error:
            raise ServerError(f"{error} {_read(log)}") from None
        finally:
            _stop(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: Server, launch: Launch, process: subprocess.Popen, begun: float) -> float:
    method = "GET" if launch.live_body is None else "POST"
    while time.monotonic() - begun < START_SECONDS:
        if process.poll() is not None:
            raise ServerError(f"{server.name} ended with code {process.returncode}.")
        try:
            status, _ = server.send(
                method, launch.live, launch.live_body, {"Content-Type": "application/json"}
            )
            if status == 200:
                return time.monotonic() - begun
        except OSError:
            pass
        time.sleep(0.005)
    raise ServerError(f"{server.name} did not answer within {START_SECONDS} seconds.")


def _stop(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


def _read(log) -> str:
    log.seek(0)
    return log.read()[-2000:].decode(errors="replace")
