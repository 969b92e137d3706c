"""PostgreSQL roles and row-level security: the wall between merchants.

`opsgraph_app` sees the rows of the merchant that its transaction is set to, `opsgraph_system`
sees all rows, and the owner (whoever migrates) sees them only while migrating. Neither role can
log in or bypass: each transaction of a door takes its role with `SET LOCAL ROLE`.
Does nothing on SQLite, where one file is one circle of trust.
"""

from typing import Any, Protocol

APP_ROLE = "opsgraph_app"
SYSTEM_ROLE = "opsgraph_system"
MERCHANT_SETTING = "app.merchant"
MIGRATING_SETTING = "app.migrating"


class Migration(Protocol):
    """What is used of `alembic.op`, which is a module with the methods of `Operations`."""

    def execute(self, sql: str) -> Any: ...

    def get_context(self) -> Any: ...


_CREATE_ROLE = """
DO $$ BEGIN
  CREATE ROLE {role} NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""


_SHOW_VERSION = """
DO $$ BEGIN
  GRANT SELECT ON "{table}" TO {app}, {system};
EXCEPTION WHEN undefined_object THEN NULL;
END $$
"""


def create_roles(op: Migration) -> None:
    """Make both roles, unless the cluster has them, and let this login take them."""
    if not _is_postgresql(op):
        return
    for role in (APP_ROLE, SYSTEM_ROLE):
        op.execute(_CREATE_ROLE.format(role=role))
        op.execute(f"GRANT {role} TO CURRENT_USER")
        op.execute(f"GRANT USAGE ON SCHEMA public TO {role}")


def protect(op: Migration, table: str, column: str = "merchant_id") -> None:
    """Let each merchant see and write its own rows of a table only. Plugins call it too."""
    if not _is_postgresql(op):
        return
    current = f"nullif(current_setting('{MERCHANT_SETTING}', true), '')::bigint"
    _grant(op, table, "SELECT, INSERT, UPDATE, DELETE")
    op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
    op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
    op.execute(
        f'CREATE POLICY merchant ON "{table}" TO {APP_ROLE} '
        f"USING ({column} = {current}) WITH CHECK ({column} = {current})"
    )
    # Not `true`: a login that may take the role inherits its policies, and is not to see all rows
    # before it does.
    acting = f"current_user = '{SYSTEM_ROLE}'"
    op.execute(
        f'CREATE POLICY system ON "{table}" TO {SYSTEM_ROLE} USING ({acting}) WITH CHECK ({acting})'
    )
    op.execute(
        f'CREATE POLICY migration ON "{table}" TO CURRENT_USER '
        f"USING (current_setting('{MIGRATING_SETTING}', true) = 'on')"
    )


def share(op: Migration, table: str) -> None:
    """Let everyone read a reference table, and core alone write it."""
    if _is_postgresql(op):
        _grant(op, table, "SELECT")


def show_version(op: Migration, table: str) -> None:
    """Let every process see whether the database is up to date; roles may not exist yet."""
    if _is_postgresql(op):
        op.execute(_SHOW_VERSION.format(table=table, app=APP_ROLE, system=SYSTEM_ROLE))


def _grant(op: Migration, table: str, rights: str) -> None:
    op.execute(f'GRANT {rights} ON "{table}" TO {APP_ROLE}')
    op.execute(f'GRANT SELECT, INSERT, UPDATE, DELETE ON "{table}" TO {SYSTEM_ROLE}')


def _is_postgresql(op: Migration) -> bool:
    return bool(op.get_context().dialect.name == "postgresql")
