"""TOP sends what is asked for: which documented fields that is, and which it is not."""

import pytest

from plugins.marketplaces.taobao.sources import SOURCES
from tests.plugins.marketplaces.feeds import under, whole
from tests.plugins.marketplaces.taobao.unread import UNASKED


@pytest.mark.parametrize("stream", ["orders", "refunds"])
def test_every_field_is_asked_for_or_left_for_a_reason(stream: str) -> None:
    """No field that TOP documents is forgotten, and none is asked for that TOP does not have."""
    documented = whole("taobao", SOURCES[stream].kind)
    lines = documented.pop("orders", {"order": [{}]})["order"]
    names = {*documented, *under("orders", " ".join(lines[0])).split()}

    asked = set(SOURCES[stream].listings[0].params["fields"].split(","))
    left = {name for names in UNASKED[stream].values() for name in names.split()}

    assert names == asked | left
    assert not asked & left
