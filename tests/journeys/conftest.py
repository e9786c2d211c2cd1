"""What the journeys share."""

from collections.abc import Iterator

import pytest

from tests.journeys.site import Site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server for all tests of a module."""
    with Site(tmp_path_factory.mktemp("site") / "data") as running:
        yield running
