"""The guide for a sixth marketplace shows code that runs."""

import re
from pathlib import Path
from textwrap import indent

import pytest

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "plugins/marketplaces/README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=[each.strip().splitlines()[0] for each in BLOCKS])
def test_its_code_is_the_examples(block: str) -> None:
    """Each block stands in the example as it is, and the example's tests run it."""
    example = (ROOT / "examples/opsgraph-csvshop").rglob("*.py")
    shown = (lines(block), lines(indent(block, "    ")))  # a method is shown without its class

    assert any(each in lines(file.read_text()) for file in example for each in shown)


def lines(text: str) -> str:
    """A text without empty lines: those differ between methods and functions."""
    return "\n".join(filter(str.strip, text.splitlines()))
