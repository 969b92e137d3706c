"""Whether the plugin tells where it keeps personal data, and can erase it."""

from collections.abc import Iterator, Sequence

from sqlmodel import select

from core.db import MerchantSession
from core.db.upsert import table_of
from core.kit.subject import Subject
from core.kit.trial import Trial
from core.models import personal_columns
from core.plugin import PersonalDataStore
from core.testing.bench import Bench

ROWS = 3


def personal_data(subject: Subject) -> Iterator[str]:
    """Every table with a personal column is declared, and its `erase` erases."""
    stores = {each.table: each for each in subject.offer.personal_data}
    models = {table_of(each).name: each for each in subject.tables}
    for name in stores:
        if name not in models:
            yield f"opsgraph_personal_data names {name!r}, which is no table of the plugin."
    for name, model in models.items():
        if personal_columns(model) and name not in stores:
            yield (
                f"The table {name!r} has personal columns "
                f"({', '.join(sorted(personal_columns(model)))}): declare it with "
                "opsgraph_personal_data, so that people can be erased."
            )
    known = {name: each for name, each in stores.items() if name in models}
    if known:
        yield from _not_erased(subject, known)


def _not_erased(subject: Subject, stores: dict[str, PersonalDataStore]) -> Iterator[str]:
    """Stores that still hold what belongs to a customer after all customers were erased."""
    trial, customer_ids = Trial(subject), range(1, ROWS + 1)
    with trial.house("personal") as house:
        bench = Bench(house)
        mark = trial.fill(bench, "M", 1, ROWS)
        for name, store in stores.items():
            if _erased(bench, store, customer_ids, subject, mark.tag):
                continue
            yield f"erase of {name!r} leaves personal data of the customers it was given."


def _erased(
    bench: Bench, store: PersonalDataStore, ids: Sequence[int], subject: Subject, tag: str
) -> bool:
    def work(session: MerchantSession) -> list[str]:
        store.erase(session, ids)
        session.flush()
        return _personal_texts(session, subject, store.table)

    return not any(f"{tag}·" in text for text in bench.run(work))


def _personal_texts(session: MerchantSession, subject: Subject, name: str) -> list[str]:
    """What stands in the personal columns of a table."""
    model = next(each for each in subject.tables if table_of(each).name == name)
    rows = session.scalars(select(model)).all()
    return [str(getattr(row, column)) for row in rows for column in personal_columns(model)]
