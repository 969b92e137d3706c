"""Migrations: one chain and one version table per component, one lock around all of them.

Each component (core, and every plugin with tables) installs, upgrades, downgrades and goes
independently of the others; they run in the order of their declared dependencies.
"""

from core.db.migrate.authoring import differences, render_type, revision
from core.db.migrate.chain import CORE_COMPONENT, Chain, chains, misfit, owns, revisions
from core.db.migrate.purging import Belongings, Leftover, belongings, leftovers, purge
from core.db.migrate.running import LOCK, downgrade, print_sql, reason_of, upgrade
from core.db.migrate.standing import Status, require_current, standing, status

__all__ = [
    "CORE_COMPONENT",
    "LOCK",
    "Belongings",
    "Chain",
    "Leftover",
    "Status",
    "belongings",
    "chains",
    "differences",
    "downgrade",
    "leftovers",
    "misfit",
    "owns",
    "print_sql",
    "purge",
    "reason_of",
    "render_type",
    "require_current",
    "revision",
    "revisions",
    "standing",
    "status",
    "upgrade",
]
