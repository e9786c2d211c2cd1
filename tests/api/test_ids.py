from __future__ import annotations

import pytest

from meridian.api.ids import bare_id


@pytest.mark.parametrize(
    ("given", "bare"),
    [
        ("Z1", "Z1"),
        ("/hostedzone/Z1", "Z1"),
        ("hostedzone/Z1", "Z1"),
        ("/change/C1", "C1"),
        ("delegationset/N1", "N1"),
        ("", ""),
        ("/", "/"),
        ("/Z1", "/Z1"),
        ("/healthcheck/x", "/healthcheck/x"),
        ("hostedzone", "hostedzone"),
        ("/hostedzone/", ""),
        ("/hostedzone/Z1/x", "Z1/x"),
    ],
)
def test_prefixes_come_off(given: str, bare: str) -> None:
    """Three prefixes are dropped, with or without a slash in front; anything else stays (R-API-9)."""
    assert bare_id(given) == bare
