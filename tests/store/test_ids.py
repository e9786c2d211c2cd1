from __future__ import annotations

import re

from meridian.store.ids import new_id, new_uuid


def test_ids_have_the_prefix_and_the_length() -> None:
    """records.md §11: capitals and digits; no two alike."""
    ids = [new_id("Z") for _ in range(1000)]

    assert all(re.fullmatch(r"Z[A-Z0-9]{19}", each) for each in ids)
    assert len(set(ids)) == 1000
    assert re.fullmatch(r"AKIA[A-Z0-9]{4}", new_id("AKIA", 8))


def test_uuids_are_in_lower_case() -> None:
    """records.md §11: health checks, traffic policies and CIDR collections; the service model's own pattern."""
    ids = [new_uuid() for _ in range(100)]

    assert all(re.fullmatch(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", each) for each in ids)
    assert len(set(ids)) == 100
