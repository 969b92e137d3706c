"""JD sends what is asked for: which documented fields that is, and which it is not."""

from plugins.marketplaces.jd.sources import SOURCES
from tests.plugins.marketplaces.feeds import whole
from tests.plugins.marketplaces.jd.unread import UNASKED


def test_every_field_of_an_order_is_asked_for_or_left_for_a_reason() -> None:
    """No field that JD documents is forgotten, and none is asked for that JD does not have."""
    documented = set(whole("jd", "order"))

    asked = set(SOURCES["orders"].listing.params["optional_fields"].split(","))
    left = {name for names in UNASKED.values() for name in names.split()}

    assert documented == asked | left
    assert not asked & left
