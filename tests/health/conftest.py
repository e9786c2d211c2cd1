"""What tests of health checks share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.certificates import Authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Signs the certificates of endpoints."""
    folder: Path = tmp_path_factory.mktemp("certificates")
    return Authority(folder)
