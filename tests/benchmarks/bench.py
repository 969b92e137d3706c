"""What all parts of a run share: options, the PostgreSQL server, and the data, made when needed."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from tests.benchmarks.cluster import BenchCluster, BenchDatabase
from tests.benchmarks.data import Merchant, Size, make_database, read_merchants
from tests.benchmarks.load import Contestant, Round, interleave, warm_up

MERCHANTS = 20
DEEP_MERCHANT = MERCHANTS + 1


@dataclass(frozen=True)
class Options:
    """What a run is to do. `orders` are those of all merchants in the main database."""

    questions: tuple[str, ...]
    peers: tuple[str, ...]
    orders: int
    rounds: int
    seconds: int

    @property
    def deep(self) -> int:
        """How many rows lie before the deep page: 100,000 in a full run."""
        return self.orders // 2


@dataclass(frozen=True)
class Dataset:
    """A filled database and its merchants."""

    database: BenchDatabase
    merchants: list[Merchant]


class Bench:
    """One run. Databases are filled when a part first asks for them."""

    def __init__(self, cluster: BenchCluster, options: Options) -> None:
        self.cluster = cluster
        self.options = options

    @cached_property
    def main(self) -> Dataset:
        """The orders of 20 merchants that all peers are asked about."""
        return self._make("bench_main", Size(self.options.orders // MERCHANTS))

    @cached_property
    def large(self) -> Dataset:
        """Ten times the orders, and a 21st merchant with enough of them for the deep page."""
        deep = Size(self.options.deep * 11 // 10, merchants=1, first=DEEP_MERCHANT)
        return self._make("bench_large", Size(10 * self.options.orders // MERCHANTS), deep)

    def measure(self, contestants: Sequence[Contestant], warm: int = 2) -> dict[str, list[Round]]:
        """Rounds of these contestants in turn, after some seconds of load on each."""
        options, pid = self.options, self.cluster.pid
        for contestant in contestants if warm else ():
            warm_up(contestant, warm)
        return interleave(contestants, pid, options.rounds, options.seconds)

    @contextmanager
    def scratch(self, name: str, *sizes: Size) -> Iterator[BenchDatabase]:
        """A database that goes at the end of the block."""
        yield make_database(self.cluster, name, *sizes)
        self.cluster.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _make(self, name: str, *sizes: Size) -> Dataset:
        begun = time.monotonic()
        total = sum(size.orders * size.merchants for size in sizes)
        say(f"filling {name} with {total:,} orders …")
        database = make_database(self.cluster, name, *sizes)
        numbers = range(1, max(size.first + size.merchants for size in sizes))
        dataset = Dataset(database, read_merchants(database, numbers))
        say(f"filled in {time.monotonic() - begun:.0f} s")
        return dataset


def say(text: str) -> None:
    """Tell how far the run is."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")
