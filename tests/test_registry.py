"""Third parties' plugins: what works is used, what does not is put aside with its reason."""

import logging
from importlib import import_module

import pytest

import gateway
from core.errors import ConfigurationError
from core.graph.schema import compose
from core.registry import PluginState, Registry, load_plugins
from tests.distributions import Distributions
from tests.graphql import Api, built_in
from tests.tiny import make_plugin

GOOD = """
@hookimpl
def opsgraph_permissions():
    return [Permission("lamps:read", "See lamps.")]

@hookimpl
def opsgraph_examples():
    return [Example("Lamps", "{ viewer { role } }")]
"""
METRIC = """
@hookimpl
def opsgraph_metrics():
    return [Metric(key="gmv", zh="灯", en="Lamps", unit="count", direction="up", definition="lamps",
                   evaluate=None)]
"""
FIELD = """
import strawberry
from core.graph.fields import field

@strawberry.type
class Fields:
    @field(permission="lamps:read", description="Taken.")
    async def number(self) -> str:
        return ""

@hookimpl
def opsgraph_schema():
    return SchemaPart(extends=(FieldExtension("Order", Fields),))

@hookimpl
def opsgraph_permissions():
    return [Permission("lamps:read", "See lamps.")]
"""
OWN = """
@hookimpl
def opsgraph_permissions():
    return [Permission("tokens:write", "Take over.", ("analyst",))]
"""
TYPE = """
import strawberry
from core.graph.fields import field

@strawberry.type(description="Another one.")
class Order:
    @field(permission="lamps:read", description="A name that is taken.")
    async def lamp(self) -> str:
        return ""

@hookimpl
def opsgraph_schema():
    return SchemaPart(namespace="lamps", query=Order, permission="lamps:read")

@hookimpl
def opsgraph_permissions():
    return [Permission("lamps:read", "See lamps.")]
"""
TABLES = """
@hookimpl
def opsgraph_component():
    return Component(name="lamps", migrations="", tables=frozenset({"orders"}))
"""


def load(allowed: str | None = None) -> Registry:
    """The house's plugins, as `gateway.build` loads them."""
    return load_plugins(gateway.BUILT_IN, allowed, check=compose)


def state_of(registry: Registry, name: str) -> PluginState:
    [state] = [each for each in registry.plugins if each.name == name]
    return state


def test_a_plugin_that_works(distributions: Distributions) -> None:
    """An installed plugin takes part, with its version and the first line of its docstring."""
    distributions.install("lamps", GOOD, "2.5")

    registry = load()

    assert PluginState(
        "lamps", "2.5", False, True, "The plugin lamps.", None, api=">=1.0,<2",
        contributes=("permission lamps:read",),
    ) == state_of(registry, "lamps")  # fmt: skip
    assert "lamps:read" in registry.permissions
    assert "Lamps" == registry.examples[-1].title


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise RuntimeError('no lamp')", "RuntimeError: no lamp"),
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("def broken(:", "SyntaxError: "),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("@hookimpl\ndef opsgraph_shcema():\n    return None", "PluginValidationError: "),
        ("@hookimpl\ndef opsgraph_metrics(metrics):\n    return []", "PluginValidationError: "),
        ("@hookimpl\ndef opsgraph_metrics():\n    return 1 / 0", "ZeroDivisionError: "),
        ("@hookimpl\ndef opsgraph_metrics():\n    return 5", "TypeError: "),
        (METRIC, "Plugin 'lamps' offers the metric 'gmv', which 'analytics' has already."),
        (OWN, "Plugin 'lamps' offers the permission 'tokens:write', which 'core' has already."),
        (FIELD, "Plugin 'lamps' adds Order.number, which 'core' has already."),
        (TYPE, "DuplicatedTypeName"),
        (TABLES, "has tables without its prefix 'lamps'_: orders."),
    ],
    ids=lambda value: value[-40:].strip(),
)
def test_a_plugin_that_does_not(
    distributions: Distributions, caplog: pytest.LogCaptureFixture, source: str, reason: str
) -> None:
    """A broken plugin is put aside whole, with its reason, and everything else starts."""
    distributions.install("lamps", source)
    distributions.install("zithers", GOOD.replace("lamps", "zithers"))

    with caplog.at_level(logging.WARNING):
        registry = load()

    state = state_of(registry, "lamps")
    assert not state.active
    assert reason in f"{state.reason}"
    assert "Plugin lamps 1.0 is put aside" in caplog.text
    assert state_of(registry, "zithers").active
    assert "lamps" not in registry.owners.values()
    compose(registry)


