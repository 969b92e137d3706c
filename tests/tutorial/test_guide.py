"""What docs/plugins.md quotes stands in the example it quotes."""

import re

import pytest

from tests.examples.environment import ROOT

EXAMPLE = ROOT / "examples" / "opsgraph-supplier"
QUOTES = re.findall(
    r"^```python (\S+)\n(.*?)^```$",
    (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8"),
    re.MULTILINE | re.DOTALL,
)


@pytest.mark.parametrize(("file", "quote"), QUOTES)
def test_a_quote(file: str, quote: str) -> None:
    """The guide shows the example's code as it is."""
    text = (EXAMPLE / file).read_text(encoding="utf-8")

    assert quote in text
