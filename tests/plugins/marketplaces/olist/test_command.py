"""`opsgraph import` with Olist's files: a folder of them, and some of them by name."""

from pathlib import Path

import pytest

from core.cli.house import build
from core.sync.shops import NewShop, register_shop
from tests.builders import NOON, make_merchant
from tests.plugins.marketplaces.olist.files import olist
from tests.shell import Shell


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files as they are downloaded, with one that is no table."""
    made = tmp_path / "olist"
    made.mkdir()
    for file in olist():
        (made / file.name).write_bytes(file.content)
    (made / "LICENSE.md").write_text("CC BY-NC-SA")
    return made


@pytest.fixture
def shop(shell: Shell) -> Shell:
    """A shell whose merchant has registered a shop on Olist, which needs no credentials."""
    house = build()
    merchant_id = make_merchant(house.db)
    new = NewShop("olist", "1", "Olist", credentials={}, config={})
    house.db.run_now(
        merchant_id,
        lambda session: register_shop(session, house.registry.marketplaces, house.keys, new, NOON),
    )
    return shell


def test_a_folder(shop: Shell, folder: Path) -> None:
    """All that belongs together is stored at once; what nothing fits is named; again is nothing."""
    first = shop("import", str(folder), "--shop", "Olist")
    again = shop("import", str(folder), "--shop", "Olist")

    assert (0, "") == (first.code, first.err)
    assert ["3 new", "4 new", "2 new"] == counts(first.out)
    assert ["0 new", "0 new", "0 new"] == counts(again.out)
    assert "Not used: olist_sellers_dataset.csv" in first.out.replace("\n", " ")
    assert "BRL, America/Sao_Paulo" in first.out


def test_files_by_name(shop: Shell, folder: Path) -> None:
    """Files that lack one they belong to are refused; with it they are stored."""
    names = ("orders", "order_items", "order_payments", "customers")
    paths = [str(folder / f"olist_{name}_dataset.csv") for name in names]

    refused = shop("import", paths[0], "--shop", "Olist")
    stored = shop("import", *paths, "--shop", "Olist")

    assert 1 == refused.code
    assert "needs the file with lines of orders too" in refused.err.replace("\n", " ")
    assert ["4 new"] == counts(stored.out)


def test_a_folder_without_tables(shop: Shell, tmp_path: Path) -> None:
    """There is nothing to import, and it says so."""
    (tmp_path / "empty").mkdir()

    said = shop("import", str(tmp_path / "empty"), "--shop", "Olist")

    assert 0 != said.code
    assert "no CSV, xlsx or xls file" in said.err


def counts(text: str) -> list[str]:
    """How much each import of a command stored, in their order."""
    lines = [line for line in text.splitlines() if line.startswith("Imported into")]
    return [" ".join(line.split()[3:5]) for line in lines]
