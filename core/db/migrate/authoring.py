"""Writes version files from the difference between models and database, ready to run.

Autogenerate knows nothing of row-level security and leaves out imports: both are added here.
"""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, Literal

from alembic import command
from alembic.autogenerate import compare_metadata, renderers
from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from alembic.operations.ops import CreateTableOp, MigrateOperation, MigrationScript, OpContainer
from sqlalchemy import BLOB, DATETIME, JSON, Connection, Engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

from core.db.migrate.chain import Chain, config, owns, revisions, strangers
from core.db.migrate.standing import status
from core.errors import ConfigurationError
from core.models.base import REFERENCE

_DOCUMENT = "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
_MOMENT = "sqlmodel.sql.sqltypes.UTCDateTime()"
_REFLECTED = (
    ((postgresql.JSONB, sqlite.JSON), _DOCUMENT, "from sqlalchemy.dialects import postgresql"),
    ((postgresql.TIMESTAMP, DATETIME), _MOMENT, "import sqlmodel.sql.sqltypes"),
    ((postgresql.BYTEA, BLOB), "sa.LargeBinary()", "import sqlalchemy as sa"),
)
"""What one database calls a type, written so that the other understands it."""


class SecureOp(MigrateOperation):
    """Says who may see a table's rows: `protect` or `share` of `core.db.roles`."""

    def __init__(self, verb: str, table: str) -> None:
        self.verb = verb
        self.table = table


@renderers.dispatch_for(SecureOp)
def _render(context: AutogenContext, op: SecureOp) -> str:
    context.imports.add(f"from core.db.roles import {op.verb}")
    return f'{op.verb}(op, "{op.table}")'


def revision(engine: Engine, chain: Chain, message: str, *, empty: bool = False) -> Path | None:
    """Write a new version file; None if models and database agree, unless `empty` wants one.

    ConfigurationError when the database is not at the chain's newest revision.
    """
    _require_newest(engine, chain)
    with engine.connect() as connection:
        made = command.revision(
            config(_among_all(connection, chain), connection),
            message,
            autogenerate=True,
            rev_id=_next_id(chain),
            process_revision_directives=partial(_complete, empty),
        )
    scripts = made if isinstance(made, list) else [made]
    return Path(scripts[0].path) if scripts and scripts[0] is not None else None


def differences(engine: Engine, chains: Iterable[Chain]) -> list[Any]:
    """What autogenerate would change: empty when models and database agree."""
    found: list[Any] = []
    with engine.connect() as connection:
        for chain in chains:
            options = {
                **sight(_among_all(connection, chain)),
                "version_table": chain.version_table,
                "compare_type": True,
            }
            context = MigrationContext.configure(connection, opts=options)
            found += compare_metadata(context, SQLModel.metadata)
    return found


def sight(chain: Chain) -> dict[str, Any]:
    """Alembic's options that keep autogenerate to the chain's own tables."""
    return {
        "include_name": lambda name, kind, parents: (
            kind != "table" or owns(chain, name, kind, None)
        ),
        "include_object": lambda item, name, kind, reflected, other: owns(chain, name, kind, item),
    }


def render_type(kind: str, item: Any, context: AutogenContext) -> str | Literal[False]:
    """Alembic's `render_item`: types as both databases understand them, with their imports."""
    if kind != "type":
        return False
    variant = getattr(item, "_variant_mapping", {}).get("postgresql")
    if type(item) is JSON and isinstance(variant, postgresql.JSONB):
        item = variant
    for classes, text, needed in _REFLECTED:
        if isinstance(item, classes):
            context.imports.add(needed)
            return text
    module = type(item).__module__
    if not module.startswith("sqlalchemy."):
        context.imports.add(f"import {module}")
    return False


def _complete(
    empty: bool, context: MigrationContext, revision: Any, directives: list[MigrationScript]
) -> None:
    """Alembic's `process_revision_directives`: no file without changes, no table without guard."""
    [script] = directives
    assert script.upgrade_ops is not None
    assert script.downgrade_ops is not None
    if script.upgrade_ops.is_empty() and not empty:
        directives.clear()
        return
    _secure(script.upgrade_ops)
    _secure(script.downgrade_ops)


def _secure(container: OpContainer) -> None:
    """Guard each table that is made; one that is nobody's stays closed on PostgreSQL."""
    for op in [each for each in container.ops if isinstance(each, CreateTableOp)]:
        if any(getattr(column, "name", "") == "merchant_id" for column in op.columns):
            container.ops.append(SecureOp("protect", op.table_name))
        elif op.info.get(REFERENCE):
            container.ops.append(SecureOp("share", op.table_name))


def _require_newest(engine: Engine, chain: Chain) -> None:
    [found] = status(engine, [chain])
    if not found.is_current:
        raise ConfigurationError(f"The database is not up to date: {found.text}")


def _among_all(connection: Connection, chain: Chain) -> Chain:
    """The chain, which leaves alone what belongs to components that are no longer installed."""
    return chain.beside(each.name for each in strangers(connection, [chain]))


def _next_id(chain: Chain) -> str:
    """The id after the chain's newest, e.g. supplier_0003."""
    known = set(revisions(chain))
    number = len(known) + 1
    while f"{chain.name}_{number:04d}" in known:
        number += 1
    return f"{chain.name}_{number:04d}"
