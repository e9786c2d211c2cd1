"""`meridian import` and `meridian export`: master files in and out, through the API as any client."""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from meridian import zonefile
from meridian.client import Api, bulk_body
from meridian.errors import MeridianError
from meridian.model.name import Name, parse, plain
from meridian.model.record import Action, RecordSet

_BATCH = 5000  # record sets: a fifth of a second's work, for which other writers wait
_OCTETS = 2 * 1024 * 1024  # of values, about: well below the largest request

Say = Callable[[str], None]


def import_zone(
    api: Api, zone: str, file: Path, *, create: bool, apex: bool, overwrite: bool, insync: bool, say: Say
) -> None:
    """
    Put a master file's record sets into a zone.

    Args:
        zone: Id or name.
        create: Create the zone if there is none with this name.
        apex: Replace SOA and apex NS by those of the file; otherwise the zone keeps its own.
        overwrite: Replace record sets that are there already; otherwise they are an error.
        insync: Wait until every live edge serves the zone.
        say: Takes lines for the user.

    Raises:
        MeridianError: The file or the server does not allow it. Batches sent before stay.
    """
    found = api.find_zone(zone)
    if found is None and not create:
        raise MeridianError(f"there is no zone {zone}; give --create to create it")
    name = found[1] if found is not None else parse(zone)
    content = zonefile.read(file, name)
    if not content.record_sets:
        raise MeridianError(f"{file}: holds no record at or below {plain(name)}")
    if content.skipped:
        kinds = ", ".join(f"{count} {kind}" for kind, count in content.skipped.items())
        say(f"{file}: left out what belongs to signing: {kinds}")
    of_apex = [record_set for record_set in content.record_sets if zonefile.is_at_apex(record_set, name)]
    others = [record_set for record_set in content.record_sets if not zonefile.is_at_apex(record_set, name)]
    zone_id = found[0] if found is not None else api.create_zone(zone, f"import-{uuid.uuid4()}")[0]
    if not overwrite:
        _require_room(api, zone_id, len(others))
    last = _send_all(api, zone_id, others, "UPSERT" if overwrite else "CREATE")
    if apex and of_apex:
        last = api.change(zone_id, "UPSERT", of_apex)
    if insync and last is not None:
        api.wait_in_sync(last)
    state = "in sync" if insync else "accepted"
    count = len(others) + (len(of_apex) if apex else 0)
    say(f"{count} record sets of {file} are {state} in zone {plain(name)} ({zone_id})")


def export_zone(api: Api, zone: str) -> Iterator[str]:
    """
    Give a zone as the lines of a master file.

    Raises:
        MeridianError: There is no such zone.
    """
    found = api.find_zone(zone)
    if found is None:
        raise MeridianError(f"there is no zone {zone}")
    zone_id, name = found
    record_sets = sorted(api.record_sets(zone_id), key=lambda record_set: not _is_soa(record_set, name))
    return zonefile.write(name, record_sets, zone_id)


def _is_soa(record_set: RecordSet, apex: Name) -> bool:
    """The SOA stands first in a master file (RFC 1035 §5.2)."""
    return record_set.type == "SOA" and record_set.name == apex


def _require_room(api: Api, zone_id: str, count: int) -> None:
    room = api.room(zone_id)
    if room < count:
        raise MeridianError(
            f"the zone has room for {room} more record sets, the file holds {count}; "
            "start the server with a higher quota, such as MERIDIAN_QUOTAS_RECORD_SETS_PER_ZONE=1000000"
        )


def _send_all(api: Api, zone_id: str, record_sets: Sequence[RecordSet], action: Action) -> str | None:
    """Send all in large batches, each prepared while the server works on the one before; give the last change's id."""
    progress = _Progress(len(record_sets))
    last = None
    with ThreadPoolExecutor(1, "import") as line:
        sent: Future[str] | None = None
        count = 0
        for batch in zonefile.batches(record_sets, record_sets=_BATCH, octets=_OCTETS):
            body = bulk_body(zone_id, action, zonefile.at_home(batch, zone_id))
            if sent is not None:
                last = sent.result()
                progress.add(count)
            sent, count = line.submit(api.change_many, body), len(batch)
        if sent is not None:
            last = sent.result()
            progress.add(count)
    progress.end()
    return last


class _Progress:
    """One line on standard error that says how far we are; rewritten on a terminal, else every five seconds."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._begun = self._shown = time.monotonic()
        self._terminal = sys.stderr.isatty()

    def add(self, count: int) -> None:
        self._done += count
        now = time.monotonic()
        if self._terminal or now - self._shown >= 5:
            self._shown = now
            self._show(now)

    def end(self) -> None:
        if self._total:
            self._show(time.monotonic())
        if self._terminal:
            print(file=sys.stderr)

    def _show(self, now: float) -> None:
        rate = self._done / max(now - self._begun, 0.001)
        left = (self._total - self._done) / max(rate, 0.001)
        share = self._done / max(self._total, 1)
        line = f"{self._done:,} of {self._total:,} record sets · {share:.0%} · {rate:,.0f} a second · {left:.0f} s left"
        print(f"\r{line}\033[K" if self._terminal else line, end="" if self._terminal else "\n", file=sys.stderr)
