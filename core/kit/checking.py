"""Checks a plugin that is installed: what every plugin must do, and what to do about it."""

from pathlib import Path
from tempfile import TemporaryDirectory

from core.kit.checks import CHECKS
from core.kit.findings import Finding
from core.kit.subject import load

LOADS = "loads"


def check(name: str) -> list[Finding]:
    """How the installed plugin fares in every check; only the first one if it does not load.

    InputError when there is no such plugin.
    """
    loaded = load(name)
    if not loaded.state.active:
        return [Finding(LOADS, "failed", (loaded.state.reason or "It is put aside.",))]
    with TemporaryDirectory(prefix="opsgraph-check-") as folder:
        subject = loaded.subject(Path(folder))
        return [Finding(LOADS, "ok"), *(each.finding(subject) for each in CHECKS)]
