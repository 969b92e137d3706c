"""Mutations that take a file: what is understood of it, and storing it."""

from datetime import date
from typing import Annotated, TypeVar

import strawberry

from core.errors import InputError
from core.graph.context import Context, Info
from core.graph.declare import ref
from core.graph.fields import UserError, mutation
from core.graph.scalars import Upload, parse_id
from core.graph.types.shops import SyncRunNode
from core.importing.preview import Preview
from core.importing.run import File, Importer, RowsRefusedError, Understood

MOST_SHOWN = 200
"""Refused cells, and rows left out, that an answer shows."""
_ERRORS = "Why nothing was done; empty when it was."
T = TypeVar("T")
Given = Annotated[T, strawberry.argument(description="The file, and the shop it is of.")]


@strawberry.input(description="A file to look at.")
class PreviewImportInput:
    shop: strawberry.ID = strawberry.field(description="Global id of the shop it is of.")
    file: Upload = strawberry.field(description="A CSV, xlsx or xls file, as it was exported.")
    kind: str | None = strawberry.field(
        default=None, description="traffic, reviews, …; default: what its columns say."
    )


@strawberry.input(description="A file to import.")
class ImportFileInput:
    shop: strawberry.ID = strawberry.field(description="Global id of the shop it is of.")
    file: Upload = strawberry.field(description="A CSV, xlsx or xls file, as it was exported.")
    kind: str | None = strawberry.field(
        default=None, description="traffic, reviews, …; default: what its columns say."
    )
    skip_refused: bool = strawberry.field(
        default=False,
        description="Whether to store the rest when rows are refused; these go to quarantine.",
    )


@strawberry.type(description="A column of a file, and what it becomes.")
class ImportColumn:
    letter: str = strawberry.field(description="The column as spreadsheets name it.")
    header: str = strawberry.field(description="Its name in the file.")
    fields: list[str] = strawberry.field(description="What it becomes; empty: it is not used.")
    remark: str = strawberry.field(description="Its unit, or why it is not used.")


@strawberry.type(description="A cell that cannot be used; it refuses its row.")
class RefusedCell:
    line: int = strawberry.field(description="Its line in the file.")
    column: str = strawberry.field(description="Its column; empty: the row as a whole.")
    value: str = strawberry.field(description="What stands there; masked if it is personal.")
    expected: str = strawberry.field(description="What was expected instead.")


@strawberry.type(description="A row that is no record, such as a row of totals.")
class LeftOutRow:
    line: int = strawberry.field(description="Its line in the file.")
    why: str = strawberry.field(description="Why it is left out.")


@strawberry.type(description="A sum over all accepted rows.")
class ImportTotal:
    field: str = strawberry.field(description="Field of the records.")
    value: str = strawberry.field(description="The sum, with its currency if it is money.")
    additive: bool = strawberry.field(
        description="False for people, who may be counted in several rows."
    )


@strawberry.type(description="What was understood of a file.")
class ImportPreview:
    file: str = strawberry.field(description="Its name.")
    format: str = strawberry.field(description="csv, xlsx or xls, with encoding or sheet.")
    layout: str = strawberry.field(description="Which export it was recognised as.")
    kind: str = strawberry.field(description="What it holds: traffic, reviews, …")
    header_line: int = strawberry.field(description="The line of its header.")
    columns: list[ImportColumn] = strawberry.field(description="Its columns.")
    unfilled: list[str] = strawberry.field(
        description="Fields that the file has no column for: they stay 0 or empty."
    )
    notes: list[str] = strawberry.field(description="What was assumed.")
    rows: int = strawberry.field(description="Rows that can be used.")
    records: int = strawberry.field(description="Records that they become.")
    refused_rows: int = strawberry.field(description="Rows that cannot be used.")
    refused: list[RefusedCell] = strawberry.field(
        description=f"The cells that refuse them, {MOST_SHOWN} at the most."
    )
    left_out: list[LeftOutRow] = strawberry.field(
        description=f"Rows that are no records, {MOST_SHOWN} at the most."
    )
    first: date | None = strawberry.field(name="from", description="The first day.")
    last: date | None = strawberry.field(name="to", description="The last day.")
    totals: list[ImportTotal] = strawberry.field(description="Sums, to compare with the source.")
    shop: str = strawberry.field(description="The shop's name.")
    currency: str = strawberry.field(description="The currency of money without one.")
    time_zone: str = strawberry.field(description="The time zone of times without one.")


