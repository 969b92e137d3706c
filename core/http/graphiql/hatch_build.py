"""Puts GraphiQL into the wheel when npm is there; a wheel without it shows the plain page."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class GraphiQLBuildHook(BuildHookInterface[BuilderConfig]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":  # `make assets` serves a checkout
            return
        command = [sys.executable, str(Path(__file__).with_name("build.py"))]
        done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603  (our own)
        line = done.stdout.strip() or f"GraphiQL: not built ({done.stderr.strip()})"
        report = self.app.display_warning if "not built" in line else self.app.display_info
        report(line)
