"""What a plugin's tests are written with: a gateway in the test's own process, and rows for it.

A plugin's `conftest.py` is one line: `pytest_plugins = ["core.testing.fixtures"]`.
"""

from core.testing.bench import Answer, Bench
from core.testing.stand import Stand
from core.testing.statements import Statements

__all__ = ["Answer", "Bench", "Stand", "Statements"]
