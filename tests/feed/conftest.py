"""What the tests of feeds share."""

from collections.abc import Iterator

import pytest

from tests.feed.nats_server import NatsServer


@pytest.fixture(scope="session")
def nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """A NATS server that keeps running."""
    with NatsServer(tmp_path_factory.mktemp("nats")) as server:
        yield server
