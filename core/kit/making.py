"""Makes a plugin: the template's files, with the names that follow from the plugin's."""

import re
from collections.abc import Iterator
from pathlib import Path

from core.errors import InputError
from core.registry.offer import is_plugin_name

TEMPLATE = Path(__file__).parent / "template"
LONGEST = 24
_NOT_COPIED = {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}


class Names:
    """Everything that a plugin's name becomes: `supplier-rating` in all its spellings.

    InputError when it does not do as a name.
    """

    def __init__(self, plugin: str) -> None:
        if not is_plugin_name(plugin) or len(plugin) > LONGEST:
            raise InputError(
                f"{plugin!r} does not do as a plugin's name: at most {LONGEST} lower case letters "
                "and digits, a letter first, with - or _ between words."
            )
        words = re.split(r"[-_]", plugin)
        self.plugin = plugin
        self.snake = "_".join(words)
        self.pascal = "".join(word.capitalize() for word in words)
        self.camel = self.pascal[0].lower() + self.pascal[1:]

    @property
    def spellings(self) -> dict[str, str]:
        """How the template spells the name, and what stands there in the plugin."""
        return {
            "plugin-name": self.plugin,
            "plugin_name": self.snake,
            "PLUGIN_NAME": self.snake.upper(),
            "PluginName": self.pascal,
            "pluginName": self.camel,
        }

    def put(self, text: str) -> str:
        """The template's text with this name in it."""
        for spelling, word in self.spellings.items():
            text = text.replace(spelling, word)
        return text


def make_plugin(name: str, into: Path) -> Path:
    """Write a new plugin to `<into>/opsgraph-<name>`; returns that folder.

    InputError also when the folder is there already.
    """
    names = Names(name)
    folder = into / f"opsgraph-{name}"
    if folder.exists():
        raise InputError(f"{folder} is there already; choose another place with --into.")
    for source in _files(TEMPLATE):
        target = folder / names.put(str(source.relative_to(TEMPLATE)))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(names.put(source.read_text("utf-8")), "utf-8")
    return folder


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name not in _NOT_COPIED:
            yield from _files(path)
        elif path.is_file():
            yield path
