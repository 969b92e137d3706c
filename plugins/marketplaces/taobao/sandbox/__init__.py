"""A TOP gateway for tests and the demo: checks what TOP checks, shows what its feeds hold.

`TopSandbox(TopShop(...)).app` is the ASGI app; the gateway answers on every path but `/_sandbox`.
"""

from plugins.marketplaces.taobao.sandbox.app import TopSandbox
from plugins.marketplaces.taobao.sandbox.messages import MessageQueue
from plugins.marketplaces.taobao.sandbox.shop import TopShop

__all__ = ["MessageQueue", "TopSandbox", "TopShop"]
