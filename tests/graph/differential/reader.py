"""Who asks the oracle, and what they may see."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.graph.differential.tables import Tables
from tests.graph.differential.texts import Refused


@dataclass
class Reader:
    """A role at one merchant.

    ordinary: what the gateway itself says to a field that is no table's, by `Type.field` and the
    id of the object it stands on.
    """

    tables: Tables
    role: str
    permissions: frozenset[str]
    ordinary: Mapping[tuple[str, str], Any] = field(default_factory=dict)

    def may(self, permission: str) -> bool:
        """Whether the role has a permission."""
        return permission in self.permissions

    def refusal(self, permission: str | None, what: str) -> Refused | None:
        """Why the role may not see something; None when it may."""
        if permission is None or self.may(permission):
            return None
        message = (
            f"{what} needs the permission {permission!r}, "
            f"which the role {self.role!r} of this token does not have."
        )
        return Refused("FORBIDDEN", message)

    def require(self, permission: str | None, what: str) -> None:
        """Refuse what the role may not see."""
        refused = self.refusal(permission, what)
        if refused is not None:
            raise refused
