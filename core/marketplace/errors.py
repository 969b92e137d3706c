"""Marketplace errors, named by what the caller should do next.

MarketplaceError
├── AuthError          refresh the token once; if that fails, the merchant authorises anew
├── RetryError         try the same call again
│   ├── ThrottleError  … after `retry_after` seconds
│   └── TransientError … after a growing pause
├── PermanentError     do not repeat: the request is wrong
│   ├── ScopeError     the app lacks a permission: the merchant asks the platform for it
│   └── ClockError     … until somebody has set this machine's clock
└── NotSetUpError      a part of the platform that the merchant has given no access to

MappingError is different: the call went well, but one record in the answer cannot be used.
"""

from typing import Any

from core.errors import OpsgraphError


class MarketplaceError(OpsgraphError):
    """A call to a marketplace failed; `platform_code` is the platform's own word for it."""

    code = "MARKETPLACE"

    def __init__(self, message: str, *, platform_code: str = "") -> None:
        super().__init__(message)
        self.platform_code = platform_code


class AuthError(MarketplaceError):
    """The session is missing, expired or revoked."""

    code = "MARKETPLACE_AUTH"


class RetryError(MarketplaceError):
    """The same call may succeed later.

    has_progress: whether a part of the page was got meanwhile, which will not be asked for again.
    """

    code = "MARKETPLACE_RETRY"
    has_progress = False


class ThrottleError(RetryError):
    """The platform asks to slow down, for `retry_after` seconds when it says so."""

    code = "MARKETPLACE_THROTTLED"

    def __init__(
        self, message: str, *, platform_code: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(message, platform_code=platform_code)
        self.retry_after = retry_after


class TransientError(RetryError):
    """A time-out, a broken answer or a platform fault that usually passes."""

    code = "MARKETPLACE_TRANSIENT"


class PermanentError(MarketplaceError):
    """The platform refuses this request whatever the time: do not repeat it."""

    code = "MARKETPLACE_REFUSED"


class ScopeError(PermanentError):
    """The app or its authorisation does not cover this method."""

    code = "MARKETPLACE_SCOPE"


class ClockError(PermanentError):
    """The platform refuses the time of our request: its clock and ours differ by too much."""

    code = "MARKETPLACE_CLOCK"

    def __init__(self, message: str, *, platform_code: str = "") -> None:
        todo = "this machine's clock is wrong: set it, best by a time service (NTP)"
        super().__init__(f"{message}; {todo}", platform_code=platform_code)


class NotSetUpError(MarketplaceError):
    """The stream needs credentials that the shop was registered without: nothing is wrong."""

    code = "NOT_SET_UP"


class MappingError(OpsgraphError):
    """One value of one record cannot be used: where it stood, what it was, what was expected."""

    code = "UNMAPPABLE"

    def __init__(self, where: str, value: Any, expected: str) -> None:
        super().__init__(f"{where}: expected {expected}, got {type(value).__name__}")
        self.where = where
        self.value = value
        self.expected = expected
