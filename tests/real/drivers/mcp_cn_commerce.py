"""Run by the clients' environment: calls of `mcp-cn-commerce` against a base URL, as JSON."""

import asyncio
import importlib
import json
import sys
import time
from datetime import datetime

SERVERS = {
    "jd": "JDMCP",
    "taobao": "TaobaoMCP",
    "pinduoduo": "PinduoduoMCP",
    "doudian": "DouDianClient",
    "xiaohongshu": "XiaohongshuMCP",
}


def shift_clock(module, now):
    """The client tells the sandbox's time; how it writes a time stays its own."""
    offset, real = now - time.time(), time.time

    class Shifted(datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(time.time(), tz)

    time.time = lambda: real() + offset
    module.datetime = Shifted


async def main(job):
    module = importlib.import_module(f"servers.{job['server']}.client")
    shift_clock(module, job["now"])
    client = getattr(module, SERVERS[job["server"]])(**job["credentials"])
    client.BASE_URL = job["base_url"]
    call = client.request if job["server"] == "doudian" else client._call
    return [await call(*each) for each in job["calls"]]


json.dump(asyncio.run(main(json.load(sys.stdin))), sys.stdout)
