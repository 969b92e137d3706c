"""Installs the plugin `lamps` with tables: its version files are written by the test."""

from pathlib import Path
from textwrap import indent

from tests.distributions import Distributions

COMPONENT = """
@hookimpl
def opsgraph_component():
    return Component(name="{name}", migrations={folder!r}, tables=frozenset(){options})

@hookimpl
def opsgraph_jobs():
    from datetime import timedelta
    return [Job("{name}.burn", "Burns.", timedelta(hours=1), lambda context: None)]
"""
VERSION = '''"""Version {number}."""

import sqlalchemy as sa
from alembic import op

from core.db.roles import protect

revision = "{name}_{number:04d}"
down_revision = {down!r}
branch_labels = None
depends_on = None


def upgrade():
{up}


def downgrade():
    pass
'''
TABLE = """
op.create_table(
    "{table}",
    sa.Column("merchant_id", sa.BigInteger(), primary_key=True),
    sa.Column("id", sa.BigInteger(), primary_key=True),{more}
)
protect(op, "{table}")
"""


def make(table: str, more: str = "") -> str:
    """The lines of a migration that make a table."""
    return TABLE.format(table=table, more=more)


def write_version(folder: Path, name: str, number: int, up: str) -> None:
    """A version file of a component; number: counted from 1."""
    folder.mkdir(parents=True, exist_ok=True)
    down = f"{name}_{number - 1:04d}" if number > 1 else None
    text = VERSION.format(name=name, number=number, down=down, up=indent(up.strip(), "    "))
    (folder / f"{name}_{number:04d}.py").write_text(text)


def install(distributions: Distributions, name: str, *versions: str, options: str = "") -> Path:
    """A plugin with a job and a chain of these versions; returns the chain's folder."""
    folder = distributions.folder / f"{name}_versions"
    folder.mkdir()
    for number, up in enumerate(versions, 1):
        write_version(folder, name, number, up)
    source = COMPONENT.format(name=name, folder=str(folder), options=options)
    distributions.install(name, source)
    return folder


def uninstall(distributions: Distributions, name: str) -> None:
    """Take a plugin away, as pip would."""
    for each in sorted(distributions.folder.glob(f"{name}*"), reverse=True):
        for file in each.rglob("*") if each.is_dir() else [each]:
            if file.is_file():
                file.unlink()
