"""One root for every error that opsgraph raises on purpose.

OpsgraphError                 a message for people, a stable code for programs
├── ConfigurationError        the installation is set up wrongly; the admin mends it
│   └── PluginError           a plugin does not fit to the rest; it is put aside
├── InputError                the caller sent something that cannot be used
│   └── BadCursorError        a paging cursor that this server did not issue
├── AuthenticationError       no token, or one that is unknown, expired or revoked
├── PermissionDeniedError     the token is known, but may not do this
│   └── PluginDisabledError   the merchant has switched the plugin off
├── PluginUnavailableError    a plugin's field, job or route keeps failing, or took too long
├── NotFoundError             nothing of that name in this merchant's data
├── OverloadedError           no connection to the database came free in time; ask again later
├── TimedOutError             the database took too long over an answer
├── LeaseLostError            another worker took over; this one must stop writing
└── MarketplaceError          in `core.marketplace.errors`, named by what to do next
"""


class OpsgraphError(Exception):
    """Root of all expected errors; its text is safe to show to the caller."""

    code = "ERROR"

    def __init__(self, message: str, *, path: list[str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.path = path or []


class ConfigurationError(OpsgraphError):
    """The installation is set up wrongly: a setting, a key or a migration is missing."""

    code = "CONFIGURATION"


class PluginError(ConfigurationError):
    """A plugin does not fit to the rest; `plugin` is the one to put aside."""

    def __init__(self, plugin: str, message: str) -> None:
        super().__init__(message)
        self.plugin = plugin


class InputError(OpsgraphError):
    """The caller sent something that cannot be used; `path` names the argument."""

    code = "BAD_INPUT"


class BadCursorError(InputError):
    """A cursor that this server did not issue, or issued for another order."""

    code = "BAD_CURSOR"


class AuthenticationError(OpsgraphError):
    """The request carries no usable token."""

    code = "UNAUTHENTICATED"


class PermissionDeniedError(OpsgraphError):
    """The token lacks the permission that the field or command needs."""

    code = "FORBIDDEN"


class PluginDisabledError(PermissionDeniedError):
    """The merchant has switched off the plugin that this belongs to."""

    code = "PLUGIN_DISABLED"


class PluginUnavailableError(OpsgraphError):
    """Something of a plugin keeps failing, or took longer than it may; the rest answers."""

    code = "PLUGIN_UNAVAILABLE"


class NotFoundError(OpsgraphError):
    """Nothing of that name exists in this merchant's data."""

    code = "NOT_FOUND"


class OverloadedError(OpsgraphError):
    """No connection to the database came free in time; the same request may succeed later."""

    code = "OVERLOADED"


class TimedOutError(OpsgraphError):
    """The database took longer over an answer than this installation allows."""

    code = "TIMED_OUT"


class LeaseLostError(OpsgraphError):
    """Another worker holds the lease now: whatever this one still writes is refused."""

    code = "LEASE_LOST"
