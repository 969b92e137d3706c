"""A page that goes stale is noticed: a command, a change and an answer that no longer fit fail."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tutorial.page import steps
from tests.tutorial.reader import Reader


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """Somebody in an empty folder."""
    made = Reader.at(tmp_path)
    yield made
    made.leave()


def follow(reader: Reader, *blocks: str) -> None:
    """Do what fenced blocks say; `|` stands for the end of a line."""
    page = "\n".join(f"```{block.replace('|', chr(10))}\n```\n" for block in blocks)
    for step in steps(page):
        reader.follow(step)


def test_a_page_that_fits(reader: Reader) -> None:
    """Folder and variables stay from block to block; changes and answers are checked in order."""
    follow(
        reader,
        "sh|mkdir shop|cd shop|export WHO=Ann",
        "text note.txt|one|two|three",
        "diff note.txt| one|-two|+2",
        "sh|cat note.txt|echo $WHO",
        "text expected|one|t…e|Ann",
    )

    assert "one\n2\nthree\n" == (reader.folder / "note.txt").read_text()


@pytest.mark.parametrize(
    "blocks",
    [
        ("sh|false",),
        ("sh|echo one|echo two", "text expected|two|one"),
        ("text note.txt|one", "diff note.txt|-two|+2"),
        ("text note.txt|one|one", "diff note.txt|-one|+1"),
    ],
    ids=["a command fails", "another answer", "nothing to change", "two places to change"],
)
def test_a_stale_page(reader: Reader, blocks: tuple[str, ...]) -> None:
    """What does not fit stops the reader."""
    with pytest.raises(AssertionError):
        follow(reader, *blocks)


def test_a_block_without_purpose() -> None:
    """A block that is no step is refused, lest it be passed over."""
    with pytest.raises(ValueError, match="is no step"):
        list(steps("```python\nprint()\n```\n"))
