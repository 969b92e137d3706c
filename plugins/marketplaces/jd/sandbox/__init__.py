"""A JOS gateway for tests and the demo: checks what JD checks, shows what its feeds hold.

`JosSandbox(JosShop(...)).app` is the ASGI app; `/oauth2/refresh_token` renews tokens, and the
gateway answers on every other path but `/_sandbox`.
"""

from plugins.marketplaces.jd.sandbox.app import JosSandbox
from plugins.marketplaces.jd.sandbox.shop import JosShop

__all__ = ["JosSandbox", "JosShop"]
