"""The tests that every marketplace must pass: name its adapter and its sandbox, and run them."""

from core.marketplace.conformance.subject import Subject
from core.marketplace.conformance.suite import MarketplaceConformance

__all__ = ["MarketplaceConformance", "Subject"]
