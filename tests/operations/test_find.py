"""Finding record sets of one zone."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.api.operations.find import find_records
from meridian.errors import InvalidInput, NoSuchHostedZone
from tests.operations.calls import change, create_zone, upsert


def find(context: Context, zone_id: str, **asked: Any) -> dict[str, Any]:
    request = HttpRequest("GET", b"", urlencode(asked).encode(), (), b"", {"zone_id": zone_id})
    return find_records(context, request)


@pytest.fixture
def zone_id(context: Context) -> str:
    zone_id = create_zone(context)
    other = create_zone(context, "other.example", "o")
    arms = [upsert("app.example.com", "A", f"192.0.2.{n}", SetIdentifier=f"arm-{n}", Weight=n) for n in (1, 10)]
    records = [upsert("www.example.com", "A", "192.0.2.1"), upsert("www.example.com", "TXT", '"192.0.2.10 is it"')]
    change(context, zone_id, *arms, *records)
    change(context, other, upsert("www.other.example", "A", "192.0.2.1"))
    return zone_id


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"q": "www"}, ["www.example.com. A", "www.example.com. TXT"]),
        ({"q": "www", "type": "TXT"}, ["www.example.com. TXT"]),
        ({"q": "arm-10"}, ["app.example.com. A arm-1", "app.example.com. A arm-10"]),
        ({"q": "192.0.2.1"}, ["app.example.com. A arm-1", "app.example.com. A arm-10", "www.example.com. A"]),
        ({"q": "192.0.2.10", "type": "TXT"}, ["www.example.com. TXT"]),
        ({"type": "SOA"}, ["example.com. SOA"]),
        ({"q": "other"}, []),
    ],
)
def test_found(context: Context, zone_id: str, asked: dict[str, str], expected: list[str]) -> None:
    """Names, values, identifiers and addresses of this zone alone; of a policy group all arms."""
    found = find(context, zone_id, **asked)["ResourceRecordSets"]
    said = [" ".join(filter(None, (each["Name"], each["Type"], each.get("SetIdentifier")))) for each in found]
    assert said == expected


def test_more(context: Context, zone_id: str) -> None:
    """A search ends at its limit, and says that there are others."""
    assert find(context, zone_id, q="example", limit=2)["more"]
    assert not find(context, zone_id, q="www", limit=2)["more"]


@pytest.mark.parametrize("asked", [{}, {"q": " "}, {"q": "x" * 256}, {"q": "a", "type": "TYPE9"}, {"q": "a", "x": "1"}])
def test_refused(context: Context, zone_id: str, asked: dict[str, str]) -> None:
    """What is to be looked for has to be said."""
    with pytest.raises(InvalidInput):
        find(context, zone_id, **asked)


def test_zones_of_others(context: Context) -> None:
    """A zone that is not the account's is not there."""
    with pytest.raises(NoSuchHostedZone):
        find(context, "Z1", q="a")
