"""A Doudian gateway for tests and the demo: checks what Doudian checks, shows what its feeds hold.

`DoudianSandbox(DoudianShop(...)).app` is the ASGI app; the gateway answers on every path but
`/_sandbox`. `AdsSandbox(...)` is the host of the ad reports, `Pusher(...)` sends its messages.
"""

from plugins.marketplaces.douyin.sandbox.ads import AdsSandbox, Advertiser
from plugins.marketplaces.douyin.sandbox.app import DoudianSandbox
from plugins.marketplaces.douyin.sandbox.push import Pusher
from plugins.marketplaces.douyin.sandbox.shop import DoudianShop

__all__ = ["AdsSandbox", "Advertiser", "DoudianSandbox", "DoudianShop", "Pusher"]
