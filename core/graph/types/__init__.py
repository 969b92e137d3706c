"""The shared nouns as GraphQL shows them."""

from core.graph.types.catalogue import InventoryNode, ProductNode, SkuNode
from core.graph.types.customers import CustomerNode
from core.graph.types.facts import (
    AdSpendNode,
    BehaviorEventNode,
    ExternalSignalNode,
    TrafficNode,
)
from core.graph.types.orders import (
    OrderLineNode,
    OrderNode,
    PaymentNode,
    RefundNode,
    ReviewNode,
    ShipmentNode,
)
from core.graph.types.rollups import CustomerStatNode, ProductMonthNode, SalesDayNode
from core.graph.types.shops import (
    JobNode,
    QuarantineNode,
    ShopNode,
    SyncRunNode,
    SyncStateNode,
    TokenNode,
)

CORE_TYPES: tuple[type, ...] = (
    ShopNode,
    SyncStateNode,
    SyncRunNode,
    QuarantineNode,
    JobNode,
    TokenNode,
    OrderNode,
    OrderLineNode,
    PaymentNode,
    ShipmentNode,
    RefundNode,
    ReviewNode,
    ProductNode,
    SkuNode,
    InventoryNode,
    CustomerNode,
    CustomerStatNode,
    SalesDayNode,
    ProductMonthNode,
    TrafficNode,
    AdSpendNode,
    BehaviorEventNode,
    ExternalSignalNode,
)
