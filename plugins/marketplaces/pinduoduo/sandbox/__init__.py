"""A PDD gateway for tests and the demo: checks what PDD checks, shows what its feeds hold.

`PddSandbox(PddShop(...)).app` is the ASGI app; the gateway answers on every path but `/_sandbox`,
messages come over WebSockets at `/message`.
"""

from plugins.marketplaces.pinduoduo.sandbox.app import PddSandbox
from plugins.marketplaces.pinduoduo.sandbox.shop import PddShop

__all__ = ["PddSandbox", "PddShop"]
