"""The examples that plugins offer: each runs as it stands, and shows something worth a look."""

import json

import pytest

from core.plugin import Example
from tests.graph.marked import Marked
from tests.graphql import Api, built_in

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("example", built_in().examples, ids=lambda example: example.title)
async def test_example(api: Api, example: Example) -> None:
    """An analyst who tries the example gets data and no errors, on an empty database or a full."""
    merchant = Marked(7005, "E", 7)
    merchant.fill(api.database, 4711)
    token = api.token(merchant.merchant_id, "analyst")

    answer = await api.ask(example.query, json.loads(example.variables), token=token)

    assert answer.data
    assert example.description