@strawberry.type(description="What was understood of the file; nothing is stored.")
class PreviewImportPayload:
    preview: ImportPreview | None = strawberry.field(
        default=None, description="What was understood; null when it could not be read."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="What was stored of the file.")
class ImportFilePayload:
    preview: ImportPreview | None = strawberry.field(
        default=None, description="What was understood; null when it could not be read."
    )
    run: SyncRunNode | None = strawberry.field(
        default=None, description="The run; null when nothing was stored."
    )
    changed: int = strawberry.field(default=0, description="Records that were new or changed.")
    unchanged: int = strawberry.field(default=0, description="Records that were known already.")
    quarantined: int = strawberry.field(default=0, description="Rows that went to quarantine.")
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type
class ImportMutation:
    @mutation(
        permission="imports:write",
        description="Say what would be imported of a file, which columns and rows not, and why.",
        payload=PreviewImportPayload,
    )
    async def preview_import(
        self, info: Info, input: Given[PreviewImportInput]
    ) -> PreviewImportPayload:
        given = await _understood(_importer(info.context), input)
        return PreviewImportPayload(preview=_shown(given.preview))

    @mutation(
        permission="imports:write",
        description="Import a file into a shop. The same file again changes nothing.",
        payload=ImportFilePayload,
    )
    async def import_file(self, info: Info, input: Given[ImportFileInput]) -> ImportFilePayload:
        importer = _importer(info.context)
        given = await _understood(importer, input)
        preview = _shown(given.preview)
        try:
            report = await importer.store(given, skip_refused=input.skip_refused)
        except RowsRefusedError as error:
            failed = UserError(code=error.code, path=error.path, message=error.message)
            return ImportFilePayload(preview=preview, user_errors=[failed])
        return ImportFilePayload(
            preview=preview,
            run=ref(SyncRunNode, report.run_id),
            changed=report.outcome.changed,
            unchanged=report.outcome.unchanged,
            quarantined=report.outcome.quarantined,
        )


def _importer(context: Context) -> Importer:
    return Importer(
        db=context.db,
        merchant_id=context.merchant_id,
        marketplaces=context.registry.marketplaces,
        rollups=context.registry.rollups,
        actor=context.actor.name,
        clock=lambda: context.now,
    )


async def _understood(
    importer: Importer, input: PreviewImportInput | ImportFileInput
) -> Understood:
    try:
        shop_id = parse_id(input.shop, "Shop")
    except InputError as error:
        raise InputError(error.message, path=["input", "shop"]) from None
    file = File.named(input.file.name, input.file.content)
    return await importer.understand(shop_id, file, input.kind)


def _shown(preview: Preview) -> ImportPreview:
    first, last = preview.period or (None, None)
    return ImportPreview(
        file=preview.file,
        format=preview.format,
        layout=preview.layout,
        kind=preview.kind,
        header_line=preview.header_line,
        columns=_columns(preview),
        unfilled=list(preview.unfilled),
        notes=list(preview.notes),
        rows=preview.rows,
        records=preview.records,
        refused_rows=preview.refused_rows,
        refused=[
            RefusedCell(line=r.line, column=r.column, value=r.value, expected=r.expected)
            for r in preview.refused[:MOST_SHOWN]
        ],
        left_out=[LeftOutRow(line=r.line, why=r.why) for r in preview.left_out[:MOST_SHOWN]],
        first=first,
        last=last,
        totals=[
            ImportTotal(field=t.field, value=t.value, additive=t.additive) for t in preview.totals
        ],
        shop=preview.shop,
        currency=preview.currency,
        time_zone=preview.time_zone,
    )


def _columns(preview: Preview) -> list[ImportColumn]:
    used = [
        ImportColumn(letter=c.letter, header=c.header, fields=list(c.fields), remark=c.unit)
        for c in preview.columns
    ]
    return used + [
        ImportColumn(letter=c.letter, header=c.header, fields=[], remark=c.why)
        for c in preview.unused
    ]
