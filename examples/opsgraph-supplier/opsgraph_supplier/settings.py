"""Settings of the plugin."""

from core.plugin import PluginSettings
from pydantic import Field


class SupplierSettings(PluginSettings):
    """`OPSGRAPH_PLUGIN_SUPPLIER_…` in the environment or the `.env` file."""

    defect_limit: float = Field(
        0.05, gt=0, lt=1, description="Share of defective units above which a supplier is poor."
    )
    window_days: int = Field(90, gt=0, description="Days of deliveries that a rating looks at.")
