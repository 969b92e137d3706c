"""`opsgraph import`, on both databases: what it prints, how it ends, what it stores."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import select

from core.db import Database
from core.errors import InputError
from core.importing.run import File, Importer
from core.ingest.standard import CORE_ROLLUPS
from core.models import QuarantineEntry, Shop, TrafficDay
from core.settings import Settings
from core.sync.standing import imports
from tests.builders import make_merchant, make_shop
from tests.importing.files import TRAFFIC, csv_bytes, with_row, xlsx_bytes
from tests.shell import Shell

SAMPLE = Path(__file__).parents[2] / "docs" / "importing-sample.csv"
URLS = ("database_url", "system_database_url", "owner_database_url")


@pytest.fixture
def counter(
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Shell]:
    """A shell over this test's database."""
    monkeypatch.setenv("OPSGRAPH_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("COLUMNS", "250")
    for name in URLS:
        if (secret := getattr(settings, name)) is not None:
            monkeypatch.setenv(f"OPSGRAPH_{name.upper()}", secret.get_secret_value())
    monkeypatch.chdir(tmp_path)
    shell = Shell(capsys)
    yield shell
    shell.close()


def amounts(database: Database) -> list[int]:
    """What is stored of traffic."""
    query = select(TrafficDay.amount).order_by(TrafficDay.amount)
    return database.system_now(lambda session: list(session.scalars(query)))


def test_an_import(counter: Shell, shop: Shop, database: Database, tmp_path: Path) -> None:
    """A file is shown and stored; again, and as a workbook, it is known already."""
    (tmp_path / "t.csv").write_bytes(csv_bytes(TRAFFIC))
    (tmp_path / "t.xlsx").write_bytes(xlsx_bytes(TRAFFIC))

    first = counter("import", "t.csv", "--shop", shop.name)
    again = counter("import", "t.csv", "--shop", str(shop.id))
    as_book = counter("import", "t.xlsx", "--shop", shop.name)

    assert [0, 0, 0] == [said.code for said in (first, again, as_book)], first.err
    assert "2 new or changed, 0 known already" in first.out
    assert "0 new or changed, 2 known already" in again.out
    assert "0 new or changed, 2 known already" in as_book.out
    assert [900000, 1234560] == amounts(database)


def test_imports_are_shown_with_the_shops(counter: Shell, shop: Shop, tmp_path: Path) -> None:
    """`opsgraph shops` tells of shops that nothing is pulled for what files have brought, how far
    they reach and when; before the first file the shop is there all the same."""
    (tmp_path / "t.csv").write_bytes(csv_bytes(TRAFFIC))

    before = counter("shops")
    counter("import", "t.csv", "--shop", shop.name)
    counter("import", "t.csv", "--shop", shop.name)
    after = counter("shops")

    assert (0, 0) == (before.code, after.code), after.err
    assert shop.name in before.out
    assert "last import" not in before.out
    assert "next run" not in after.out
    (row,) = [line for line in after.out.splitlines() if "traffic" in line and "│" in line]
    cells = [cell.strip() for cell in row.strip("│").split("│")]
    assert [shop.name, "traffic", "2", "0"] == [cells[0], cells[1], cells[4], cells[5]]
    assert "2026-11-02 16:00" == cells[2]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", cells[3])


def test_a_preview(counter: Shell, shop: Shop, database: Database, tmp_path: Path) -> None:
    """`--preview` shows columns, sums and what is assumed, and stores nothing."""
    (tmp_path / "t.csv").write_bytes(csv_bytes(TRAFFIC))

    said = counter("import", "t.csv", "--shop", shop.name, "--preview")

    assert 0 == said.code
    for part in ("流量来源", "channel", "21345.60 CNY", "2026-11-01 to 2026-11-02", "stands in"):
        assert part in said.out
    assert [] == amounts(database)


def test_a_total_and_its_channels_at_once(
    counter: Shell, shop: Shop, database: Database, tmp_path: Path
) -> None:
    """Of two files that count the same visits the second is refused, and nothing is stored."""
    total = [("日期", "访客数"), ("2026-11-01", "13000"), ("2026-11-03", "12000")]
    (tmp_path / "channels.csv").write_bytes(csv_bytes(TRAFFIC))
    (tmp_path / "total.csv").write_bytes(csv_bytes(total))

    said = counter("import", "channels.csv", "total.csv", "--shop", shop.name)

    assert 1 == said.code
    assert "a day without traffic by channel" in said.out
    assert [] == amounts(database)


@pytest.mark.anyio
async def test_two_imports_at_a_time(database: Database, shop: Shop) -> None:
    """What another import has stored since a file was read is not counted twice, and no file
    reaches further than what came of it."""
    total = [("日期", "访客数"), ("2026-11-01", "13000"), ("2026-11-03", "9000")]
    importer = Importer(database, shop.merchant_id, {}, CORE_ROLLUPS, "test")
    slow = await importer.understand(shop.id, File("total.csv", csv_bytes(total)))
    fast = await importer.understand(shop.id, File("channels.csv", csv_bytes(TRAFFIC)))

    await importer.store(fast)

    with pytest.raises(InputError, match=r"total\.csv, line 2: .* Another import was faster"):
        await importer.store(slow)
    assert [900000, 1234560] == amounts(database)
    [told] = database.system_now(imports)
    assert (datetime(2026, 11, 2, 16, tzinfo=UTC), 2) == (told.through, told.stored)


@pytest.mark.parametrize("option", [[], ["--preview"]])
def test_refused_rows(
    counter: Shell, shop: Shop, database: Database, tmp_path: Path, option: list[str]
) -> None:
    """A refused row ends with 1, names line, column, value and what to do; nothing is stored."""
    (tmp_path / "t.csv").write_bytes(csv_bytes(with_row(TRAFFIC, 3, 访客数="many")))

    said = counter("import", "t.csv", "--shop", shop.name, *option)

    assert 1 == said.code
    [row] = [line for line in said.out.splitlines() if "many" in line]
    assert ["3", "访客数", "many", "a number, such as 1,234.5"] == [
        cell.strip() for cell in row.strip("│").split("│")
    ]
    assert [] == amounts(database)


def test_skipping(counter: Shell, shop: Shop, database: Database, tmp_path: Path) -> None:
    """`--skip-refused` stores the rest, ends with 0, and keeps the bad row in quarantine."""
    (tmp_path / "t.csv").write_bytes(csv_bytes(with_row(TRAFFIC, 3, 访客数="many")))

    said = counter("import", "t.csv", "--shop", shop.name, "--skip-refused")

    kept = database.system_now(lambda s: list(s.scalars(select(QuarantineEntry.platform_id))))
    assert 0 == said.code
    assert "1 new or changed, 0 known already, 1 quarantined" in said.out
    assert ([1234560], ["t.csv line 3"]) == (amounts(database), kept)


def test_another_merchants_shop(counter: Shell, shop: Shop, database: Database) -> None:
    """The shop of another merchant is not there."""
    other = make_merchant(database, "Another")

    said = counter("import", str(SAMPLE), "--shop", str(shop.id), "--merchant", str(other))

    assert 1 == said.code
    assert f"There is no shop '{shop.id}'; register one first" in said.err


def test_which_shop(counter: Shell, shop: Shop, database: Database) -> None:
    """A name that no shop has is answered with those there are, one that two have with ids."""
    missing = counter("import", str(SAMPLE), "--shop", "Lamps", "--preview")
    twin = make_shop(database, shop.merchant_id, platform_id="twin")

    double = counter("import", str(SAMPLE), "--shop", shop.name, "--preview")

    assert f"There is no shop 'Lamps'; there are: {shop.name!r}." in missing.err
    assert f"2 shops are called {shop.name!r}: give the id of one" in double.err
    assert all(str(each.id) in double.err for each in (shop, twin))


def test_the_sample(counter: Shell, database: Database, merchant_id: int) -> None:
    """The sample of the documentation is read as the documentation says."""
    make_shop(database, merchant_id, marketplace="taobao", name="Lantern")

    said = counter("import", str(SAMPLE), "--shop", "Lantern")

    assert 0 == said.code, said.err
    assert "5 accepted, 0 refused, 3 left out; 5 records" in said.out
    assert "90684.00 CNY" in said.out
    assert 9_068_400 == sum(amounts(database))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.csv", None, "cannot be read"),
        ("empty.csv", b"", "is empty"),
        ("note.txt", b"hello\nworld\n", "has no header that is known here"),
        ("half.csv", "日期,浏览量\n2026-11-01,5\n".encode(), "has no header"),
        ("large.csv", b"x" * 2000, "OPSGRAPH_MAX_UPLOAD_BYTES"),
    ],
)
def test_files_that_cannot_be_used(
    counter: Shell,
    shop: Shop,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    content: bytes | None,
    message: str,
) -> None:
    """One line says what is wrong with a file, and the command ends with 1."""
    monkeypatch.setenv("OPSGRAPH_MAX_UPLOAD_BYTES", "1000")
    if content is not None:
        (tmp_path / name).write_bytes(content)

    said = counter("import", name, "--shop", shop.name)

    assert 1 == said.code
    assert name in said.err
    assert message in said.err
    assert 1 == len(said.err.strip().splitlines())
