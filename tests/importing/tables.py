"""Files given to the importer in a test, and where real ones lie."""

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest

from core.db import Database
from core.importing.run import File, Importer, Report, Understood
from core.ingest.standard import CORE_ROLLUPS
from core.models import Shop
from tests.graphql import built_in

DATA = Path(__file__).parents[3] / "shared/data"
"""Data sets that may not be shipped, beside the checkout."""


def real(folder: str) -> list[Path]:
    """The CSV files of a data set; the test is skipped where they are not."""
    found = sorted((DATA / folder).glob("*.csv"))
    if not found:
        pytest.skip(f"{folder} may not be shipped: its files belong in {DATA / folder}")
    return found


def rows_in(path: Path) -> list[dict[str, str]]:
    """The rows of a file, read by Python's own reader."""
    with path.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def importer(database: Database, merchant_id: int) -> Importer:
    """What imports files for a merchant."""
    return Importer(
        db=database,
        merchant_id=merchant_id,
        marketplaces=built_in().marketplaces,
        rollups=CORE_ROLLUPS,
        actor="test",
    )


async def understood(
    database: Database, shop: Shop, files: Sequence[File], *, lenient: bool = False
) -> list[Understood]:
    """What the importer makes of files that are given together."""
    found = importer(database, shop.merchant_id)
    return await found.understand_all(shop.id, files, lenient=lenient)


async def stored(database: Database, shop: Shop, files: Sequence[File]) -> list[Report]:
    """Store files that are given together; those that nothing fits are left."""
    by = importer(database, shop.merchant_id)
    return [await by.store(each) for each in await understood(database, shop, files, lenient=True)]


def given(path: Path) -> File:
    """A file on the disk."""
    return File.named(path.name, path.read_bytes())
