"""Zones made from a seed."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import dns.rdatatype
import dns.zone
import pytest

from tests.peers.zones import TYPES, Zone, generate, questions, write

RECORDS = 5_000


@pytest.fixture(scope="module")
def zone() -> Zone:
    return generate(7, RECORDS)


def test_the_same_seed_makes_the_same_zone_and_questions(zone: Zone) -> None:
    """And another seed makes others."""
    assert generate(7, RECORDS) == zone
    assert generate(8, RECORDS) != zone
    assert questions(zone, 1, 500) == questions(zone, 1, 500)
    assert questions(zone, 1, 500) != questions(zone, 2, 500)


def test_the_zone_is_valid(zone: Zone) -> None:
    """One TTL a record set, no CNAME beside other data, no NS at a wildcard, no record twice."""
    types = defaultdict(set)
    ttls = defaultdict(set)
    for record in zone.records:
        types[record.owner].add(record.type)
        ttls[record.owner, record.type].add(record.ttl)
    assert len(set(zone.records)) == len(zone.records) >= RECORDS
    assert [owner for owner, held in types.items() if "CNAME" in held and len(held) > 1] == []
    assert [key for key, values in ttls.items() if len(values) > 1] == []
    assert [owner for owner, held in types.items() if "NS" in held and owner.labels[0] == b"*"] == []


def test_the_zone_holds_what_servers_disagree_about(zone: Zone) -> None:
    """Each kind of record set, wildcards within wildcards, cuts below cuts, names of full length."""
    owners = {record.owner for record in zone.records}
    cuts = {record.owner for record in zone.records if record.type == "NS"} - {zone.apex}
    assert {record.type for record in zone.records} >= {dns.rdatatype.to_text(t) for t in TYPES[:17]}
    assert any(owner.labels[0] == b"*" for owner in owners)
    assert any(b"*" in owner.labels[1:] for owner in owners)
    assert any(owner.parent() in cuts for owner in cuts)
    assert any(sum(len(label) + 1 for label in owner.labels) == 255 for owner in owners)


def test_a_master_file_reads_back_as_the_zone(zone: Zone, tmp_path: Path) -> None:
    """Escapes and long texts come through dnspython's own reader."""
    write(zone, tmp_path / "zone")
    read = dns.zone.from_file(str(tmp_path / "zone"), origin=zone.apex, relativize=False)
    assert sum(len(rdataset) for _, rdataset in read.iterate_rdatasets()) == len(zone.records)
    assert set(read.nodes) == {record.owner for record in zone.records}


def test_questions_have_names_that_exist_and_names_that_do_not(zone: Zone) -> None:
    """At least a quarter of each."""
    owners = {record.owner for record in zone.records}
    asked = questions(zone, 1, 2_000)
    existing = sum(question.name in owners for question in asked)
    assert 500 <= existing <= 1_500
