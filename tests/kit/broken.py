"""Plugins that break one rule each: what `opsgraph plugin new` makes, with a part replaced."""

from dataclasses import dataclass, field

INIT, MODELS, SCHEMA, JOBS = "__init__.py", "models.py", "schema.py", "jobs.py"
VERSION = "migrations/0001_first_tables.py"

NAMESPACE = '    flags = listing("PluginNameFlag", "All flags.")\n'
TYPE = '    day = column(date, "Since when.", filter=True, order=True)\n'
IMPORT = "import strawberry\n"
RESOLVERS = (
    f"{IMPORT}from core.graph.context import Info\nfrom core.graph.fields import field\n"
    "from sqlmodel import select\n"
)
PERSONAL = (
    (MODELS, 'comment: str = text("")', 'comment: str = personal(None, "")'),
    (MODELS, "big, by, text", "big, by, personal"),
    (SCHEMA, '"What somebody says of it.", filter=True', '"What somebody says of it."'),
)
STORE = """@hookimpl
def opsgraph_personal_data() -> Sequence[PersonalDataStore]:
    return [PersonalDataStore("plugin_name_flags", "Comments.", lambda session, ids: 0)]


"""


@dataclass(frozen=True)
class Broken:
    """A rule, the edits (file, old, new) that break it, and what the check says then."""

    check: str
    says: str
    edits: tuple[tuple[str, str, str], ...] = field(repr=False)


def with_field(
    where: str, text: str, permission: str = 'permission="plugin_name:read", '
) -> tuple[tuple[str, str, str], ...]:
    """Edits that add a resolver to the namespace or to the type."""
    resolver = f'    @field({permission}description="Something.")\n{text}'
    return ((SCHEMA, IMPORT, RESOLVERS), (SCHEMA, where, where + resolver))


BROKEN = [
    Broken("API range", "has no upper bound", ((INIT, ">=1.0,<2", ">=1.0"),)),
    Broken(
        "names",
        "The metric 'shortfall' must begin with",
        ((INIT, 'key="plugin_name_shortfall"', 'key="shortfall"'),),
    ),
    Broken(
        "names",
        "The GraphQL type 'CheapProduct' must begin with",
        (
            (SCHEMA, "@node(Flag, ", '@node(Flag, name="CheapProduct", '),
            (SCHEMA, '"PluginNameFlag"', '"CheapProduct"'),
        ),
    ),
    Broken(
        "names",
        "The mutation 'pluginNameComment' must be a verb",
        ((SCHEMA, "update_plugin_name_flag", "plugin_name_comment"),),
    ),
    Broken(
        "names",
        "must be called 'plugin_name:<verb>'",
        ((INIT, "plugin_name:write", "flags:write"), (SCHEMA, "plugin_name:write", "flags:write")),
    ),
    Broken(
        "descriptions",
        "The setting floor has no description.",
        ((JOBS, ', description="The floor in minor units."', ""),),
    ),
    Broken(
        "descriptions",
        "Flag.comment has no description",
        ((SCHEMA, "What somebody says of it.", ""),),
    ),
    Broken(
        "permissions", "names the role 'boss'", ((INIT, 'roles=("owner",)', 'roles=("boss",)'),)
    ),
    Broken(
        "permissions",
        "Flag.loud asks for no permission",
        (
            (
                SCHEMA,
                TYPE,
                TYPE + '    @strawberry.field(description="Loud.")\n'
                "    def loud(self) -> str:\n        return 'loud'\n",
            ),
        ),
    ),
    Broken(
        "bounded lists",
        "Query.allOfIt is a list without a bound",
        with_field(NAMESPACE, "    async def all_of_it(self) -> list[str]:\n        return []\n"),
    ),
    Broken(
        "tables",
        "looks rows of 'plugin_name_flags' up by 'shop_id', and no index finds them",
        ((SCHEMA, '        by="product_id",\n', '        by="shop_id",\n        on="shop_id",\n'),),
    ),
    Broken(
        "migrations on SQLite",
        "Models and migrations disagree",
        ((MODELS, 'comment: str = text("")', 'comment: str = text("")\n    size: int = big(0)'),),
    ),
    Broken(
        "migrations on SQLite",
        "downgrade() leaves tables: plugin_name_flags",
        ((VERSION, "    op.drop_table(TABLE)", "    pass"),),
    ),
    Broken(
        "migrations on PostgreSQL",
        "'plugin_name_flags' has no row-level security",
        ((VERSION, "    protect(op, TABLE)\n", ""),),
    ),
    Broken(
        "answers",
        "Query.broken on 3 rows per table",
        with_field(NAMESPACE, "    async def broken(self) -> str:\n        raise ValueError\n"),
    ),
    Broken(
        "answers",
        "Query.half needs arguments: ask for it in an example",
        with_field(
            NAMESPACE, "    async def half(self, of: int) -> int:\n        return of // 2\n"
        ),
    ),
    Broken(
        "statements",
        "3 rows, 13 for 12",
        with_field(
            TYPE,
            "    async def again(self, info: Info) -> int:\n"
            "        found = await info.context.db.read(info.context.merchant_id,\n"
            "            lambda s: s.scalars(select(Flag.shortfall)).first())\n"
            "        return found or 0\n",
        ),
    ),
    Broken(
        "leaks",
        "Query.last shows data of another merchant ('M·')",
        (
            *with_field(
                NAMESPACE,
                "    async def last(self, info: Info) -> str:\n"
                "        if not KEPT:\n"
                "            KEPT.append(await info.context.db.read(info.context.merchant_id,\n"
                "                lambda s: s.scalars(select(Flag.comment)).first()))\n"
                "        return KEPT[0] or 'none'\n",
            ),
            (SCHEMA, "class ProductFields:", "KEPT = []\n\n\nclass ProductFields:"),
        ),
    ),
    Broken(
        "leaks",
        "Query.total answers something else once another merchant has rows",
        with_field(
            NAMESPACE,
            "    async def total(self, info: Info) -> int:\n"
            "        return len(await info.context.db.system(\n"
            "            lambda s: s.scalars(select(Flag.shop_id)).all()))\n",
        ),
    ),
    Broken("personal data", "has personal columns (comment): declare it", PERSONAL),
    Broken(
        "personal data",
        "erase of 'plugin_name_flags' leaves personal data",
        (
            *PERSONAL,
            (INIT, "    PluginSettings,\n", "    PersonalDataStore,\n    PluginSettings,\n"),
            (INIT, "@hookimpl\ndef opsgraph_jobs", f"{STORE}@hookimpl\ndef opsgraph_jobs"),
        ),
    ),
]
