"""The demo's five marketplaces as one process of its own.

Serves each platform of the emulated year on a free port of 127.0.0.1, prints where they are and
when their data begins, and ends when its standard input closes, so it never outlives the demo.
"""

import json
import os
import sys
from contextlib import ExitStack
from datetime import datetime
from typing import TypedDict

from core.marketplace.sandbox import serve
from plugins.demo.emulation import EmulatedShop, Emulation
from plugins.demo.platforms import STANDS


class Place(TypedDict):
    """Where a platform is served, and when its orders and refunds begin (the shops' wall clock)."""

    address: str
    begins: str
    refunds_begin: str


def main(anchor: str) -> None:
    """Serve until the standard input closes."""
    shops = Emulation(datetime.fromisoformat(anchor)).shops
    with ExitStack() as served:
        places = {
            name: _place(shop, served.enter_context(serve(STANDS[name].sandbox(shop).app)))
            for name, shop in shops.items()
        }
        print(json.dumps(places), flush=True)
        sys.stdin.read()
        os._exit(0)  # whatever request is still being answered


def _place(shop: EmulatedShop, address: str) -> Place:
    return {
        "address": address,
        "begins": shop.begins.isoformat(),
        "refunds_begin": shop.refunds_begin.isoformat(),
    }
