"""The demo's marketplace as a process of its own.

Serves the emulated year on a free port of 127.0.0.1, prints the address, and ends when its
standard input closes, so it never outlives the demo. It keeps trades for longer than Taobao's
three months, because the demo pulls a whole year.
"""

import os
import sys
from datetime import datetime, timedelta

from core.marketplace.sandbox import serve
from plugins.demo.emulation import Emulation
from plugins.marketplaces.taobao.sandbox import TopSandbox, TopShop

RETENTION = timedelta(days=5 * 365)
CREDENTIALS = {
    "app_key": "demo",
    "app_secret": "demo-secret",
    "session": "demo-session",
    "refresh_token": "demo-refresh",
}
"""They open nothing but this sandbox, on this machine."""


def make_sandbox(anchor: datetime) -> TopSandbox:
    """A sandbox with the emulated shop in it."""
    year = Emulation(anchor)
    shop = TopShop(
        app_key=CREDENTIALS["app_key"],
        app_secret=CREDENTIALS["app_secret"],
        session=CREDENTIALS["session"],
        refresh_token=CREDENTIALS["refresh_token"],
        trades=year.trades,
        refunds=year.refunds,
        items=year.items,
        rates=year.rates,
    )
    return TopSandbox(shop, retention=RETENTION)


def main(anchor: str) -> None:
    """Serve until the standard input closes."""
    with serve(make_sandbox(datetime.fromisoformat(anchor)).app) as address:
        print(address, flush=True)
        sys.stdin.read()
        os._exit(0)  # whatever request is still being answered
