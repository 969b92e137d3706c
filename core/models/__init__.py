"""The shared schema: one SQLModel table per noun, every row of it one merchant's."""

from core.models.access import ApiToken, AuditEntry, IdempotencyKey, PluginSwitch
from core.models.base import MerchantTable, NounTable, personal_columns
from core.models.customer import Customer, CustomerPerson, Tombstone
from core.models.facts import AdSpendDay, BehaviorEvent, ExchangeRate, ExternalSignal, TrafficDay
from core.models.keys import noun_id, random_id
from core.models.merchant import Merchant, Person, Shop
from core.models.order import Order, OrderLine, Payment, Shipment
from core.models.product import InventorySnapshot, Product, Sku
from core.models.refund import Refund
from core.models.review import Review
from core.models.rollups import CustomerStat, ProductMonth, SalesDay
from core.models.sync import (
    JobState,
    OutboxMessage,
    QuarantineEntry,
    RawPayload,
    RequestBudget,
    ShopInbox,
    SyncRun,
    SyncState,
)

__all__ = [
    "AdSpendDay",
    "ApiToken",
    "AuditEntry",
    "BehaviorEvent",
    "Customer",
    "CustomerPerson",
    "CustomerStat",
    "ExchangeRate",
    "ExternalSignal",
    "IdempotencyKey",
    "InventorySnapshot",
    "JobState",
    "Merchant",
    "MerchantTable",
    "NounTable",
    "Order",
    "OrderLine",
    "OutboxMessage",
    "Payment",
    "Person",
    "PluginSwitch",
    "Product",
    "ProductMonth",
    "QuarantineEntry",
    "RawPayload",
    "Refund",
    "RequestBudget",
    "Review",
    "SalesDay",
    "Shipment",
    "Shop",
    "ShopInbox",
    "Sku",
    "SyncRun",
    "SyncState",
    "Tombstone",
    "TrafficDay",
    "noun_id",
    "personal_columns",
    "random_id",
]
