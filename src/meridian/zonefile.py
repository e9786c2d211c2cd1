"""
Master files (RFC 1035 §5) to record sets and back.

dnspython reads and writes the files; the values of record sets are the API's own text, which
differs from a master file's in its escapes (R-TXT-1).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.zone

from meridian.errors import MeridianError
from meridian.model import rdata
from meridian.model.name import Name, plain
from meridian.model.record import TYPES, RecordSet

# Made by whoever signs a zone; of no use in one that signs anew.
_OF_SIGNING = frozenset({"RRSIG", "DNSKEY", "NSEC", "NSEC3", "NSEC3PARAM", "CDS", "CDNSKEY"})
_SHOWN = 5  # problems that one error tells of


class ZoneFile(NamedTuple):
    """
    A master file's content.

    Attributes:
        record_sets: Ordered by shard slot and name, so that neighbours change the same shard.
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
    found: list[RecordSet] = []
    skipped: Counter[str] = Counter()
    problems: list[str] = []
    for owner, rdataset in _parse(file, apex):
        name = Name(tuple(label.lower() for label in owner.labels[:-1]))
        rtype = dns.rdatatype.to_text(rdataset.rdtype)
        if rtype in _OF_SIGNING:
            skipped[rtype] += 1
        elif rtype not in TYPES:
            problems.append(f"{plain(name)} {rtype}: a hosted zone cannot hold this type")
        else:
            found.append(_record_set(name, rtype, rdataset, problems))
    if problems:
        raise MeridianError(f"{file}: " + "; ".join(problems[:_SHOWN]) + _more(len(problems)))
    found.sort(key=lambda record_set: (record_set.name.slot, record_set.name.labels, TYPES[record_set.type]))
    return ZoneFile(found, skipped)


def write(apex: Name, record_sets: Iterable[RecordSet]) -> Iterator[str]:
    """
    Write record sets as the lines of a master file, without line ends.

    Aliases and policies have no form there; they become comments that say what they are.
    """
    yield f"$ORIGIN {plain(apex)}"
    for record_set in record_sets:
        if record_set.alias is not None or record_set.set_identifier is not None:
            yield f"; {_described(record_set)}"
        if record_set.ttl is not None:
            mark = "; " if record_set.set_identifier is not None else ""
            for value in record_set.values:
                text = _master_text(record_set.type, value)
                yield f"{mark}{_shown(record_set.name)} {record_set.ttl} IN {record_set.type} {text}"


def batches(record_sets: Sequence[RecordSet], *, values: int, characters: int) -> Iterator[list[RecordSet]]:
    """
    Cut record sets into change batches, in order.

    Args:
        values: Most values in one batch.
        characters: Most characters of all values in one batch (R-CHG-9).
    """
    batch: list[RecordSet] = []
    values_left, characters_left = values, characters
    for record_set in record_sets:
        count, size = len(record_set.values), sum(map(len, record_set.values))
        if batch and (count > values_left or size > characters_left):
            yield batch
            batch, values_left, characters_left = [], values, characters
        batch.append(record_set)
        values_left -= count
        characters_left -= size
    if batch:
        yield batch


def is_at_apex(record_set: RecordSet, apex: Name) -> bool:
    """Tell whether this is the SOA or the apex NS record set, which a hosted zone has from its creation (R-APX-1)."""
    return record_set.name == apex and record_set.type in ("SOA", "NS")


def _parse(file: Path, apex: Name) -> Iterator[tuple[dns.name.Name, dns.rdataset.Rdataset]]:
    try:
        text = file.read_text()
        zone = _zone(text, apex, file)
    except OSError as error:
        raise MeridianError(f"{error.filename or file}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise MeridianError(f"{file}: not text in UTF-8: {error.reason} at octet {error.start}") from None
    except (dns.exception.DNSException, ValueError) as error:
        raise MeridianError(_problem(str(error) or type(error).__name__, text, apex, file)) from None
    for owner, node in zone.nodes.items():
        for rdataset in node:
            yield owner, rdataset


def _zone(text: str, apex: Name, file: Path) -> dns.zone.Zone:
    origin = dns.name.Name((*apex.labels, b""))
    return dns.zone.from_text(
        text, origin, relativize=False, check_origin=False, allow_include=True, filename=str(file)
    )


def _problem(said: str, text: str, apex: Name, file: Path) -> str:
    """
    What dnspython said, with the right line.

    It names the line after the wrong one if it had read to the end of that; so if the lines before
    the one named fail as well, the last of them is meant.
    """
    found = re.fullmatch(rf"{re.escape(str(file))}:(\d+): (.*)", said, re.DOTALL)
    if found is None:
        return said if str(file) in said else f"{file}: {said}"
    line = int(found[1])
    try:
        _zone("".join(text.splitlines(keepends=True)[: line - 1]), apex, file)
    except dns.exception.DNSException:
        line -= 1
    return f"{file}:{line}: {found[2]}"


def _record_set(name: Name, rtype: str, rdataset: dns.rdataset.Rdataset, problems: list[str]) -> RecordSet:
    values = []
    for item in rdataset:
        try:
            values.append(rdata.decode(rtype, item.to_wire()))
        except ValueError as error:
            problems.append(f"{plain(name)} {rtype} {item.to_text()}: {error}")
    return RecordSet(name, rtype, ttl=rdataset.ttl, values=tuple(values))


def _master_text(rtype: str, value: str) -> str:
    wire = rdata.encode(rtype, value)
    return dns.rdata.from_wire(dns.rdataclass.IN, dns.rdatatype.from_text(rtype), wire, 0, len(wire)).to_text()


def _shown(name: Name) -> str:
    return dns.name.Name((*name.labels, b"")).to_text()


def _described(record_set: RecordSet) -> str:
    words = [plain(record_set.name), record_set.type]
    if record_set.set_identifier is not None:
        words.append(f"{record_set.policy} '{record_set.set_identifier}'")
    if record_set.alias is not None:
        words.append(f"alias of {record_set.alias.dns_name} in {record_set.alias.hosted_zone_id}")
    return " ".join(words)


def _more(count: int) -> str:
    return f"; and {count - _SHOWN} more" if count > _SHOWN else ""
