from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.feed import keys


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (keys.catalog_key(7), "catalog/007"),
        (keys.head_key("Z1"), "zone/Z1/head"),
        (keys.shard_key("Z1", 16, 3), "zone/Z1/shard/16.3"),
        (keys.ack_key("edge-1"), "acks/edge-1"),
        (keys.counts_key("edge-1"), "counts/edge-1"),
    ],
)
def test_key(key: str, expected: str) -> None:
    """Keys are as the architecture names them: they outlive the program that wrote them."""
    assert key == expected


@given(st.text())
def test_catalog_of_a_zone(zone_id: str) -> None:
    """Each zone has one catalog of 256, and the key names it back."""
    assert keys.catalog_number(keys.catalog_key(keys.catalog_of(zone_id))) == keys.catalog_of(zone_id) < 256


def test_catalog_of_is_stable() -> None:
    """The catalog of a zone never moves: edges and control of different releases agree."""
    assert [keys.catalog_of(zone_id) for zone_id in ("Z1", "Z2", "Z0MERIDIANVECTOR")] == [27, 161, 136]
