"""The guards, met by a stock client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.site import Site, create, delete

pytestmark = pytest.mark.journey


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    environ = {"MERIDIAN_GUARD_LAST_ANSWER": "A,CNAME", "MERIDIAN_GUARD_SHARE": "0.5"}
    with Site(tmp_path / "site", environ=environ) as site:
        yield site


def test_what_is_taken_away_has_to_be_meant(site: Site) -> None:
    """A batch that a guard is against does nothing and says how to proceed; said again with its word it is done."""
    zone = site.create_zone("guarded.example")
    names = [f"h{n}.guarded.example" for n in range(4)]
    site.in_sync(site.change(zone, *(create(name, "A", "192.0.2.1") for name in names)))
    everything = [delete(name, "A", "192.0.2.1") for name in names]
    with pytest.raises(site.route53.exceptions.InvalidChangeBatch) as refused:
        site.change(zone, *everything)
    assert "Guard last-answer: this batch takes away the last answer of h0.guarded.example. A" in str(refused.value)
    assert "Guard share: this batch takes away 4 of the 6 record sets in zone guarded.example." in str(refused.value)
    assert site.answers("h0.guarded.example", "A") == {"192.0.2.1"}

    site.change(zone, delete(names[0], "A", "192.0.2.1"), create(names[0], "A", "192.0.2.2"))
    batch = {"Changes": everything[1:], "Comment": "moved away; meridian-allow=last-answer"}
    change = site.route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)["ChangeInfo"]["Id"]
    site.in_sync(change)
    assert site.answers("h0.guarded.example", "A") == {"192.0.2.2"}
    assert site.answers("h1.guarded.example", "A") == set()

    last = site.meridian("replace", zone, "h0.guarded.example", "A", str(_nothing(site)), "--yes")
    assert (last.returncode, "Guard last-answer" in last.stderr) == (2, True), last.stderr
    meant = ("--comment", "meridian-allow=last-answer")
    last = site.meridian("replace", zone, "h0.guarded.example", "A", str(_nothing(site)), "--yes", *meant)
    assert last.returncode == 0, last.stderr
    assert site.answers("h0.guarded.example", "A") == set()


def _nothing(site: Site) -> Path:
    file = site.folder.parent / "nothing.json"
    file.write_text('{"ResourceRecordSets": []}')
    return file
