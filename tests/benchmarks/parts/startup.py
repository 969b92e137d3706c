"""How long the gateway takes to start with all plugins, and how much memory it needs idle."""

import time
from statistics import median

from tests.benchmarks.bench import Bench, say
from tests.benchmarks.peers.opsgraph import Opsgraph
from tests.benchmarks.processes import cpu_seconds, resident_bytes
from tests.benchmarks.report import limit, table
from tests.benchmarks.servers import running

STARTS = 5
MOST_SECONDS = 1.5
MOST_MEGABYTES = 150
IDLE_SECONDS = 1


def run(bench: Bench) -> str:
    """Start the gateway some times."""
    launch = Opsgraph().launch(bench.main.database)
    seconds, cpu, megabytes = [], [], []
    for number in range(STARTS):
        say(f"starting the gateway, {number + 1} of {STARTS}")
        with running("opsgraph", launch) as server:
            seconds.append(server.started_in)
            cpu.append(cpu_seconds(server.pid))
            time.sleep(IDLE_SECONDS)
            megabytes.append(resident_bytes(server.pid) / 1e6)
    rows = [
        _row("start to the first answer of /health/live, s", seconds, MOST_SECONDS, 2),
        _row("CPU until then, s", cpu, MOST_SECONDS, 2),
        _row("VmRSS of the idle process, MB", megabytes, MOST_MEGABYTES, 0),
    ]
    header = ["", "median", "lowest–highest", "at most", "verdict"]
    return f"## Start and memory\n\n{STARTS} starts with all plugins.\n\n{table(header, rows)}"


def _row(name: str, values: list[float], most: float, digits: int) -> list[str]:
    span = f"{min(values):.{digits}f}–{max(values):.{digits}f}"
    return [name, f"{median(values):.{digits}f}", span, f"{most:g}", limit(median(values), most)]