def test_only_allowed_plugins_load(distributions: Distributions) -> None:
    """With OPSGRAPH_PLUGINS set, what it does not name is not even imported."""
    distributions.install("lamps", GOOD)
    distributions.install("kites", "raise RuntimeError('imported!')")

    registry = load("zithers, lamps ")

    assert state_of(registry, "lamps").active
    assert "not named in OPSGRAPH_PLUGINS" == state_of(registry, "kites").reason
    assert [False] == [s.active for s in load("").plugins if s.name == "lamps"]


def test_two_that_clash(distributions: Distributions) -> None:
    """Of two that offer the same, the first by name is used; the other learns whose it is."""
    distributions.install("lamps", GOOD)
    distributions.install("torches", GOOD)

    registry = load()

    assert state_of(registry, "lamps").active
    assert "which 'lamps' has already" in f"{state_of(registry, 'torches').reason}"


def test_a_built_in_that_breaks_stops_the_boot(distributions: Distributions) -> None:
    """What comes with opsgraph must work: an error there is not put aside."""
    distributions.install("lamps", "raise RuntimeError('no lamp')")

    with pytest.raises(RuntimeError, match="no lamp"):
        load_plugins([*gateway.BUILT_IN, "lamps"], third_parties=False)


def test_the_same_name_twice_in_one_plugin() -> None:
    """A plugin that offers two things of one name is told so, rather than losing one."""
    metric = built_in().metrics["gmv"]
    plugin = make_plugin(metrics=[metric, metric])

    with pytest.raises(ConfigurationError, match="Plugin 'tiny' offers the metric 'gmv' twice"):
        Registry().add_built_in("tiny", plugin)


@pytest.mark.anyio
async def test_plugins_in_the_graph(
    distributions: Distributions, api: Api, merchant_id: int
) -> None:
    """`query { plugins }` shows every plugin, those put aside with their reason."""
    distributions.install("lamps", "raise RuntimeError('no lamp')", "0.3")
    registry = load()
    house = Api(api.settings, api.database, registry, compose(registry))

    answer = await house.ask(
        "{ plugins { name version builtIn active summary reason } }", token=api.token(merchant_id)
    )

    shown = {plugin["name"]: plugin for plugin in answer.data["plugins"]}
    assert {name.rpartition(".")[2] for name in gateway.BUILT_IN} | {"lamps"} == set(shown)
    assert {
        "name": "lamps", "version": "0.3", "builtIn": False, "active": False, "summary": "",
        "reason": "RuntimeError: no lamp",
    } == shown["lamps"]  # fmt: skip
    assert shown["traffic"]["active"]
    assert shown["traffic"]["builtIn"]


def test_hooks_for_third_parties(distributions: Distributions) -> None:
    """Tables, rollups, personal data and changes, which no built-in needs, reach the registry."""
    distributions.install(
        "lamps",
        """
from core.ingest.standard import CORE_ROLLUPS
heard = []

@hookimpl
def opsgraph_component():
    return Component(name="lamps", migrations="", tables=frozenset({"lamps_lamps"}))

@hookimpl
def opsgraph_rollups():
    return list(CORE_ROLLUPS)

@hookimpl
def opsgraph_personal_data():
    return [PersonalDataStore("lamps_lamps", "Who bought lamps.", erase=len)]

@hookimpl
def opsgraph_changes(changes):
    heard.append(changes)
""",
    )

    registry = load()
    registry.listeners["lamps"]("news", None)  # type: ignore[arg-type]

    assert "lamps" in registry.components
    assert ["lamps_lamps"] == [store.table for store in registry.personal_data]
    assert len(built_in().rollups) * 2 == len(registry.rollups)
    assert ["news"] == import_module("lamps").heard
