"""Mutations of core: shops and tokens. Each is one transaction, with its audit entry."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, TypeVar

import strawberry
from sqlmodel import col, select, update
from strawberry.scalars import JSON

from core.db import MerchantSession
from core.errors import InputError
from core.graph.context import Context, Info
from core.graph.declare import change, ref
from core.graph.engine.changes import check_length
from core.graph.fields import UserError, mutation
from core.graph.scalars import global_id, moment, parse_id
from core.graph.types.shops import ShopNode, TokenNode
from core.models import Shop, SyncState
from core.security.audit import audit
from core.security.erasure import Eraser
from core.security.switches import switch
from core.security.tokens import create_token, revoke_token
from core.sync.shops import NewShop, find_shop, register_shop

_ENTITY = "What it was done to; null when nothing was done."
_ERRORS = "Why nothing was done; empty when it was."


T = TypeVar("T")
Given = Annotated[T, strawberry.argument(description="What to do, and to what.")]


@strawberry.input(description="A secret that opens a shop, by the name its marketplace gives it.")
class CredentialInput:
    name: str = strawberry.field(description="What the marketplace calls it, e.g. app_key.")
    value: str = strawberry.field(description="The secret itself.")


@strawberry.input(description="A shop to register. Registering it again renews its credentials.")
class RegisterShopInput:
    marketplace: str = strawberry.field(description="A marketplace that is installed.")
    number: str = strawberry.field(description="The platform's own id of the shop.")
    name: str = strawberry.field(description="The merchant's name for it.")
    credentials: list[CredentialInput] = strawberry.field(
        description="Its secrets: sealed at once, never shown again. None: a shop that is "
        "registered keeps those it has."
    )
    config: JSON | None = strawberry.field(
        default=None, description="Settings of the adapter, e.g. base_url; no secrets."
    )
    time_zone: str = strawberry.field(default="", description="Default: the marketplace's.")
    currency: str = strawberry.field(default="", description="Default: the marketplace's.")


@strawberry.type(description="The registered shop.")
class RegisterShopPayload:
    shop: ShopNode | None = strawberry.field(default=None, description=_ENTITY)
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.input(description="A shop to pull from soon, without waiting for its next run.")
class SyncShopInput:
    id: strawberry.ID = strawberry.field(description="Global id of the shop.")
    streams: list[str] | None = strawberry.field(
        default=None, description="Which streams; default: all."
    )


@strawberry.type(description="The shop; its streams are due now, and a worker takes them up.")
class SyncShopPayload:
    shop: ShopNode | None = strawberry.field(default=None, description=_ENTITY)
    streams: list[str] = strawberry.field(
        default_factory=list, description="Names of the streams that are due now."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.input(description="A token to make.")
class CreateTokenInput:
    name: str = strawberry.field(description="What it is for.")
    role: str = strawberry.field(description="owner, analyst or support.")
    expires_at: datetime | None = strawberry.field(
        default=None, description="When it ends by itself; default: never."
    )


@strawberry.type(description="The new token.")
class CreateTokenPayload:
    token: TokenNode | None = strawberry.field(default=None, description=_ENTITY)
    secret: str | None = strawberry.field(
        default=None, description="What clients send as `Authorization: Bearer …`. Shown once."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.input(description="A token to revoke.")
class RevokeTokenInput:
    id: strawberry.ID = strawberry.field(description="Global id of the token.")


@strawberry.type(description="The revoked token.")
class RevokeTokenPayload:
    token: TokenNode | None = strawberry.field(default=None, description=_ENTITY)
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.input(description="A plugin to switch on or off for this merchant.")
class UpdatePluginInput:
    name: str = strawberry.field(description="Its name.")
    enabled: bool = strawberry.field(description="Whether this merchant is to use it.")


@strawberry.type(description="The plugin as it is now.")
class UpdatePluginPayload:
    name: str | None = strawberry.field(default=None, description="Its name.")
    enabled: bool | None = strawberry.field(
        default=None, description="Whether this merchant uses it; null when nothing was done."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.input(description="A customer to erase, with all that belongs to them.")
class EraseCustomerInput:
    id: strawberry.ID = strawberry.field(description="Global id of the customer.")
    dry_run: bool = strawberry.field(
        default=True, description="Whether to say only what would be touched."
    )


@strawberry.type(description="Rows of a table that an erasure touches.")
class ErasedRows:
    table: str = strawberry.field(description="Name of the table, or of a plugin's store.")
    rows: int = strawberry.field(description="How many are deleted, blanked or unlinked.")


@strawberry.type(description="What was erased, or would be.")
class EraseCustomerPayload:
    dry_run: bool = strawberry.field(default=True, description="Whether nothing was erased.")
    tables: list[ErasedRows] = strawberry.field(
        default_factory=list, description="What is touched, by table."
    )
    others: list[strawberry.ID] = strawberry.field(
        default_factory=list,
        description="Customers who are known to be the same person, and are not erased with it.",
    )
    not_asked: list[str] = strawberry.field(
        default_factory=list,
        description="Plugins that are installed and not in use: what they keep stays.",
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type
class CoreMutation:
    @mutation(
        permission="shops:write",
        description="Register a shop, or renew its credentials.",
        payload=RegisterShopPayload,
    )
    async def register_shop(
        self, info: Info, input: Given[RegisterShopInput]
    ) -> RegisterShopPayload:
        context = info.context
        _check_lengths(input)
        new = NewShop(
            marketplace=input.marketplace,
            platform_id=input.number,
            name=input.name,
            credentials={each.name: each.value for each in input.credentials},
            config=_config(input.config),
            time_zone=input.time_zone,
            currency=input.currency,
        )

        def work(session: MerchantSession) -> int:
            shop = register_shop(
                session, context.registry.marketplaces, context.keys, new, context.now
            )
            _audit(session, context, "shop.register", shop.id, marketplace=shop.marketplace)
            return shop.id

        shop_id = await context.db.run(context.merchant_id, work)
        return RegisterShopPayload(shop=ref(ShopNode, shop_id))

    update_shop = change(
        "Shop",
        "Rename a shop, or stop and resume its sync.",
        permission="shops:write",
        fields=("name", "active"),
        action="shop.update",
    )

    @mutation(
        permission="shops:write",
        description="Pull from a shop soon, without waiting for its next run.",
        payload=SyncShopPayload,
    )
    async def sync_shop(self, info: Info, input: Given[SyncShopInput]) -> SyncShopPayload:
        context = info.context
        shop_id = parse_id(input.id, "Shop")

        def work(session: MerchantSession) -> list[str]:
            shop = find_shop(session, shop_id, ["input", "id"])
            streams = _make_due(session, shop, input.streams, context.now)
            _audit(session, context, "shop.sync", shop.id, streams=streams)
            return streams

        streams = await context.db.run(context.merchant_id, work)
        return SyncShopPayload(shop=ref(ShopNode, shop_id), streams=streams)

    @mutation(
        permission="plugins:write",
        description="Switch a plugin on or off for this merchant: its fields, mutations, metrics, "
        "jobs, routes and events. Other processes follow within seconds.",
        payload=UpdatePluginPayload,
    )
    async def update_plugin(
        self, info: Info, input: Given[UpdatePluginInput]
    ) -> UpdatePluginPayload:
        context, name, enabled = info.context, input.name, input.enabled
        context.registry.require(name)

        def work(session: MerchantSession) -> None:
            switch(session, name, enabled=enabled, now=context.now)
            word = "plugin.enable" if enabled else "plugin.disable"
            audit(session, context.actor.name, word, "plugin", name, context.now)

        await context.db.run(context.merchant_id, work)
        return UpdatePluginPayload(name=name, enabled=enabled)

    @mutation(
        permission="personal:erase",
        description="Erase a customer's personal data for good, the plugins' included. Their "
        "orders stay, without a customer. With `dryRun` nothing is erased.",
        payload=EraseCustomerPayload,
    )
    async def erase_customer(
        self, info: Info, input: Given[EraseCustomerInput]
    ) -> EraseCustomerPayload:
        context, registry = info.context, info.context.registry
        customer_id = parse_id(input.id, "Customer")
        eraser = Eraser(registry.personal_data, registry.rollups, context.actor.name, context.now)
        work = eraser.rehearse if input.dry_run else eraser.erase
        erasure = await context.db.run(
            context.merchant_id, lambda session: work(session, [customer_id])
        )
        return EraseCustomerPayload(
            dry_run=input.dry_run,
            tables=[ErasedRows(table=name, rows=n) for name, n in erasure.rows.items()],
            others=[global_id("Customer", each) for each in erasure.others],
            not_asked=registry.idle,
        )

    @mutation(
        permission="tokens:write",
        description="Make an API token.",
        payload=CreateTokenPayload,
    )
    async def create_token(self, info: Info, input: Given[CreateTokenInput]) -> CreateTokenPayload:
        context = info.context
        path = ["input", "expiresAt"]
        ends = None if input.expires_at is None else moment(input.expires_at, path)

        def work(session: MerchantSession) -> tuple[int, str]:
            new = create_token(session, input.name, input.role, context.now, ends)
            _audit(session, context, "token.create", new.row.id, role=new.row.role)
            return new.row.id, new.secret

        token_id, secret = await context.db.run(context.merchant_id, work)
        return CreateTokenPayload(token=ref(TokenNode, token_id), secret=secret)

    @mutation(
        permission="tokens:write",
        description="End an API token at once.",
        payload=RevokeTokenPayload,
    )
    async def revoke_token(self, info: Info, input: Given[RevokeTokenInput]) -> RevokeTokenPayload:
        context = info.context
        token_id = parse_id(input.id, "ApiToken")

        def work(session: MerchantSession) -> None:
            token = revoke_token(session, token_id, context.now)
            _audit(session, context, "token.revoke", token.id)

        await context.db.run(context.merchant_id, work)
        return RevokeTokenPayload(token=ref(TokenNode, token_id))


def _audit(
    session: MerchantSession, context: Context, action: str, entity_id: int, **detail: Any
) -> None:
    entity = action.partition(".")[0]
    audit(session, context.actor.name, action, entity, entity_id, context.now, **detail)


def _check_lengths(input: RegisterShopInput) -> None:
    for field, column in (("number", "platform_id"), ("name", "name"), ("currency", "currency")):
        check_length(Shop, column, getattr(input, field), ["input", field])


def _config(given: Any) -> Mapping[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise InputError("config must be an object.", path=["input", "config"])
    return given


def _make_due(
    session: MerchantSession, shop: Shop, streams: list[str] | None, now: datetime
) -> list[str]:
    known = sorted(session.scalars(select(SyncState.stream).where(SyncState.shop_id == shop.id)))
    unknown = set(streams or ()) - set(known)
    if unknown:
        raise InputError(
            f"Shop {shop.name!r} has no stream {', '.join(sorted(unknown))}; "
            f"it has {', '.join(known)}.",
            path=["input", "streams"],
        )
    chosen = known if streams is None else sorted(set(streams))
    session.execute(
        update(SyncState)
        .where(col(SyncState.shop_id) == shop.id, col(SyncState.stream).in_(chosen))
        .values(due_at=now)
    )
    return chosen
