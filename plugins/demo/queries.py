"""The `demo` namespace: where the demo's data comes from, and that nothing of it is lost."""

from decimal import Decimal

import strawberry

from core.graph.context import Info
from core.graph.fields import field
from core.graph.scalars import Money, money
from plugins.demo.repository import Account, Counted, account

LINES = 541_909
INVOICES = 25_900
CITATION = (
    "Chen, D. (2015). Online Retail. UCI Machine Learning Repository, "
    "DOI 10.24432/C5BW33. CC BY 4.0."
)
NOTICE = (
    "An emulation: invoices of one UK shop, divided by customer among five shops on Taobao, JD, "
    "Pinduoduo, Douyin and Xiaohongshu (the division is made up), moved by whole weeks, pounds "
    "shown as yuan one to one. Traffic, ad spend, stock and reviews are synthetic."
)
# Lines, invoices and sum of quantity x price of each class, as counted in the data set itself.
# The wire's two decimals turn four prices of 0.001 into 0.00: the sum is 0.004 less in the tables.
PUBLISHED = {
    "known_orders": ("order lines, customer known", 397_884, 18_532, "8911407.904"),
    "guest_orders": ("order lines, guest", 132_219, 1_427, "1744214.580"),
    "known_refunds": ("refund lines, customer known", 8_905, 3_654, "-611342.090"),
    "guest_refunds": ("refund lines, guest", 383, 182, "-285470.400"),
    "adjustments": ("adjustment lines", 2_518, 2_105, "-11062.060"),
}


@strawberry.type(description="One class of the data set: what it holds, and what the tables hold.")
class AccountClass:
    name: str = strawberry.field(description="The class.")
    lines: int = strawberry.field(description="Lines found in the tables.")
    invoices: int = strawberry.field(description="Invoices found in the tables.")
    amount: Money = strawberry.field(description="Sum of quantity times price in the tables.")
    published_lines: int = strawberry.field(description="Lines in the data set.")
    published_invoices: int = strawberry.field(description="Invoices in the data set.")
    published_amount: Decimal = strawberry.field(description="Sum in the data set.")


@strawberry.type(description="Every line and invoice of the data set accounted for.")
class DemoAccount:
    citation: str = strawberry.field(description="Source and licence of the data.")
    notice: str = strawberry.field(description="What is emulated and what is synthetic.")
    classes: list[AccountClass] = strawberry.field(description="The classes of the data set.")
    lines: int = strawberry.field(description="Lines found in the tables.")
    invoices: int = strawberry.field(description="Invoices found in the tables.")
    quarantined: int = strawberry.field(description="Records that could not be used.")
    unexplained_lines: int = strawberry.field(description="Lines of the data set not found.")
    unexplained_invoices: int = strawberry.field(description="Invoices not found.")


@strawberry.type(description="Where the demo's data comes from, and that nothing is lost.")
class DemoQuery:
    @field(
        permission="demo:read",
        description="What became of every line of the demo's data set; null without a demo.",
    )
    async def accounting(self, info: Info) -> DemoAccount | None:
        found = await info.context.db.read(info.context.merchant_id, account)
        return None if found is None else _account(found)


def _account(found: Account) -> DemoAccount:
    classes = [_class(getattr(found, key), *published) for key, published in PUBLISHED.items()]
    lines = sum(each.lines for each in classes)
    invoices = sum(each.invoices for each in classes)
    return DemoAccount(
        citation=CITATION,
        notice=NOTICE,
        classes=classes,
        lines=lines,
        invoices=invoices,
        quarantined=found.quarantined,
        unexplained_lines=LINES - lines,
        unexplained_invoices=INVOICES - invoices,
    )


def _class(found: Counted, name: str, lines: int, invoices: int, amount: str) -> AccountClass:
    return AccountClass(
        name=name,
        lines=found.lines,
        invoices=found.invoices,
        amount=money(found.amount, "CNY"),
        published_lines=lines,
        published_invoices=invoices,
        published_amount=Decimal(amount),
    )
