"""The gateway answers generated questions exactly as a plain execution over lists does.

OPSGRAPH_TEST_EXAMPLES says how many documents, other ones each time; without it a few hundred are
asked, always the same.
"""

import os

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how

from tests.graph.differential.house import House, plain
from tests.graph.differential.questions import Question, Questions
from tests.graph.differential.verdict import difference
from tests.graphql import Api

pytestmark = pytest.mark.anyio

EXAMPLES = os.environ.get("OPSGRAPH_TEST_EXAMPLES", "")
MANY = how(
    max_examples=int(EXAMPLES or 250),
    deadline=None,
    derandomize=not EXAMPLES,
    database=None,
    suppress_health_check=list(HealthCheck),
)
QUESTIONS = Questions(plain().schema)


@pytest.fixture
def house(api: Api) -> House:
    """The gateway and the oracle over the same awkward data."""
    return House(api)


@MANY
@given(asked=QUESTIONS.all())
async def test_both_answer_alike(house: House, asked: list[Question]) -> None:
    """Data, their order and all errors are those of the oracle, whatever is asked, by whomever."""
    for question in asked:
        expected = await house.expected(question)

        told = await house.told(question)

        assert "" == difference(expected, told), question
