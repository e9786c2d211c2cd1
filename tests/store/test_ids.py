from __future__ import annotations

import re

from meridian.store.ids import new_id


def test_ids_have_the_prefix_and_the_length() -> None:
    """records.md §11: capitals and digits; no two alike."""
    ids = [new_id("Z") for _ in range(1000)]

    assert all(re.fullmatch(r"Z[A-Z0-9]{19}", each) for each in ids)
    assert len(set(ids)) == 1000
    assert re.fullmatch(r"AKIA[A-Z0-9]{4}", new_id("AKIA", 8))
