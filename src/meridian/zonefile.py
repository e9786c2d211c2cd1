"""
Master files (RFC 1035 §5) to record sets and back.

The values of record sets are the API's own text, which differs from a master file's in its escapes
(R-TXT-1). What master files have no form for, aliases and routing policies, stands in their comments.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import dns.name
import msgspec

from meridian.changes.shape import read_changes
from meridian.errors import ApiError, MeridianError
from meridian.masterfile import Reader, Records
from meridian.model import rdata
from meridian.model.name import Name, parse, plain, slot_of
from meridian.model.record import TYPES, RecordSet
from meridian.policy_comment import SELF, write_comment

# Made by whoever signs a zone; of no use in one that signs anew.
_OF_SIGNING = frozenset({"RRSIG", "DNSKEY", "NSEC", "NSEC3", "NSEC3PARAM", "CDS", "CDNSKEY"})
_SHOWN = 5  # problems that one error tells of


class ZoneFile(NamedTuple):
    """
    A master file's content.

    Attributes:
        record_sets: Those without policy and alias first, ordered by shard slot and name, so that
            neighbours change the same shard; then those with a policy; then aliases, after what they
            lead to. An alias within the zone has `SELF` for the zone's id.
        skipped: How many record sets of DNSSEC were left out, by type.
    """

    record_sets: list[RecordSet]
    skipped: Counter[str]


def read(file: Path, apex: Name) -> ZoneFile:
    """
    Read a master file; relative names in it are under `apex`, names outside it are passed over.

    Raises:
        MeridianError: The file cannot be read, or holds what a hosted zone cannot; names file and line
            or name and type.
    """
    return read_text(_text(file), apex, file)


def read_text(text: str, apex: Name, file: Path, *, trusted: bool = True) -> ZoneFile:
    """
    Read a master file's text.

    Args:
        file: What errors name.
        trusted: Whether it may include other files of this machine, and generate records without end.

    Raises:
        MeridianError: As `read`.
    """
    with _without_collections():
        reader = Reader(apex, file, trusted=trusted)
        skipped: Counter[str] = Counter()
        found: list[RecordSet] = []
        marked = reader.record_sets
        for records in reader.read(text):
            if records.type in _OF_SIGNING:
                skipped[records.type] += 1
            elif records.type not in TYPES:
                reader.problems.append(
                    f"{plain(parse(records.name))} {records.type}: a hosted zone cannot hold this type"
                )
            elif records.marks:
                marked.append(_members(records))
            else:
                found.append(RecordSet(parse(records.name), records.type, ttl=records.ttl, values=records.values))
        problems = [*reader.problems, *_beside_a_cname(found)]
        if problems:
            raise MeridianError(f"{file}: " + "; ".join(problems[:_SHOWN]) + _more(len(problems)))
        return ZoneFile(in_order([*found, *_read_marked(marked, file)]), skipped)


def write(apex: Name, record_sets: Iterable[RecordSet], zone_id: str = "") -> Iterator[str]:
    """
    Write record sets as the lines of a master file, without line ends.

    Aliases and policies become comments that `read` reads, and all others pass over. The root of a policy record
    becomes one that only says what it was.

    Args:
        zone_id: Of the zone itself: aliases that lead to it are written so that they do in any zone.
    """
    yield f"$ORIGIN {plain(apex)}"
    for record_set in record_sets:
        if record_set.traffic_policy_instance_id is not None:
            # No import can bring it back (R-CHG-13), so `read` passes it over too.
            told = f"traffic policy instance {record_set.traffic_policy_instance_id}"
            yield f"; {plain(record_set.name)} {record_set.type} {told}"
        elif not record_set.is_plain:
            yield write_comment(record_set, zone_id)
        else:
            owner = _shown(record_set.name)
            for value in record_set.values:
                text = rdata.to_master(record_set.type, value)
                yield f"{owner} {record_set.ttl} IN {record_set.type} {text}"


def at_home(record_sets: Iterable[RecordSet], zone_id: str) -> Iterator[RecordSet]:
    """Give aliases that lead to `SELF` the zone's id."""
    for record_set in record_sets:
        alias = record_set.alias
        if alias is not None and alias.hosted_zone_id == SELF:
            alias = msgspec.structs.replace(alias, hosted_zone_id=zone_id)
            yield msgspec.structs.replace(record_set, alias=alias)
        else:
            yield record_set


