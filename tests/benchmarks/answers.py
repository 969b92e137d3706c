"""Asks a peer one request and reads the answer, to check it before and to know its length."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.load import Ask
from tests.benchmarks.peers import AnswerError, Peer
from tests.benchmarks.questions import Case
from tests.benchmarks.servers import Server, ServerError


@dataclass(frozen=True)
class Checked:
    """What a peer answered to some cases, and the length of the first answer in bytes."""

    contents: list[Any]
    length: int


def check(peer: Peer, server: Server, question: str, cases: Sequence[Case]) -> Checked:
    """The contents of good answers; an error says what is wrong with the first bad one."""
    bodies = [send(server, peer.ask(question, case)) for case in cases]
    try:
        contents = [peer.content(question, json.loads(body)) for body in bodies]
    except AnswerError as error:
        raise ServerError(f"{peer.name} answered {question} with errors: {error}") from None
    return Checked(contents, len(bodies[0]))


def send(server: Server, ask: Ask) -> bytes:
    """The body of an answer; ServerError unless its status is 200."""
    status, body = server.send(ask.method, ask.path, ask.body, ask.headers)
    if status != 200:
        raise ServerError(f"{server.name} answered {ask.path} with {status}: {body[:500]!r}")
    return body


def compare(question: str, found: dict[str, Checked]) -> None:
    """ServerError with the first difference unless all peers gave the same contents."""
    (reference, first), *others = found.items()
    for name, checked in others:
        for ours, theirs in zip(first.contents, checked.contents, strict=True):
            difference = _difference(ours, theirs, "data")
            if difference:
                raise ServerError(f"{reference} and {name} differ on {question} at {difference}")


def _difference(ours: Any, theirs: Any, where: str) -> str:
    if isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() == theirs.keys():
        parts = ((ours[name], theirs[name], f"{where}.{name}") for name in ours)
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        parts = ((a, b, f"{where}[{n}]") for n, (a, b) in enumerate(zip(ours, theirs, strict=True)))
    else:
        same = ours == theirs and type(ours) is type(theirs)
        return "" if same else f"{where}: {str(ours)[:200]} and {str(theirs)[:200]}"
    return next(filter(None, (_difference(*part) for part in parts)), "")
