"""Roles and permissions: decided once per field and role, never per row."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from core.errors import PermissionDeniedError, PluginDisabledError
from core.plugin import Permission

OWNER = "owner"
ANALYST = "analyst"
ROLES = {
    OWNER: "Everything: shops, tokens, personal data.",
    ANALYST: "Reads business data, personal fields masked; changes nothing.",
    "support": "Reads orders, refunds and customers with their personal fields.",
}

_READERS = (OWNER, ANALYST)
_CASEWORK = (OWNER, ANALYST, "support")

CORE_PERMISSIONS = (
    Permission("shops:read", "See shops and how fresh their data is.", _CASEWORK),
    Permission("shops:write", "Register shops and ask for a sync.", (OWNER,)),
    Permission("imports:write", "Import files into shops.", (OWNER,)),
    Permission("orders:read", "See orders, lines, payments and shipments.", _CASEWORK),
    Permission("refunds:read", "See refunds.", _CASEWORK),
    Permission("products:read", "See products, SKUs and stock.", _CASEWORK),
    Permission("customers:read", "See customers; personal fields stay masked.", _CASEWORK),
    Permission("reviews:read", "See reviews; personal fields stay masked.", _CASEWORK),
    Permission("traffic:read", "See traffic, behaviour and ad spend.", _READERS),
    Permission("signals:read", "See facts from outside, e.g. competitors' prices.", _READERS),
    Permission("personal:read", "See personal fields unmasked.", (OWNER, "support")),
    Permission("personal:erase", "Erase a customer's personal data for good.", (OWNER,)),
    Permission("sync:read", "See sync runs, quarantine and plugins.", _READERS),
    Permission("tokens:read", "See which tokens exist.", (OWNER,)),
    Permission("tokens:write", "Create and revoke tokens.", (OWNER,)),
    Permission("plugins:write", "Switch plugins on and off for the merchant.", (OWNER,)),
    Permission("explain:read", "See plans and SQL of one's own requests.", (OWNER,)),
    Permission("schema:read", "See the schema.", _CASEWORK),
)

PERSONAL = "personal:read"


@dataclass(frozen=True)
class Policy:
    """Which role may do what: core's permissions and the plugins'. plugins: who brought which."""

    permissions: Mapping[str, Permission]
    plugins: Mapping[str, str] = field(default_factory=dict)

    def of_role(self, role: str, off: Collection[str] = ()) -> frozenset[str]:
        """Names of the permissions a role has; the owner has all.

        off: plugins that the merchant has switched off; nobody has their permissions.
        """
        return frozenset(
            name
            for name, permission in self.permissions.items()
            if (role == OWNER or role in permission.roles) and self.plugins.get(name) not in off
        )

    def of_plugins(self, plugins: Collection[str]) -> dict[str, str]:
        """The permissions of these plugins, with their plugin."""
        return {name: plugin for name, plugin in self.plugins.items() if plugin in plugins}


def make_policy(
    plugin_permissions: Mapping[str, Permission], plugins: Mapping[str, str] | None = None
) -> Policy:
    """The policy of an installation. plugins: whose each permission is, by its name."""
    permissions = {each.name: each for each in CORE_PERMISSIONS} | dict(plugin_permissions)
    return Policy(permissions, plugins or {})


@dataclass(frozen=True)
class Actor:
    """Who asks: a token of one merchant, and what it may do.

    off: plugins that the merchant has switched off; missing: their permissions, by whose they are.
    """

    merchant_id: int
    token_id: int
    name: str
    role: str
    permissions: frozenset[str]
    off: frozenset[str] = frozenset()
    missing: Mapping[str, str] = field(default_factory=dict, compare=False)

    def may(self, permission: str) -> bool:
        """Whether the actor has this permission."""
        return permission in self.permissions

    def require(self, permission: str, what: str) -> None:
        """PermissionDeniedError unless the actor has this permission."""
        if permission in self.missing:
            raise PluginDisabledError(
                f"{what} belongs to the plugin {self.missing[permission]!r}, which this merchant "
                "has switched off (updatePlugin, or opsgraph plugin enable)."
            )
        if not self.may(permission):
            raise PermissionDeniedError(
                f"{what} needs the permission {permission!r}, "
                f"which the role {self.role!r} of this token does not have."
            )