def in_order(record_sets: Iterable[RecordSet]) -> list[RecordSet]:
    """
    The order in which a server takes record sets, and takes them quickly.

    Those without policy and alias first, by shard slot, NS before DS; then policies; aliases last, each
    after what it leads to: a server looks for that when it reads the alias (R-CHG-3).
    """
    kinds: dict[str, list[RecordSet]] = {"plain": [], "policy": [], "alias": []}
    for held in record_sets:
        kinds["alias" if held.alias else "plain" if held.is_plain else "policy"].append(held)
    kinds["plain"].sort(key=lambda held: (slot_of(held.name.labels), held.name.labels, TYPES[held.type]))
    leads_to: dict[tuple[Name, str], list[tuple[Name, str]]] = {}
    for held in kinds["alias"]:
        assert held.alias is not None
        leads_to.setdefault((held.name, held.type), []).append((parse(held.alias.dns_name), held.type))
    try:
        ranks = {place: rank for rank, place in enumerate(TopologicalSorter(leads_to).static_order())}
        kinds["alias"].sort(key=lambda held: ranks[held.name, held.type])
    except CycleError:
        pass  # the server says which lead back to themselves
    return [*kinds["plain"], *kinds["policy"], *kinds["alias"]]


def batches(found: Sequence[RecordSet], *, record_sets: int, octets: int) -> Iterator[list[RecordSet]]:
    """
    Cut record sets into batches, in order.

    Args:
        record_sets: Most in one batch.
        octets: Of all their values in one batch, after which another begins.
    """
    batch: list[RecordSet] = []
    size = 0
    for record_set in found:
        if len(batch) == record_sets or size >= octets:
            yield batch
            batch, size = [], 0
        batch.append(record_set)
        size += sum(map(len, record_set.values))
    if batch:
        yield batch


def is_at_apex(record_set: RecordSet, apex: Name) -> bool:
    """Tell whether this is the SOA or the apex NS record set, which a hosted zone has from its creation (R-APX-1)."""
    return record_set.name == apex and record_set.type in ("SOA", "NS")


@contextmanager
def _without_collections() -> Iterator[None]:
    """Let Python look for no cycles: among millions of values that make none, that takes most of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except OSError as error:
        raise MeridianError(f"{error.filename or file}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise MeridianError(f"{file}: not text in UTF-8: {error.reason} at octet {error.start}") from None


def _beside_a_cname(record_sets: Iterable[RecordSet]) -> Iterator[str]:
    """Names at which something stands beside a CNAME (RFC 2181 §10.1): told before anything is sent."""
    record_sets = list(record_sets)
    aliased = {record_set.name for record_set in record_sets if record_set.type == "CNAME"}
    for record_set in record_sets:
        if record_set.name in aliased and (record_set.type != "CNAME" or len(record_set.values) > 1):
            yield f"{plain(record_set.name)} {record_set.type}: a CNAME must be alone at its name"


def _members(records: Records) -> dict[str, object]:
    """In the API's form, with the policy that a comment gave to the records."""
    values = [{"Value": value} for value in records.values]
    return {"Name": records.name, "Type": records.type, "TTL": records.ttl, "ResourceRecords": values, **records.marks}


def _read_marked(marked: Sequence[dict[str, object]], file: Path) -> list[RecordSet]:
    if not marked:
        return []
    changes = [{"Action": "CREATE", "ResourceRecordSet": members} for members in marked]
    try:
        return [change.record_set for change in read_changes({"Changes": changes}, None)]
    except ApiError as error:
        raise MeridianError(f"{file}: {error.message}") from None
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise MeridianError(f"{file}: a comment holds no record set of the API: {error!r}") from None


def _shown(name: Name) -> str:
    text = name.text
    return text if "\\" not in text and text != "." else dns.name.Name((*name.labels, b"")).to_text()


def _more(count: int) -> str:
    return f"; and {count - _SHOWN} more" if count > _SHOWN else ""
