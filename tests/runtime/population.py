"""Many plugins at once: well-behaved ones by the dozen, and five that are broken in five ways."""

from tests.distributions import Distributions
from tests.runtime.lamps import SOURCE

GOOD = '''
from datetime import timedelta
from pathlib import Path

import strawberry
from pydantic import Field
from sqlalchemy import BigInteger
from sqlmodel import Field as Column
from starlette.responses import PlainTextResponse

from core.graph.declare import change, column, computed, listing, many, money, node, one
from core.graph.fields import batched, field
from core.models.base import MerchantTable, big, by, word


class NAMEOffer(MerchantTable, table=True):
    __tablename__ = "LOW_offers"
    __table_args__ = (by("LOW_offers", "supplier"),)

    product_id: int = Column(sa_type=BigInteger, primary_key=True)
    supplier: str = word(100)
    price: int = big()
    currency: str = word(3)


@node(NAMEOffer, permission="LOW:read", name="NAMEOffer", order="supplier")
class NAMEOfferNode:
    """What a supplier asks."""

    supplier = column(str, "Who.", filter=True, order=True)
    price = money("How much.", order=True)
    product = one("Product", "Of what.", by="product_id")


@strawberry.type
class ProductFields:
    LOW_offers = many("NAMEOffer", "Offers.", by="product_id")
    LOW_label = computed(str, "A label.", ("title",), lambda title: f"LOW {title}")

    @batched(permission="LOW:read", description="How many.", needs=("id",))
    async def LOW_count(context, rows) -> list[int]:
        return [0 for _ in rows]


@strawberry.type(description="Offers.")
class NAMEQuery:
    offers = listing("NAMEOffer", "All offers.")

    @field(permission="LOW:read", description="Whether it works.")
    async def works(self) -> bool:
        return True


class NAMEMutation:
    update_LOW_offer = change("NAMEOffer", "Correct an offer.", permission="LOW:read",
                              fields=("supplier",), action="LOW.update")


class NAMESettings(PluginSettings):
    limit: int = Field(5, description="How many.")


async def show(request, context):
    return PlainTextResponse("shown")


@hookimpl
def opsgraph_component():
    return Component(name="LOW", migrations=str(Path(__file__).parent / "LOW_migrations"),
                     tables=frozenset({"LOW_offers"}))


@hookimpl
def opsgraph_settings():
    return NAMESettings


@hookimpl
def opsgraph_permissions():
    return [Permission("LOW:read", "See offers.")]


@hookimpl
def opsgraph_metrics():
    return [Metric(key="LOW_offers", zh="报价", en="Offers", unit="count", direction="up",
                   definition="offers", evaluate=lambda session, query: [])]


@hookimpl
def opsgraph_jobs():
    return [Job("LOW.count", "Count.", timedelta(hours=6), lambda context: None)]


@hookimpl
def opsgraph_routes():
    return [HttpRoute("/show", ("GET",), "LOW:read", show, "Shows.")]


@hookimpl
def opsgraph_schema():
    return SchemaPart(namespace="LOW", query=NAMEQuery, description="Offers.",
                      permission="LOW:read", types=(NAMEOfferNode,), mutation=NAMEMutation,
                      extends=(FieldExtension("Product", ProductFields),))


@hookimpl
def opsgraph_examples():
    return [Example("Offers of LOW", "{ LOW { works offers { nodes { supplier } } } }")]
'''
MIGRATION = '''"""The table of offers."""

import sqlalchemy as sa
from alembic import op

from core.db.roles import protect

revision = "LOW_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "LOW_offers",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier", sa.String(length=100), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "product_id", name="pk_LOW_offers"),
    )
    op.create_index("ix_LOW_offers_supplier", "LOW_offers", ["merchant_id", "supplier"])
    protect(op, "LOW_offers")


def downgrade():
    op.drop_table("LOW_offers")
'''
BROKEN_MIGRATION = MIGRATION.replace(
    '    protect(op, "LOW_offers")\n', '    op.execute("INSERT INTO no_such_table VALUES (1)")\n'
)
BROKEN = {
    "import error": "import no_such_module",
    "wrong API range": '@hookimpl\ndef opsgraph_about():\n    return About(api=">=9,<10")\n',
    "name clash": GOOD.replace('key="LOW_offers"', 'key="gmv"'),
    "migration that fails half way": GOOD,
    "resolver that always raises": SOURCE.replace('MOOD = "fine"', 'MOOD = "raises"'),
    "resolver that hangs": SOURCE.replace('MOOD = "fine"', 'MOOD = "hangs"'),
}
"""What breaks, and the source of a plugin in which it does; its name stands as LOW and NAME."""
NAMES = dict(zip(BROKEN, ("alders", "birches", "cedars", "dogwoods", "elms", "firs"), strict=True))


def install_good(distributions: Distributions, count: int) -> list[str]:
    """Install so many plugins that use every hook; returns their names."""
    names = [f"good{number:02}" for number in range(count)]
    for name in names:
        _install(distributions, name, GOOD, MIGRATION)
    return names


def install_broken(distributions: Distributions, what: str) -> str:
    """Install the plugin that is broken in this way; returns its name."""
    name = NAMES[what]
    is_migration = what == "migration that fails half way"
    _install(distributions, name, BROKEN[what], BROKEN_MIGRATION if is_migration else MIGRATION)
    return name


def _install(distributions: Distributions, name: str, source: str, migration: str) -> None:
    def named(text: str) -> str:
        text = text.replace("LOW", name).replace("NAME", name.title())
        if "lamps" in text:
            text = text.replace("lamps", name).replace("Lamps", name.title())
            text = text.replace("lamp =", f"{name}_lamp =").replace(
                "def light", f"def {name}_light"
            )
        return text

    distributions.install(name, named(source))
    folder = distributions.folder / f"{name}_migrations"
    folder.mkdir()
    (folder / "offers.py").write_text(named(migration))
