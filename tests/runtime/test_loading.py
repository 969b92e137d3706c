"""What a third party must bring to be let in, and that one who does not is put aside alone."""

import logging

import pytest
from sqlmodel import SQLModel

import gateway
from core.graph.schema import compose
from core.registry import Registry, load_plugins, loading
from tests.distributions import Distributions
from tests.runtime.lamps import SOURCE

NO_ABOUT = """
import types
@hookimpl
def opsgraph_about():
    return None
"""
NEWER = """
@hookimpl
def opsgraph_about():
    return About(api=">=2,<3")
"""
NO_RANGE = NEWER.replace(">=2,<3", "two")
FOREIGN = SOURCE.replace('permission="lamps:read", description="A lamp that takes',
                         'permission="orders:read", description="A lamp that takes')  # fmt: skip
OPEN = SOURCE.replace('description="Lamps.", permission="lamps:read"', 'description="Lamps."')
NAMELESS = SOURCE.replace("lamps_light(self)", "light_up(self)")
JOB = SOURCE.replace('Job("lamps.burn"', 'Job("burn"')
ROUTE = SOURCE.replace('HttpRoute("/show"', 'HttpRoute("show"')
STRANGE_TABLE = """
from sqlmodel import SQLModel
from core.models.base import MerchantTable

class Forgotten(MerchantTable, table=True):
    __tablename__ = "forgetful_tables"
"""


def load(third_parties: bool = True) -> Registry:
    return load_plugins(gateway.BUILT_IN, None, third_parties, check=compose)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (NO_ABOUT, "does not say which versions of the plugin API it works with"),
        (NEWER, "works with the plugin API >=2,<3, and this is 1."),
        (NO_RANGE, "'two' is no range of versions"),
        (FOREIGN, "'slow' asks for the permission 'orders:read', which is not one of its own"),
        (OPEN, " asks for the permission '', which is not one of its own"),
        (NAMELESS, "the mutation 'lightUp' must carry the plugin's name, as in 'updateLamps…'"),
        (JOB, "the job 'burn' must be called lamps.'burn'"),
        (ROUTE, "the route 'show' does not begin with a slash"),
    ],
    ids=["no about", "newer", "no range", "foreign", "open", "nameless", "job", "route"],
)
def test_what_is_not_let_in(distributions: Distributions, source: str, reason: str) -> None:
    """A plugin that breaks a rule of the contract is told which one."""
    distributions.install("lamps", source)

    state = load().plugins[-1]

    assert ("lamps", "put aside") == (state.name, state.word)
    assert reason in f"{state.reason}"


def test_a_table_that_nobody_names(distributions: Distributions) -> None:
    """Every table that a plugin's code declares belongs to its component."""
    distributions.install("forgetful", STRANGE_TABLE)

    state = load().plugins[-1]
    SQLModel.metadata.remove(SQLModel.metadata.tables["forgetful_tables"])

    assert "has tables that its component does not name: forgetful_tables" in f"{state.reason}"


def test_one_that_hangs(distributions: Distributions, monkeypatch: pytest.MonkeyPatch) -> None:
    """An import that does not end is given up, and the rest starts."""
    monkeypatch.setattr(loading, "LOAD_SECONDS", 0.2)
    distributions.install("lamps", "import time\ntime.sleep(1)")

    state = load().plugins[-1]

    assert "its import and hooks took longer than 0.2 seconds" in f"{state.reason}"


def test_start_without_third_parties(distributions: Distributions) -> None:
    """The switch leaves them all out, without importing any, and says so."""
    distributions.install("lamps", "raise RuntimeError('imported!')")

    state = load(third_parties=False).plugins[-1]

    assert ("off", "OPSGRAPH_THIRD_PARTIES is off") == (state.word, state.reason)


def test_what_it_contributes(distributions: Distributions) -> None:
    """The list of plugins says what each brings, its API range, and how long it took."""
    distributions.install("lamps", SOURCE)

    state = load().plugins[-1]

    assert (">=1.0,<2", True) == (state.api, state.milliseconds > 0)
    assert {
        "metric lamps_lit", "permission lamps:read", "permission lamps:write", "job lamps.burn",
        "query namespace lamps", "route GET /plugins/lamps/show", "fields on Order",
        "listener of changes",
    } == set(state.contributes)  # fmt: skip


def test_the_one_to_blame(distributions: Distributions, caplog: pytest.LogCaptureFixture) -> None:
    """Among many, the one whose types do not fit is found and put aside, and no other."""
    broken = SOURCE.replace('description="Lamps.")\nclass LampsQuery', ")\nclass Order").replace(
        "query=LampsQuery", "query=Order"
    )
    for name in ("kites", "lamps", "mugs", "zithers"):
        text = broken if name == "mugs" else SOURCE
        text = text.replace("lamps", name).replace("LampsLight", f"{name.title()}Light")
        text = text.replace("LampsQuery", f"{name.title()}Query").replace("LampsMut", "Mut")
        text = text.replace("lamp =", f"{name}_lamp =").replace(
            "light(self)", f"{name}_light(self)"
        )
        text = text.replace("lights(context", f"{name}_lights(context")
        text = text.replace(f"{name}_{name}_light", f"{name}_light")
        distributions.install(name, text)

    with caplog.at_level(logging.WARNING):
        registry = load()

    assert ["kites", "lamps", "zithers"] == registry.third_parties
    assert "Plugin mugs 1.0 is put aside" in caplog.text
