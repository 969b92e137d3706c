"""`opsgraph plugin new` and `opsgraph plugin check`: what they say, and how they end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.cli import main
from core.cli.house import build


@pytest.fixture(autouse=True)
def own_house(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Commands of a test work on an installation of its own."""
    monkeypatch.setenv("OPSGRAPH_DATA_DIR", str(tmp_path_factory.mktemp("house")))
    build.cache_clear()
    yield
    if build.cache_info().currsize:
        build().db.close()
    build.cache_clear()


@pytest.mark.parametrize(
    ("name", "owner"), [("traffic", "traffic"), ("taobao", "taobao"), ("core", "core")]
)
def test_a_taken_name(
    name: str, owner: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name that somebody has is refused, and the answer says who."""
    code = main(["plugin", "new", name, "--into", str(tmp_path)])

    assert 1 == code
    assert f"opsgraph: The name {name!r} is taken by {owner!r}" in capsys.readouterr().err
    assert [] == list(tmp_path.iterdir())


def test_what_comes_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A new plugin comes with the commands that try it."""
    code = main(["plugin", "new", "supplier", "--into", str(tmp_path)])

    said = capsys.readouterr().out
    assert 0 == code
    assert f"cd {tmp_path}/opsgraph-supplier" in said
    assert "opsgraph plugin check supplier" in said
