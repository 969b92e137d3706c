"""Files that belong together: the rows of one beside those of another."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.importing.recognition import Recognised, UnrecognisedFileError
from core.importing.sheet import Line
from core.marketplace.errors import MappingError
from core.marketplace.exports.layout import Companion, Layout


@dataclass(frozen=True)
class Row:
    """A row whose cells could be read."""

    line: Line
    values: Mapping[str, Any]


@dataclass
class Beside:
    """The rows of a companion file by their key.

    wrong: by key, the first row that cannot be read. mask: a row as payloads keep it. left_out: how
    many rows are notes or sums. used: keys that a row of the other file has.
    """

    name: str
    companion: Companion
    file: Recognised
    rows: Mapping[str, Sequence[Row]]
    wrong: Mapping[str, MappingError]
    mask: Callable[[Line], Mapping[str, str]]
    left_out: int = 0
    used: set[str] = field(default_factory=set)

    @property
    def field(self) -> str:
        """Where a row of the other file has them."""
        return self.companion.part.name

    def take(self, key: str) -> Sequence[Row]:
        """The rows of a key; MappingError when one of them cannot be read."""
        self.used.add(key)
        if key in self.wrong:
            raise self.wrong[key]
        return self.rows.get(key, ())

    @property
    def note(self) -> str:
        """What a person needs to know of it: its columns, and rows that nothing takes."""
        count = sum(map(len, self.rows.values()))
        used = ", ".join(f"{use.header} → {use.column.field}" for use in self.file.uses)
        homeless = sum(len(rows) for key, rows in self.rows.items() if key not in self.used)
        homeless += sum(key not in self.used for key in self.wrong)
        text = f"{self.name} is taken as {self.companion.part.title}: {count:,} rows; {used}."
        if self.file.unused:
            unused = "; ".join(f"{each.header}: {each.why}" for each in self.file.unused)
            text += f" Not used: {unused}."
        if homeless:
            text += f" {homeless:,} of its rows belong to no row of this file and are left out."
        if self.left_out:
            text += f" {self.left_out:,} of its rows are notes or sums and are left out."
        return text


@dataclass(frozen=True)
class Together:
    """A recognised file with the companions that were given with it."""

    name: str
    file: Recognised
    companions: tuple[tuple[Companion, str, Recognised], ...] = ()


def part_layouts(layouts: Sequence[Layout]) -> dict[str, Layout]:
    """The parts that layouts know, by name, as layouts: a file is recognised as one like any."""
    return {
        each.part.name: Layout(
            each.part.name,
            each.part.title,
            layout.stream,
            layout.record,
            each.part.columns,
            unused=each.part.unused,
        )
        for layout in layouts
        for each in layout.companions
    }


def together(
    files: Sequence[tuple[str, Recognised]], parts: Mapping[str, Layout]
) -> Iterator[Together]:
    """Files that say something by themselves, each with its companions among the others.

    Raises UnrecognisedFileError for one that lacks a companion or is none of any file.
    """
    given: dict[str, tuple[str, Recognised]] = {}
    own: list[tuple[str, Recognised]] = []
    for name, file in files:
        if parts.get(file.layout.name) != file.layout:
            own.append((name, file))
        elif file.layout.name in given:
            other, _ = given[file.layout.name]
            raise UnrecognisedFileError(f"{other} and {name} both hold {file.layout.title}.")
        else:
            given[file.layout.name] = (name, file)
    taken = {each.part.name for _, file in own for each in file.layout.companions}
    for part, (name, file) in given.items():
        if part not in taken:
            raise UnrecognisedFileError(
                f"{name} holds {file.layout.title}, which belong to rows of another file: "
                "give both at once."
            )
    for name, file in own:
        yield Together(name, file, tuple(_companions(name, file.layout, given)))


def _companions(
    name: str, layout: Layout, given: Mapping[str, tuple[str, Recognised]]
) -> Iterator[tuple[Companion, str, Recognised]]:
    for each in layout.companions:
        if each.part.name in given:
            yield (each, *given[each.part.name])
        elif each.required:
            raise UnrecognisedFileError(
                f"{name} holds {layout.title}; that needs the file with {each.part.title} too: "
                "give both at once."
            )
