"""`python -m tests.benchmarks.ingest.sandboxes PLATFORM ORDERS PORT`: a filled sandbox, served."""

import sys
from typing import Any

import uvicorn
from starlette.responses import Response

from tests.benchmarks.servers import Launch
from tests.plugins.marketplaces.busy import PLATFORMS

LIVE = "/_live"


def launch(platform: str, orders: int) -> Launch:
    """How that process is started."""
    module = ("-m", "tests.benchmarks.ingest.sandboxes")
    return Launch((sys.executable, *module, platform, str(orders), "{port}"), live=LIVE)


def _with_life_sign(app: Any) -> Any:
    async def answer(scope: Any, receive: Any, send: Any) -> None:
        await (Response() if scope["path"] == LIVE else app)(scope, receive, send)

    return answer


def main(platform: str, orders: str, port: str) -> None:
    """Serve until the process is stopped."""
    app = _with_life_sign(PLATFORMS[platform].sandbox(int(orders)))
    config = uvicorn.Config(app, port=int(port), lifespan="off", ws="none", access_log=False)
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
