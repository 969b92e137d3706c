"""The ways in which a process tells something: logs, output, HTTP answers, errors.

Each is listened to where it leaves our code, for as long as the process lives.
"""

import logging
import subprocess
from functools import wraps
from typing import Any

import pytest

from core.errors import OpsgraphError
from core.http.app import GatewayApp
from tests.scan.hearing import HEARING

CHANNELS = ("log", "output", "answer", "error")
"""Through which a test may tell something on purpose; databases are none of them."""
LOGGERS = ("opsgraph", "httpx", "httpcore", "uvicorn", "asyncio", "alembic")
"""Whose every record is read. SQLAlchemy's are not: its statements hide their parameters, and no
setting of the product turns it up."""


def listen() -> None:
    """Begin to listen to everything."""
    _listen_to_logs()
    _listen_to_answers()
    _listen_to_errors()
    _listen_to_output()


# --- logs ------------------------------------------------------------------------------------


class Ear(logging.Handler):
    """Hears records as a file would get them, with the text of exceptions."""

    def emit(self, record: logging.LogRecord) -> None:
        HEARING.hear("log", record.getMessage())
        if record.exc_info and record.exc_info[1]:
            HEARING.hear("log", told_by(record.exc_info[1]))


def _listen_to_logs() -> None:
    ear = Ear(logging.DEBUG)
    logging.getLogger().addHandler(ear)
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.DEBUG)
    transport = logging.getLogger("httpcore")
    transport.addHandler(ear)
    transport.propagate = False  # a dozen lines per request would fill every report of a failure


# --- answers ---------------------------------------------------------------------------------


def _listen_to_answers() -> None:
    answer = GatewayApp.__call__

    @wraps(answer)
    async def heard(self: GatewayApp, scope: Any, receive: Any, send: Any) -> None:
        body = bytearray()

        async def tell(message: Any) -> None:
            body.extend(message.get("body") or b"")
            body.extend(repr(message.get("headers", "")).encode())
            body.extend((message.get("text") or "").encode())
            await send(message)

        try:
            await answer(self, scope, receive, tell)
        finally:
            HEARING.hear("answer", bytes(body))

    GatewayApp.__call__ = heard


# --- errors ----------------------------------------------------------------------------------


def told_by(error: BaseException) -> str:
    """What an error and all that led to it say, without the source lines of a traceback."""
    texts, seen, waiting = [], set(), [error]
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        texts += [str(each), repr(each.args), *getattr(each, "__notes__", ())]
        if isinstance(each, BaseExceptionGroup):
            waiting += each.exceptions
        hidden = each.__suppress_context__ or None
        waiting += [e for e in (each.__cause__, None if hidden else each.__context__) if e]
    return "\n".join(texts)


def _listen_to_errors() -> None:
    make = OpsgraphError.__init__

    @wraps(make)
    def heard(self: OpsgraphError, *args: Any, **options: Any) -> None:
        make(self, *args, **options)
        HEARING.hear("error", told_by(self))

    OpsgraphError.__init__ = heard
    # Errors of any class that a test waits for: what the caller of our code would see.
    leave = pytest.RaisesExc.__exit__

    @wraps(leave)
    def caught(self: Any, kind: Any, error: Any, trace: Any) -> Any:
        if isinstance(error, Exception):
            HEARING.hear("error", told_by(error))
        return leave(self, kind, error, trace)

    pytest.RaisesExc.__exit__ = caught


# --- output ----------------------------------------------------------------------------------


def _listen_to_output() -> None:
    """What commands print: read by a test from this process, or from one that it started."""
    read = pytest.CaptureFixture.readouterr

    @wraps(read)
    def heard(self: Any) -> Any:
        said = read(self)
        HEARING.hear("output", said.out)
        HEARING.hear("output", said.err)
        return said

    pytest.CaptureFixture.readouterr = heard
    communicate = subprocess.Popen.communicate

    @wraps(communicate)
    def finished(self: Any, *args: Any, **options: Any) -> Any:
        said = communicate(self, *args, **options)
        for text in said:
            HEARING.hear("output", text or "")
        return said

    subprocess.Popen.communicate = finished
