"""Which classes a statement mentions: with their criteria alone it is the same as with all."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import (
    BigInteger,
    Column,
    case,
    cast,
    column,
    delete,
    exists,
    func,
    insert,
    lambda_stmt,
    lateral,
    select,
    true,
    tuple_,
    type_coerce,
    union_all,
    update,
    values,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Bundle, aliased, column_property, load_only, with_loader_criteria
from sqlalchemy.sql.expression import ColumnElement
from sqlalchemy.types import Integer, TypeDecorator
from sqlmodel import Field, Relationship, SQLModel

from core.db.entities import classes_in, merchant_classes
from core.db.functions import month_start
from core.models import Customer, ExchangeRate, Merchant, Order, OrderLine, Shop
from core.models.base import MerchantTable

Other: Any = aliased(Customer)
Latest: Any = aliased(Order, select(Order).order_by(Order.ordered_at).limit(3).subquery())
customers: Any = Customer.__table__
ids = select(Customer.id).where(Customer.nickname == "x")
numbers = ids.cte("numbers")
tree = select(Shop.id).cte("tree", recursive=True)
tree = tree.union_all(select(Order.id).join(tree, tree.c.id == Order.shop_id))
listed = values(column("n", BigInteger), name="listed").data([(1,)])

STATEMENTS: dict[str, tuple[Any, set[type[SQLModel]]]] = {
    "entity": (select(Shop), {Shop}),
    "column": (select(Shop.id), {Shop}),
    "merchant": (select(Merchant), {Merchant}),
    "function": (select(month_start(func.max(Order.order_day))), {Order}),
    "count": (select(func.count()).select_from(Customer), {Customer}),
    "alias": (select(Other.nickname), {Customer}),
    "alias of a subquery": (select(Latest.id), {Order}),
    "join": (select(Shop.id).join(Customer, true()), {Shop, Customer}),
    "join from": (select(Shop.id).join_from(Shop, Order, true()), {Shop, Order}),
    "outer join of an alias": (select(Shop.id).outerjoin(Other, true()), {Shop, Customer}),
    "join, then other columns": (
        select(Order).join(Customer, true()).with_only_columns(Shop.id),
        {Order, Customer, Shop},
    ),
    "exists": (select(Shop.id).where(exists(ids)), {Shop, Customer}),
    "not in": (select(Shop.id).where(Shop.id.not_in(ids)), {Shop, Customer}),
    "tuple in": (
        select(Shop.id).where(tuple_(Shop.id, Shop.id).in_(select(Order.id, Order.id))),
        {Shop, Order},
    ),
    "scalar subquery": (select(Shop.id, ids.scalar_subquery()), {Shop, Customer}),
    "subquery": (select(ids.subquery().c.id), {Customer}),
    "lateral": (
        select(Shop.id, lateral(ids.where(Customer.shop_id == Shop.id)).c.id),
        {Shop, Customer},
    ),
    "cte": (select(Shop.id).join(numbers, true()), {Shop, Customer}),
    "cte beside": (select(Shop.id).add_cte(ids.cte("beside")), {Shop, Customer}),
    "recursive cte": (select(tree.c.id), {Shop, Order}),
    "union": (union_all(select(Shop.id), ids), {Shop, Customer}),
    "union of unions": (
        select(union_all(select(Shop.id), ids).subquery().c.id),
        {Shop, Customer},
    ),
    "case": (select(case((exists(ids), Shop.id), else_=Order.id)), {Shop, Customer, Order}),
    "cast": (select(cast(ids.scalar_subquery(), BigInteger)), {Customer}),
    "window": (select(func.sum(Shop.id).over(order_by=ids.scalar_subquery())), {Shop, Customer}),
    "filter": (select(func.sum(Shop.id).filter(exists(ids))), {Shop, Customer}),
    "array": (select(Shop.id, func.array(ids.scalar_subquery())), {Shop, Customer}),
    "group": (
        select(func.count()).select_from(Shop).group_by(ids.scalar_subquery()),
        {Shop, Customer},
    ),
    "having": (
        select(Shop.id).group_by(Shop.id).having(func.count() > ids.scalar_subquery()),
        {Shop, Customer},
    ),
    "order": (select(Shop.id).order_by(ids.scalar_subquery().desc()), {Shop, Customer}),
    "limit": (select(Shop.id).limit(ids.scalar_subquery()), {Shop, Customer}),
    "distinct": (
        select(Shop.id).ext(postgresql.distinct_on(ids.scalar_subquery())),
        {Shop, Customer},
    ),
    "bundle": (select(Bundle("b", Shop.id, Other.id)), {Shop, Customer}),
    "values": (select(Shop.id, listed.c.n), {Shop}),
    "reference": (select(ExchangeRate), set()),
    "bare table beside": (select(Shop.id, customers.c.id), {Shop, Customer}),
    "update": (update(Shop).values(name="x"), {Shop}),
    "update from": (update(Shop).values(name=Customer.nickname), {Shop, Customer}),
    "update from alias": (update(Shop).values(name=Other.nickname), {Shop, Customer}),
    "update from subquery": (
        update(Shop).values(name=select(Order.channel).subquery().c.channel),
        {Shop, Order},
    ),
    "update to": (update(Shop).values(name=ids.scalar_subquery()), {Shop, Customer}),
    "update to, by column": (update(Shop).values({Shop.name: exists(ids)}), {Shop, Customer}),
    "update where": (update(Shop).where(exists(ids)).values(name="x"), {Shop, Customer}),
    "update returning": (
        update(Shop).values(name="x").returning(ids.scalar_subquery()),
        {Shop, Customer},
    ),
    "delete": (delete(Shop).where(Shop.id.in_(ids)), {Shop, Customer}),
    "delete using": (delete(Shop).where(Shop.id == Customer.shop_id), {Shop, Customer}),
    "delete using alias": (delete(Shop).where(Shop.id == Other.shop_id), {Shop, Customer}),
    "delete in cte": (
        select(Shop.id).add_cte(
            delete(Order).where(Order.id == Customer.id).returning(Order.id).cte("gone")
        ),
        {Shop, Order, Customer},
    ),
    "insert from": (insert(Shop).from_select(["id"], ids), {Shop, Customer}),
}


def sql(statement: Any, classes: Any) -> str:
    """The statement with the criteria of these classes."""
    criteria = [
        with_loader_criteria(
            each, (each.id if each is Merchant else each.merchant_id) == 7, include_aliases=True
        )
        for each in classes
    ]
    return str(statement.options(*criteria).compile(dialect=postgresql.dialect()))


@pytest.mark.parametrize(("statement", "expected"), STATEMENTS.values(), ids=STATEMENTS)
def test_classes_of_a_statement(statement: Any, expected: set[type[SQLModel]]) -> None:
    """They are found wherever they stand, and the others would change nothing."""
    found = classes_in(statement)

    assert expected == set(found)
    if not isinstance(statement, type(insert(Shop))):
        assert sql(statement, merchant_classes()) == sql(statement, found)


class hidden(ColumnElement[int]):  # noqa: N801  (SQL functions are written in lower case)
    """An expression that shows nobody what it holds."""

    inherit_cache = False
    type = BigInteger()

    def __init__(self, query: Any) -> None:
        self.query = query


@compiles(hidden)
def _hidden(element: Any, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(element.query, **options)})"


class Odd(TypeDecorator[int]):
    """A type that could do anything to a column."""

    impl = Integer
    cache_ok = True


UNCLEAR: dict[str, Any] = {
    "own expression": select(Shop.id, hidden(ids)),
    "own expression, annotated": select(Shop.id, hidden(ids)._annotate({"a": 1})),
    "own type": select(type_coerce(Shop.id, Odd)),
    "lambda": lambda_stmt(lambda: select(Shop.id)),
    "lambda inside": select(Shop.id).where(lambda: Shop.id == 1),
    "option": select(Shop).options(load_only(Shop.id)),
    "option inside": select(select(Shop).options(load_only(Shop.id)).subquery().c.id),
    "own criteria": select(Shop).options(with_loader_criteria(Shop, Shop.id.in_(ids))),
}


@pytest.mark.parametrize("statement", UNCLEAR.values(), ids=UNCLEAR)
def test_what_cannot_be_seen_through(statement: Any) -> None:
    """It gets the criteria of every class."""
    assert merchant_classes() == classes_in(statement)


@pytest.fixture
def mapped() -> Iterator[dict[str, Any]]:
    """Classes that bring others along, as a third party might map them."""

    class ScratchParent(MerchantTable, table=True):
        __tablename__ = "scratch_parents"
        id: int = Field(primary_key=True)
        children: list["ScratchChild"] = Relationship(
            sa_relationship_kwargs={"lazy": "joined", "viewonly": True}
        )

    class ScratchChild(MerchantTable, table=True):
        __tablename__ = "scratch_children"
        id: int = Field(primary_key=True)
        parent_id: int = Field(foreign_key="scratch_parents.id")

    class ScratchSum(MerchantTable, table=True):
        __tablename__ = "scratch_sums"
        id: int = Field(primary_key=True)

    ScratchSum.__mapper__.add_property("people", column_property(ids.scalar_subquery()))
    made = {c.__name__: c for c in (ScratchParent, ScratchChild, ScratchSum)}
    yield made
    for each in made.values():
        SQLModel.metadata.remove(each.__table__)
        SQLModel._sa_registry._dispose_cls(each)


def test_classes_that_bring_others_along(mapped: dict[str, Any]) -> None:
    """Loading such a class gets every criterion: its statement does not say what it loads."""
    parent, child, sums = mapped.values()

    found = [
        classes_in(statement)
        for statement in (
            select(parent),
            select(child.id).join_from(parent, parent.children),
            select(Shop.id).where(exists(select(sums.id))),
        )
    ]

    assert [merchant_classes()] * 3 == found
    assert set(mapped.values()) <= set(merchant_classes())
    assert (child,) == classes_in(select(child))


def test_a_class_that_is_mapped_late() -> None:
    """A plugin's class is known as soon as it is there."""
    before = set(merchant_classes())
    table: Any = type(
        "ScratchLate",
        (MerchantTable,),
        {
            "__annotations__": {"id": int},
            "__tablename__": "scratch_late",
            "id": Field(primary_key=True),
            "__module__": __name__,
        },
        table=True,
    )

    after = set(merchant_classes())
    SQLModel.metadata.remove(table.__table__)
    SQLModel._sa_registry._dispose_cls(table)

    assert table in after - before


def test_columns_of_the_keys() -> None:
    """A plain column of a plain table needs no second look."""
    assert isinstance(OrderLine.__table__.c.id, Column)
    assert (OrderLine,) == classes_in(select(OrderLine))
