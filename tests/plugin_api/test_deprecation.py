"""What goes away warns first: its users go on working, and everybody sees who they are."""

from functools import partial
from types import ModuleType

import pytest

import gateway
from core import hookspecs
from core.graph.schema import compose
from core.published.deprecation import (
    OldName,
    PluginApiDeprecationWarning,
    going,
    old_names,
)
from core.published.reference import deprecation_of
from core.registry import Offer, PluginState, load_plugins
from core.testing.stand import load_registry
from tests.distributions import Distributions
from tests.graphql import Api

COLOURS = going("The hook opsgraph_colours", since="1.3", gone="2.0", instead="opsgraph_settings")
HOOK = """
@hookimpl
def opsgraph_colours():
    return ["red"]
"""
NAME = """
import lantern_api
from lantern_api import Lamp
assert Lamp is lantern_api.Lantern
"""
OTHER = """
import warnings
warnings.warn("Wicks are short.", UserWarning)
"""
API = """
from core.published.deprecation import OldName, old_names

class Lantern:
    pass

__getattr__ = old_names(__name__, {"Lamp": OldName("lantern_api:Lantern", since="1.3", gone="2.0")})
"""
NOTE_HOOK = (
    "The hook opsgraph_colours is deprecated since plugin API 1.3 and goes away with 2.0: "
    "use opsgraph_settings. (lamps.py, line "
)
NOTE_NAME = (
    "lantern_api.Lamp is deprecated since plugin API 1.3 and goes away with 2.0: "
    "use lantern_api.Lantern. (lamps.py, line "
)


def specs() -> ModuleType:
    """The hooks of the house, and an old one."""
    made = ModuleType("specs")
    vars(made).update({k: v for k, v in vars(hookspecs).items() if k.startswith("opsgraph_")})

    @hookspecs.hookspec(warn_on_impl=COLOURS)
    def opsgraph_colours() -> list[str]:  # type: ignore[empty-body]
        """Colours."""

    vars(made)["opsgraph_colours"] = opsgraph_colours
    return made


def load(distributions: Distributions, source: str) -> PluginState:
    """How the plugin `lamps` fares with this source."""
    (distributions.folder / "lantern_api.py").write_text(API)
    distributions.install("lamps", source)
    registry = load_plugins(gateway.BUILT_IN, check=compose, read=partial(Offer, specs=specs()))
    [state] = [each for each in registry.plugins if each.name == "lamps"]
    return state


@pytest.mark.parametrize(
    ("source", "notes"),
    [(HOOK, [NOTE_HOOK]), (NAME, [NOTE_NAME]), (NAME + HOOK, [NOTE_NAME, NOTE_HOOK]), ("", [])],
    ids=["hook", "name", "both", "neither"],
)
def test_notes(
    distributions: Distributions,
    caplog: pytest.LogCaptureFixture,
    source: str,
    notes: list[str],
) -> None:
    """An implemented old hook or an imported old name is noted once, and the plugin works."""
    state = load(distributions, source)

    assert state.active, state.reason
    assert notes == [note[: len(start)] for note, start in zip(state.notes, notes, strict=True)]
    assert [f"Plugin lamps: {note}" for note in state.notes] == caplog.messages


def test_notes_of_a_plugin_that_fails(distributions: Distributions) -> None:
    """A plugin that is put aside keeps its notes: they may be the reason soon."""
    state = load(distributions, HOOK + "\n@hookimpl\ndef opsgraph_jobs():\n    return 1 / 0\n")

    assert (False, 1) == (state.active, len(state.notes))


def test_other_warnings(distributions: Distributions) -> None:
    """What else a plugin warns of stays a warning."""
    with pytest.warns(UserWarning, match="Wicks are short"):
        state = load(distributions, "import warnings\nwarnings.simplefilter('always')\n" + OTHER)

    assert (True, ()) == (state.active, state.notes)


def test_old_names() -> None:
    """An old name gives what it stands for and warns its importer; an unknown one is none."""
    find = old_names("core.old", {"Row": OldName("core.graph.fields:Row", "1.1", "2.0", "a dict")})

    with pytest.warns(PluginApiDeprecationWarning, match=r"core.old.Row .* 1.1 .* 2.0: use a dict"):
        found = find("Row")

    assert found is __import__("core.graph.fields", fromlist=["Row"]).Row
    with pytest.raises(AttributeError, match=r"module 'core\.old' has no attribute 'row'"):
        find("row")


def test_the_reference_says_it() -> None:
    """An old hook's place in the reference begins with the warning."""
    assert f"**Deprecated.** {COLOURS}\n\n" == deprecation_of(specs().opsgraph_colours)


def test_notes_on_the_bench(distributions: Distributions) -> None:
    """A plugin's own tests are warned, so that they can fail of it."""
    (distributions.folder / "lantern_api.py").write_text(API)
    distributions.install("lamps", NAME)

    with pytest.warns(PluginApiDeprecationWarning, match=r"lamps: lantern_api\.Lamp is deprecated"):
        load_registry({})


@pytest.mark.anyio
async def test_notes_in_the_graph(distributions: Distributions, api: Api, merchant_id: int) -> None:
    """`query { plugins { notes } }` shows them."""
    (distributions.folder / "lantern_api.py").write_text(API)
    distributions.install("lamps", HOOK)
    registry = load_plugins(gateway.BUILT_IN, check=compose, read=partial(Offer, specs=specs()))
    house = Api(api.settings, api.database, registry, compose(registry))

    answer = await house.ask("{ plugins { name notes } }", token=api.token(merchant_id))

    shown = {plugin["name"]: plugin["notes"] for plugin in answer.data["plugins"]}
    assert shown["traffic"] == []
    [note] = shown["lamps"]
    assert note.startswith(NOTE_HOOK)
