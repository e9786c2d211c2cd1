"""What all tests share."""

from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

# Examples have no deadline: a busy machine is no reason to fail.
settings.register_profile("meridian", deadline=None)
settings.load_profile("meridian")


@pytest.fixture(autouse=True)
def _logs_as_at_first() -> Iterator[None]:
    """A command that a test runs sets logging up, to streams that end with the test."""
    yield
    structlog.reset_defaults()
