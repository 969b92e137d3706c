"""Run by the clients' environment: calls of `pyjos` against a base URL, as JSON."""

import json
import sys
import time
from datetime import datetime
from types import SimpleNamespace

from pyjos import client as module

job = json.load(sys.stdin)
offset = job["now"] - time.time()


class Shifted(datetime):
    """The client tells the sandbox's time; how it writes a time stays its own."""

    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time() + offset, tz)


module.datetime = Shifted
client = module.JdClient()
client.server_url = job["base_url"]
client.app_key, client.app_secret = job["app_key"], job["app_secret"]
# pyjos.request can't be imported as it was published, but an object with these two is a request.
requests = [
    SimpleNamespace(api_method_name=method, api_params=json.dumps(asked))
    for method, asked in job["calls"]
]
json.dump([client.execute(each, job["access_token"]) for each in requests], sys.stdout)
