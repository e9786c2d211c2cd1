"""`/meridian/zones/ID/file`, calls of our own: a zone as a master file, and back (docs/reference/import.md)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from meridian import zonefile
from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.api.native import Stream
from meridian.changes.shape import to_api
from meridian.errors import InvalidInput, MeridianError
from meridian.model.record import RecordSet
from meridian.store import record as records
from meridian.store import zone as zones
from meridian.store.record import Start

PATH = "/meridian/zones/{zone_id}/file"

_PAGE = 5000  # record sets read at a time
_FILE = Path("zone file")  # what errors name


def write_file(context: Context, request: HttpRequest) -> Stream:
    """The zone as a master file (RFC 1035 §5), as `meridian export` writes it."""
    with context.database.read() as conn:
        zone = zones.owned(conn, context.caller.account_id, request.parts["zone_id"])
        found = list(_record_sets(conn, zone.id))
    first = [each for each in found if each.type == "SOA" and each.name == zone.name]
    others = (each for each in found if not (each.type == "SOA" and each.name == zone.name))
    lines = zonefile.write(zone.name, [*first, *others], zone.id)
    return Stream("text/dns; charset=utf-8", _once("\n".join([*lines, ""]).encode()))


def read_file(context: Context, request: HttpRequest) -> dict[str, Any]:
    """
    What a master file holds, in the two forms that `/meridian/import` takes; nothing is changed by this.

    SOA and NS of the apex are counted and left out: a zone keeps its own.
    """
    try:
        text = request.body.decode()
    except UnicodeDecodeError as error:
        raise InvalidInput(f"The file is not text in UTF-8: {error.reason} at octet {error.start}") from None
    with context.database.read() as conn:
        zone = zones.owned(conn, context.caller.account_id, request.parts["zone_id"])
    try:
        content = zonefile.read_text(text, zone.name, _FILE, trusted=False)
    except MeridianError as error:
        raise InvalidInput(str(error)) from None
    found = [each for each in content.record_sets if not zonefile.is_at_apex(each, zone.name)]
    plain = [[each.name.text, each.type, each.ttl, list(each.values)] for each in found if each.is_plain]
    others = [to_api(each) for each in zonefile.at_home((each for each in found if not each.is_plain), zone.id)]
    return {
        "records": plain,
        "ResourceRecordSets": others,
        "apex": len(content.record_sets) - len(found),
        "skipped": dict(content.skipped),
    }


def _record_sets(conn: Connection, zone_id: str) -> Iterator[RecordSet]:
    start = Start()
    while True:
        page = records.page(conn, zone_id, start, _PAGE + 1)
        yield from page[:_PAGE]
        if len(page) <= _PAGE:
            return
        name, type_, identifier = page[_PAGE].key
        start = Start(name.sort_key, type_, identifier or "")


async def _once(octets: bytes) -> AsyncIterator[bytes]:
    yield octets
