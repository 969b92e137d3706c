"""One merchant's rollups are rebuilt by nobody else, and while nobody writes to them."""

from sqlalchemy import text

from core.db.session import CORE, MerchantSession

_SPACE = 0x6F67  # "og": keeps our advisory locks apart from those of others


def shared(session: MerchantSession) -> None:
    """Wait while somebody rebuilds; many may hold this at once. Ends with the transaction."""
    _lock(session, "pg_advisory_xact_lock_shared")


def exclusive(session: MerchantSession) -> None:
    """Wait until nobody writes, and keep writers waiting. Ends with the transaction."""
    _lock(session, "pg_advisory_xact_lock")


def _lock(session: MerchantSession, function: str) -> None:
    # SQLite: BEGIN IMMEDIATE has made this transaction the only writer already.
    if session.get_bind().dialect.name == "postgresql":
        key = session.merchant_id ^ _SPACE
        session.execute(
            text(f"SELECT {function}(:key)"), {"key": key}, execution_options={CORE: True}
        )
