"""Streams, windows, leases and budgets: what to pull next, and exactly once."""
