"""What ARK's refusals mean for the caller, as a table: the first rule that fits decides.

ARK publishes no list of error codes (its documentation's own endpoint for them is empty), so
words decide where no code is known. Known codes: -9013 is the throttle of one method, -2000101 an
order that isn't there, -2000400 a wrong parameter (seen in public clients, 2026).
"""

import re
from dataclasses import dataclass

from core.marketplace.errors import (
    AuthError,
    ClockError,
    MarketplaceError,
    PermanentError,
    ScopeError,
    ThrottleError,
    TransientError,
)


class ObjectRefusedError(PermanentError):
    """A refusal that speaks of what was asked for, not of who asks or of the platform's health."""


@dataclass(frozen=True)
class Rule:
    """Refusals with one of these codes, or with a text in which the pattern is found."""

    error: type[MarketplaceError]
    words: re.Pattern[str]
    codes: frozenset[str] = frozenset()

    def fits(self, code: str, text: str) -> bool:
        return code in self.codes or bool(self.words.search(text))


def _rule(error: type[MarketplaceError], words: str, *codes: str) -> Rule:
    return Rule(error, re.compile(words, re.IGNORECASE), frozenset(codes))


RULES = (
    _rule(ThrottleError, r"限流|频率|频繁|too many|rate.?limit|qps", "-9013", "429"),
    _rule(ScopeError, r"权限|无权|permission|forbidden", "403"),
    _rule(AuthError, r"token|授权|未登录", "401"),
    _rule(ClockError, r"(时间戳|timestamp).*(过期|expired)"),
    _rule(PermanentError, r"签名|\bsign(ature)?\b|时间戳|timestamp|app_?id|版本|\bversion\b"),
    _rule(
        TransientError,
        r"系统|超时|繁忙|稍后|重试|服务(异常|错误|不可用)|time.?out|busy|internal|unavailable",
        *("500", "502", "503", "504"),
    ),
)


def error_for(code: str, text: str) -> type[MarketplaceError]:
    """The class of the refusal; one that no rule knows is about the object asked for."""
    for rule in RULES:
        if rule.fits(code, text):
            return rule.error
    return ObjectRefusedError
