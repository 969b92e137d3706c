"""`opsgraph serve` and `schema`: the gateway and what it answers."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from socket import socket
from typing import Any

import anyio
import uvicorn

from core.cli.house import build, make_engine, ready, tune_collector, tune_threads
from core.house import House
from core.plugin import Command
from core.sync.worker import work

KEEP_ALIVE = 75
"""Seconds that an idle connection stays open: longer than the usual minute of proxies before us,
else they would send requests into connections that we are closing."""
STARTUP_FAILURE = 3
"""Exit code of a server that could not start, as uvicorn's own command has it."""


def serve(arguments: Namespace) -> int:
    """Serve the gateway; on SQLite the worker runs in the same process."""
    house = ready()
    settings = house.settings
    with_worker = not arguments.no_worker and house.db.dialect == "sqlite"
    run_server(house, arguments.host or settings.host, arguments.port or settings.port, with_worker)
    return 0


def run_server(house: House, host: str, port: int, with_worker: bool) -> None:
    """Serve until stopped."""

    @asynccontextmanager
    async def background() -> AsyncIterator[None]:
        tune_collector()  # the last thing before requests: all that is there stays
        async with anyio.create_task_group() as tasks:
            if with_worker:
                tasks.start_soon(work, make_engine(house), house.registry)
            yield
            tasks.cancel_scope.cancel()

    tune_threads()
    config = uvicorn.Config(
        import_module("gateway").create_app(house, background),
        host=host,
        port=port,
        http="httptools",
        ws="none",  # subscriptions are server-sent events (decision 0022)
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
    )
    server = _Server(config)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)


class _Server(uvicorn.Server):
    """Waits for requests when it is stopped, as uvicorn does, but not for subscriptions."""

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        app: Any = self.config.app
        app.stop()
        await super().shutdown(sockets)


def print_schema(arguments: Namespace) -> int:
    """Print the GraphQL schema of this installation."""
    print(build().schema.as_str())
    return 0


def _serve(parser: ArgumentParser) -> None:
    parser.add_argument("--host", help="address to listen on; default: OPSGRAPH_HOST or 127.0.0.1")
    parser.add_argument("--port", type=int, help="default: OPSGRAPH_PORT or 8000")
    parser.add_argument("--no-worker", action="store_true", help="answer only, pull nothing")


COMMANDS = (
    Command("serve", "Serve the GraphQL gateway.", serve, _serve),
    Command("schema", "Print the GraphQL schema.", print_schema),
)
