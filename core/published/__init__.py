"""What plugins may import: the names that the version of the plugin API covers.

Everything else in `core` may change in any release. `docs/versioning.md` says what that means,
`docs/reference/hooks.md` shows each name, and `tests/plugin_api/published.txt` keeps its shape.
"""

from collections.abc import Mapping

PUBLISHED: Mapping[str, tuple[str, ...]] = {
    "core.plugin": (
        "API_VERSION", "About", "Changes", "Command", "Component", "Doors", "Example",
        "FieldExtension", "Grain", "HttpRoute", "Job", "Metric", "MetricCell", "MetricPoint",
        "MetricQuery", "Permission", "PersonalDataStore", "PluginApiDeprecationWarning",
        "PluginContext", "PluginSettings",
        "RowChange", "SchemaPart", "hookimpl",
    ),
    "core.graph.declare": (
        "change", "column", "computed", "expression", "listing", "many", "money", "node", "one",
        "ref",
    ),
    "core.graph.fields": (
        "Row", "UserError", "batched", "enumeration", "field", "mutation", "subscription",
    ),
    "core.graph.context": ("Context", "Info"),
    "core.graph.scalars": ("BigInt", "Money", "global_id", "moment", "money", "parse_id"),
    "core.graph.merchants": ("DayWindow", "Days", "MerchantClock", "days_of", "merchant_clock"),
    "core.graph.freshness": ("as_of",),
    "core.db": ("Database", "MerchantSession"),
    "core.db.roles": ("protect",),
    "core.models": (
        "AdSpendDay", "BehaviorEvent", "Customer", "CustomerPerson", "CustomerStat",
        "ExchangeRate", "ExternalSignal", "InventorySnapshot", "Merchant", "MerchantTable",
        "NounTable", "Order", "OrderLine", "Payment", "Person", "Product", "ProductMonth",
        "Refund", "Review", "SalesDay", "Shipment", "Shop", "Sku", "TrafficDay", "noun_id",
        "personal_columns", "random_id",
    ),
    "core.models.base": (
        "MerchantTable", "NounTable", "big", "blob", "by", "inside", "json", "personal", "text",
        "word",
    ),
    "core.ingest.rollup": (
        "Count", "Distinct", "Max", "Min", "Month", "Rollup", "Source", "Sum",
    ),
    "core.marketplace.exports.layout": (
        "Build", "CellKind", "Column", "Companion", "Fields", "Layout", "Part", "Setting",
        "Values", "one_row",
    ),
    "core.marketplace.exports.reviews": ("review_layout",),
    "core.marketplace.exports.traffic": ("traffic_columns", "traffic_layouts"),
    "core.metrics.sums": ("sums",),
    "core.metrics.evaluate": ("evaluate",),
    "core.security.audit": ("audit",),
    "core.security.permissions": ("Actor",),
    "core.money": ("decimal_text", "exponent"),
    "core.errors": (
        "AuthenticationError", "BadCursorError", "ConfigurationError", "InputError",
        "LeaseLostError", "NotFoundError", "OpsgraphError", "OverloadedError",
        "PermissionDeniedError", "PluginDisabledError", "PluginError", "PluginUnavailableError",
        "TimedOutError",
    ),
    "core.house": ("House",),
    "core.cli.house": ("Refusal", "ready"),
    "core.kit": ("Finding", "check"),
    "core.marketplace.answers": ("exact_object", "json_object"),
    "core.marketplace.contract": (
        "Adapter", "Credentials", "Inbox", "Mapped", "Marketplace", "Message", "Messages",
        "Notice", "Page", "Payload", "Push", "PushAnswer", "Pushes", "Rejected", "ShopContext",
        "Stream", "StreamKind", "Window",
    ),
    "core.marketplace.details": ("Details",),
    "core.marketplace.errors": (
        "AuthError", "ClockError", "MappingError", "MarketplaceError", "NotSetUpError",
        "PermanentError", "RetryError", "ScopeError", "ThrottleError", "TransientError",
    ),
    "core.marketplace.mapping": (
        "MASK", "local_time", "map_each", "masked", "minor_units", "platform_id",
        "without_secrets",
    ),
    "core.marketplace.paging": (
        "Forwards", "LastToFirst", "Part", "Shown", "Step", "Walk", "halves", "page_size",
        "whole_seconds",
    ),
    "core.marketplace.renewal": ("Renewal", "ends"),
    "core.marketplace.records": (
        "AdSpendRecord", "BehaviorRecord", "CustomerRecord", "DataSource", "OrderKind",
        "OrderLineRecord", "OrderRecord", "OrderStatus", "PaymentRecord", "PlatformRecord",
        "ProductRecord", "ProductStatus", "Record", "RefundRecord", "RefundStatus",
        "RemovalRecord", "ReviewRecord", "ReviewResult", "ShipmentRecord", "SignalRecord",
        "SkuRecord", "TrafficLevel", "TrafficRecord",
    ),
    "core.marketplace.signing": ("keyed_hash", "sorted_pairs", "text_md5", "wrapped_md5"),
    "core.marketplace.sandbox": (
        "Call", "Catalog", "Clock", "Faults", "Feed", "MemoryFeed", "MovedFeed", "RequestLog",
        "Row", "Sandbox", "SetClock", "real_clock", "serve",
    ),
    "core.marketplace.conformance": ("MarketplaceConformance", "Subject"),
    "core.testing": ("Answer", "Bench", "Stand", "Statements"),
    "core.testing.fixtures": ("bench", "other", "plugins_under_test", "stand"),
}  # fmt: skip
"""Module → names that plugins may import from it."""

PARTS: Mapping[str, tuple[str, ...]] = {
    "core.graph.context.Context": (
        "actor", "batch", "db", "merchant_id", "metrics", "now", "settings",
    ),
    "core.db.Database": ("dialect", "read", "read_now", "run", "run_now"),
    "core.house.House": ("db",),
    "core.security.permissions.Actor": (
        "may", "merchant_id", "name", "permissions", "require", "role", "token_id",
    ),
    "core.testing.Bench": (
        "add", "announce", "ask", "beside", "customer", "deliver", "first_shop", "id",
        "merchant_id", "now", "order", "product", "read", "refund", "request", "review", "run",
        "run_job", "settings", "shop", "statements", "token",
    ),
    "core.testing.Stand": ("make",),
}  # fmt: skip
"""Classes that the house makes: only these members of theirs are published."""


def is_published(module: str, name: str) -> bool:
    """Whether plugins may import this name from this module."""
    return name in PUBLISHED.get(module, ())
