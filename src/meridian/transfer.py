"""`meridian import` and `meridian export`: zones in and out, through the API as any client."""

from __future__ import annotations

import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import msgspec

from meridian import zonefile
from meridian.client import Api, bulk_body
from meridian.errors import MeridianError
from meridian.model.name import Name, parse, plain
from meridian.model.record import Action, RecordSet
from meridian.policy_comment import SELF

_BATCH = 5000  # record sets: a fifth of a second's work, for which other writers wait
_OCTETS = 2 * 1024 * 1024  # of values, about: well below the largest request

Say = Callable[[str], None]
Read = Callable[[Name], zonefile.ZoneFile]
"""From the name of the zone to what is to be put into it."""


def import_zone(
    api: Api, zone: str, read: Read, source: str, *, create: bool, apex: bool, overwrite: bool, insync: bool, say: Say
) -> None:
    """
    Put record sets from elsewhere into a zone.

    Args:
        zone: Id or name.
        read: Gives what is to be put in; `of_file` or `of_route53`.
        source: What that is, for people.
        create: Create the zone if there is none with this name.
        apex: Replace SOA and apex NS by those of the source; otherwise the zone keeps its own.
        overwrite: Replace record sets that are there already; otherwise they are an error.
        insync: Wait until every live edge serves the zone.
        say: Takes lines for the user.

    Raises:
        MeridianError: The source or the server does not allow it. Batches sent before stay.
    """
    found = api.find_zone(zone)
    if found is None and not create:
        raise MeridianError(f"there is no zone {zone}; give --create to create it")
    name = found[1] if found is not None else parse(zone)
    content = read(name)
    if not content.record_sets:
        raise MeridianError(f"{source}: holds no record at or below {plain(name)}")
    if content.skipped:
        kinds = ", ".join(f"{count} {kind}" for kind, count in content.skipped.items())
        say(f"{source}: left out what belongs to signing: {kinds}")
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
    say(f"{count} record sets of {source} are {state} in zone {plain(name)} ({zone_id})")


def of_file(file: Path) -> Read:
    """What a master file holds."""
    return lambda name: zonefile.read(file, name)


def of_route53(elsewhere: Api, zone: str | None, api: Api, say: Say) -> Read:
    """
    What a hosted zone of another Route 53, or of what speaks its API, holds.

    The health checks that it names are made anew here, so that record sets can name them; each once,
    however often this is done.

    Args:
        zone: Its id or name there; None for the name that it has here.
        api: Where the record sets are to go.
    """

    def read(name: Name) -> zonefile.ZoneFile:
        found = elsewhere.find_zone(zone or name.text)
        if found is None:
            raise MeridianError(f"{elsewhere.url}: there is no zone {zone or plain(name)}")
        if found[1] != name:
            raise MeridianError(f"{elsewhere.url}: zone {zone} is named {plain(found[1])}, not {plain(name)}")
        held = list(_within(elsewhere.record_sets(found[0]), found[0]))
        checks = _Checks(elsewhere, api)
        renamed = [checks.renamed(record_set) for record_set in held]
        if checks.made:
            say(f"{len(checks.made)} health checks are made anew here: {', '.join(sorted(checks.made.values()))}")
        return zonefile.ZoneFile(zonefile.in_order(renamed), Counter())

    return read


def _within(record_sets: Iterable[RecordSet], zone_id: str) -> Iterator[RecordSet]:
    """Aliases within the zone lead to the zone that they are put into."""
    for held in record_sets:
        if held.alias is not None and held.alias.hosted_zone_id == zone_id:
            yield msgspec.structs.replace(held, alias=msgspec.structs.replace(held.alias, hosted_zone_id=SELF))
        else:
            yield held


class _Checks:
    """Health checks there, and those made here in their place."""

    def __init__(self, there: Api, here: Api) -> None:
        self._there, self._here = there, here
        self.made: dict[str, str] = {}

    def renamed(self, record_set: RecordSet) -> RecordSet:
        """The record set with the health check that stands for its own."""
        if record_set.health_check_id is None:
            return record_set
        return msgspec.structs.replace(record_set, health_check_id=self._make(record_set.health_check_id))

    def _make(self, there: str) -> str:
        if there not in self.made:
            config = self._there.call("get_health_check", HealthCheckId=there)["HealthCheck"]["HealthCheckConfig"]
            if children := config.get("ChildHealthChecks"):
                config = {**config, "ChildHealthChecks": [self._make(child) for child in children]}
            reference = f"import-{there}"  # the same each time: a second import finds the check of the first
            made = self._here.call("create_health_check", CallerReference=reference, HealthCheckConfig=config)
            self.made[there] = str(made["HealthCheck"]["Id"])
        return self.made[there]


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
