"""How long a plugin's import and hooks take: every process of every installation pays for them."""

import os
import subprocess
import sys
from collections.abc import Iterator

from core.kit.subject import Subject

BUDGET = 200.0
"""Milliseconds, in a process that has loaded opsgraph and its built-in plugins already."""
TRIES = 3
_PROGRAM = """
import sys
from core.registry import load_plugins
from gateway import BUILT_IN

[name] = sys.argv[1:]
[took] = [each.milliseconds for each in load_plugins(BUILT_IN, name).plugins if each.name == name]
print(took)
"""


def start_up(subject: Subject) -> Iterator[str]:
    """The quickest of a few tries is within the budget: the first one may compile."""
    best = float("inf")
    for _ in range(TRIES):
        best = min(best, _measure(subject.name))
        if best <= BUDGET:
            return
    yield (
        f"Its import and hooks take {best:.0f} ms, the budget is {BUDGET:.0f}: import what is "
        "heavy where it is used, and do no work in hooks."
    )


def _measure(name: str) -> float:
    """Milliseconds in a process of its own."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, name],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode:
        raise RuntimeError(f"It does not load in a new process: {done.stderr.strip()[-300:]}")
    return float(done.stdout.split()[-1])
