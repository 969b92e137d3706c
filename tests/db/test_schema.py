"""Rules that every table of the shared schema keeps."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Column, Enum, Integer, Numeric, String, Table, UniqueConstraint
from sqlmodel import SQLModel

from core.db.migrate import CORE_COMPONENT
from core.models.base import PERSONAL, REFERENCE
from tests.db.sample_component import SAMPLE

MARKED_PERSONAL = {
    "behavior_events.visitor",
    "customers.nickname",
    "customers.platform_id",
    "persons.name",
    "reviews.author",
    "reviews.content",
    "shipments.tracking_number",
}
# Text columns that hold nothing about a person, whatever their table. Whoever adds a column of
# another name decides here, or marks it with `personal()` and adds it above.
NEVER_PERSONAL = """
    action actor base campaign carrier category channel code credentials currency device entity
    entity_id error error_code evidence expected identity job key key_id kind last_error
    last_error_code lease_owner level marketplace method name parent_platform_id phase platform_id
    platform_result source_id source_kind
    platform_refund_status platform_status platform_type plugin quote reason reply result role
    seller sku_code source status stream subject text time_zone title topic value waiting_for where
    country region
""".split()
TABLES = [
    table
    for table in SQLModel.metadata.sorted_tables
    if table.name in CORE_COMPONENT.tables | SAMPLE.tables
]
OWNED = [t for t in TABLES if t.name != "merchants" and not t.info.get(REFERENCE)]


def names(table: Table) -> str:
    return table.name


def keys(table: Table) -> Iterator[tuple[str, list[str]]]:
    """Every key and index of a table, with its columns."""
    for constraint in table.constraints:
        if constraint is table.primary_key or isinstance(constraint, UniqueConstraint):
            yield str(constraint.name), [column.name for column in constraint.columns]
    for index in table.indexes:
        yield str(index.name), [column.name for column in index.columns]


def columns() -> Iterator[Column]:
    return (column for table in TABLES for column in table.columns)


@pytest.mark.parametrize("table", OWNED, ids=names)
def test_every_key_leads_with_the_merchant(table: Table) -> None:
    """Only so can the same schema be spread over machines by merchant."""
    leads = {name: found[0] for name, found in keys(table)}

    assert dict.fromkeys(leads, "merchant_id") == leads


@pytest.mark.parametrize("table", OWNED, ids=names)
def test_references_stay_within_the_merchant(table: Table) -> None:
    """A foreign key carries the merchant along."""
    for constraint in table.foreign_key_constraints:
        assert "merchant_id" == constraint.elements[0].parent.name
        assert "merchant_id" == constraint.elements[0].column.name


def test_only_two_tables_have_no_merchant() -> None:
    """Merchants themselves, and the reference table of exchange rates."""
    assert {"merchants", "exchange_rates"} == {t.name for t in TABLES if t not in OWNED}


def test_personal_columns_are_marked() -> None:
    """What is masked and erased is exactly the list that people agreed on."""
    marked = {f"{c.table.name}.{c.name}" for c in columns() if c.info.get(PERSONAL)}

    assert MARKED_PERSONAL == marked


def test_somebody_decided_about_every_text_column() -> None:
    """A new text column must be called personal or not by a person, in this file."""
    undecided = {
        f"{column.table.name}.{column.name}"
        for column in columns()
        if isinstance(column.type, String)
        and column.table.name not in SAMPLE.tables
        and not column.info.get(PERSONAL)
        and column.name not in NEVER_PERSONAL
    }

    assert set() == undecided


def test_ids_and_amounts_fit() -> None:
    """Ids, counts and money have 64 bits; nothing is a decimal or a native enum."""
    narrow = {c.name for c in columns() if type(c.type) is Integer}
    wrong = [c for c in columns() if isinstance(c.type, Enum) or type(c.type) is Numeric]

    assert {"attempts", "mapping_version", "ordinal"} == narrow
    assert [] == wrong
