"""How many looks a limit on descriptors allows, asked in processes with limits of their own."""

from __future__ import annotations

import subprocess
import sys

import pytest

ASK = (
    "from meridian.health.descriptors import looks_at_once; "
    "print(looks_at_once(), resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
)


@pytest.mark.parametrize(
    ("soft", "hard", "looks", "raised"),
    [(1024, 1024, 512, 1024), (256, 4096, 2048, 4096), (1024, 16_000, 8000, 16_000), (4096, 16_400, 8192, 16_400)],
)
def test_the_soft_limit_is_raised_and_half_of_it_used(soft: int, hard: int, looks: int, raised: int) -> None:
    """Half of the descriptors are for looks, up to 8,192 of them."""
    limits = f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard})); "
    found = subprocess.run([sys.executable, "-c", limits + ASK], capture_output=True, text=True, check=True)
    assert tuple(map(int, found.stdout.split()[-2:])) == (looks, raised)
