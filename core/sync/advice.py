"""What a person should do about an error of a pull: a sentence for each code."""

AGAIN = "Nothing: it is tried again by itself."
UNKNOWN = "Look into the worker's log, which says more."

ADVICE = {
    "MARKETPLACE_AUTH": "Authorise the app for this shop again on the platform, then register the "
    "shop again with the new tokens (registerShop).",
    "MARKETPLACE_SCOPE": "Ask the platform for the permission that is named, authorise the app "
    "again if it says so, then call syncShop.",
    "MARKETPLACE_CLOCK": "Set the clock of the worker's machine (NTP): the platform's differs by "
    "minutes.",
    "MARKETPLACE_THROTTLED": "Nothing: opsgraph waits until the next run. If it comes back, give "
    "the shop fewer requests_per_second, or ask who else uses the same app.",
    "MARKETPLACE_TRANSIENT": f"{AGAIN} If it lasts for hours, look at the platform's status page, "
    "and at the shop's base_url if it has one.",
    "MARKETPLACE_RETRY": AGAIN,
    "MARKETPLACE_REFUSED": "The platform refuses the request itself: compare the app's key and "
    "secret and the shop's number and config with the platform's, and register the shop again. If "
    "they are right, report it as a bug.",
    "MARKETPLACE": UNKNOWN,
    "NOT_SET_UP": "Nothing, unless you want these data: then register the shop again with the "
    "credentials that are named.",
    "COUNT_MISMATCH": "Pull it again: opsgraph sync --stream … --since …",
    "LEASE_LOST": "Nothing: another worker has taken over.",
    "CONFIGURATION": "Mend the installation as the message says; it is tried again by itself.",
    "BAD_INPUT": "Register the shop again (registerShop) with what is named.",
    "OVERLOADED": AGAIN,
    "TIMED_OUT": AGAIN,
    "ERROR": UNKNOWN,
}


def what_to_do(code: str | None) -> str | None:
    """The sentence for an error's code; None without an error."""
    return None if code is None else ADVICE.get(code, UNKNOWN)
