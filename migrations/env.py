"""Runs one component's chain; `core.db.migrate` hands everything over in `config.attributes`.

There is no alembic.ini: connection, component and tables come from `opsgraph db`.
"""

from alembic import context
from sqlmodel import SQLModel

from core.db.migrate import Chain, render_type
from core.db.migrate.authoring import sight
from core.db.roles import MIGRATING_SETTING, show_version

chain: Chain = context.config.attributes["chain"]
connection = context.config.attributes.get("connection")


def run() -> None:
    """Configure Alembic for this component and run what was asked for."""
    context.configure(
        connection=connection,
        dialect_name=context.config.attributes["dialect"],
        as_sql=connection is None,
        literal_binds=connection is None,
        target_metadata=SQLModel.metadata,
        version_table=chain.version_table,
        render_as_batch=True,
        render_item=render_type,
        compare_type=True,
        transaction_per_migration=False,
        **sight(chain),
    )
    with context.begin_transaction():
        if context.config.attributes["dialect"] == "postgresql":
            context.execute(f"SET LOCAL {MIGRATING_SETTING} = 'on'")
        context.run_migrations()
        show_version(context, chain.version_table)


run()
