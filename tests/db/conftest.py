"""An engine of the owner on a database without tables."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from core.db.database import engine_for_owner
from core.settings import Settings


@pytest.fixture
def owner(empty_settings: Settings) -> Iterator[Engine]:
    """The engine that migrations run with."""
    engine = engine_for_owner(empty_settings)
    yield engine
    engine.dispose()
