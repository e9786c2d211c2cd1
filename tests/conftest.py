"""What all tests share."""

from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

# Examples have no deadline: a busy machine is no reason to fail.
settings.register_profile("meridian", deadline=None)
settings.load_profile("meridian")

# Files of journeys that take longest. Each is one worker's, and one that began last would keep the others waiting.
_FIRST = (
    "test_console_pages.py",
    "test_terraform.py",
    "test_power_cut.py",
    "test_differential.py",
    "test_console_policies.py",
    "test_console_editor.py",
    "test_ansible.py",
    "test_cluster.py",
    "test_health_cluster.py",
    "test_explain.py",
    "test_replace.py",
    "test_generated.py",
    "test_outside.py",
    "test_blindness.py",
    "test_console_zones.py",
    "test_check_command.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest; within a file nothing moves (`make test` tells xdist to keep this order)."""
    ranks = {name: rank for rank, name in enumerate(_FIRST)}
    items.sort(key=lambda item: ranks.get(item.path.name, len(ranks)))


@pytest.fixture(autouse=True)
def _logs_as_at_first() -> Iterator[None]:
    """A command that a test runs sets logging up, to streams that end with the test."""
    yield
    structlog.reset_defaults()
