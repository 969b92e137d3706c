"""Which plugins a merchant uses: all that are installed, but those it has switched off."""

from datetime import datetime

from sqlalchemy.orm import Session
from sqlmodel import col, select

from core.db.session import MerchantSession
from core.models import PluginSwitch


def all_switched_off(session: Session) -> dict[int, frozenset[str]]:
    """Names of the plugins that are switched off, by merchant."""
    query = select(PluginSwitch.merchant_id, PluginSwitch.plugin).where(
        col(PluginSwitch.enabled).is_(False)
    )
    found: dict[int, frozenset[str]] = {}
    for merchant_id, plugin in session.execute(query):
        found[merchant_id] = found.get(merchant_id, frozenset()) | {plugin}
    return found


def switch(session: MerchantSession, plugin: str, *, enabled: bool, now: datetime) -> None:
    """Switch a plugin on or off for the session's merchant."""
    session.merge(
        PluginSwitch(
            merchant_id=session.merchant_id, plugin=plugin, enabled=enabled, changed_at=now
        )
    )
