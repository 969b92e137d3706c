"""Engines, the doors to the database, merchant scope, the upsert and the migrations runner."""

from core.db.database import Database
from core.db.session import CORE, MerchantSession

__all__ = ["CORE", "Database", "MerchantSession"]
