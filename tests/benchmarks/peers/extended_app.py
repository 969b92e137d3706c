"""The gateway with a third party's plugin: `python -m … PORT`, settings from the environment."""

import sys

from core.cli.serve import run_server
from core.house import build_house
from core.settings import Settings
from gateway import BUILT_IN

if __name__ == "__main__":
    [port] = sys.argv[1:]
    house = build_house(Settings(_env_file=None), (*BUILT_IN, "tests.benchmarks.peers.notes"))
    run_server(house, "127.0.0.1", int(port), with_worker=False)
