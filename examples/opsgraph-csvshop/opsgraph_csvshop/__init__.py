"""CSV shop: orders of a shop that offers them as CSV files over HTTP."""

from collections.abc import Sequence
from datetime import timedelta

from core.marketplace.contract import Marketplace, Stream, StreamKind
from core.plugin import About, Command, hookimpl

from opsgraph_csvshop.adapter import CsvShopAdapter
from opsgraph_csvshop.sandbox import sandbox_arguments, serve_sandbox

STREAMS = (
    Stream(
        "orders",
        StreamKind.BY_UPDATE,
        window=timedelta(days=31),
        retention=timedelta(days=365),
        every=timedelta(minutes=15),
    ),
)


@hookimpl
def opsgraph_about() -> About:
    return About(api=">=1.0,<2")


@hookimpl
def opsgraph_marketplaces() -> Sequence[Marketplace]:
    return [
        Marketplace(
            name="csvshop",
            title="CSV shop",
            streams=STREAMS,
            adapter=CsvShopAdapter,
            credentials=("api_key",),
            currency="EUR",
            time_zone="Europe/Berlin",
            requests_per_second=50,
        )
    ]


@hookimpl
def opsgraph_commands() -> Sequence[Command]:
    return [
        Command("csvshop-sandbox", "Serve a CSV shop to try.", serve_sandbox, sandbox_arguments)
    ]
