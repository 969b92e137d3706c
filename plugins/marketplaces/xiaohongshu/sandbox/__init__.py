"""An ARK gateway for tests and the demo: checks what ARK checks, shows what its feeds hold.

`ArkSandbox(ArkShop(...)).app` is the ASGI app; the gateway answers on every path but `/_sandbox`.
"""

from plugins.marketplaces.xiaohongshu.sandbox.app import ArkSandbox
from plugins.marketplaces.xiaohongshu.sandbox.shop import ArkShop

__all__ = ["ArkSandbox", "ArkShop"]
