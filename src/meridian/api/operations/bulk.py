"""
`/meridian/import`, a call of our own: thousands of record sets at once (docs/reference/import.md).

The rules are those of ChangeResourceRecordSets, the change is one, all or nothing. Two things differ: the
form, which takes a tenth of the time to read, and the size, which is that of a request and not R-CHG-9's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from meridian.api.access import arn, record_values
from meridian.api.authorize import require
from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.api.ids import bare_id
from meridian.api.json_batch import decode, read_input
from meridian.api.operations.record import apply
from meridian.changes.shape import read_plain
from meridian.errors import InvalidInput
from meridian.model.record import TYPES, Action, Change
from meridian.settings import Quotas, Settings
from meridian.store import zone as zones

PATH = "/meridian/import"
MOST = 10_000  # record sets a call: other writers wait for about half a second

_A_TYPE = f"^({'|'.join(TYPES)})$"


class Plain(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A record set that has nothing but records, as a list in this order; bounds are those of the service model."""

    name: Annotated[str, Meta(max_length=1024)]
    type: Annotated[str, Meta(pattern=_A_TYPE)]
    ttl: Annotated[int, Meta(ge=0, le=2**31 - 1)]
    values: Annotated[tuple[Annotated[str, Meta(max_length=4000)], ...], Meta(min_length=1)]


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    What the call takes.

    Attributes:
        zone: Its id.
        action: CREATE, or UPSERT, which replaces what is there.
        records: Record sets that have nothing but records.
        record_sets: Others, in Route 53's form; changed after `records`.
    """

    zone: str
    action: Literal["CREATE", "UPSERT"]
    records: Annotated[list[Plain], Meta(max_length=MOST)] = []
    record_sets: Annotated[list[dict[str, Any]], Meta(max_length=MOST)] = msgspec.field(
        name="ResourceRecordSets", default_factory=list
    )
    comment: Annotated[str, Meta(max_length=256)] | None = None


def bulk(context: Context, request: HttpRequest) -> dict[str, Any]:
    """Answer a POST of `PATH`."""
    body = decode(request.body, Body)
    changes = [*read_plain(body.action, body.records), *_read_others(body.action, body.record_sets, context.settings)]
    if not changes:
        raise InvalidInput("The body holds no record set")
    lifted = msgspec.structs.replace(context, settings=_without_batch_limits(context.settings))
    with context.database.write() as conn:
        zone = zones.owned(conn, context.caller.account_id, bare_id(body.zone), for_update=True)
        if not context.caller.owner:
            asked = ((each.action, each.record_set.name.text, each.record_set.type) for each in changes)
            resource = [arn("hostedzone", zone.id, zone.account_id)]
            require(context, "route53:ChangeResourceRecordSets", resource, record_values(asked))
        return {"ChangeInfo": apply(conn, lifted, zone, changes, body.comment)}


def _read_others(action: Action, record_sets: Sequence[dict[str, Any]], settings: Settings) -> Iterator[Change]:
    if record_sets:
        changes = [{"Action": action, "ResourceRecordSet": members} for members in record_sets]
        yield from read_input({"HostedZoneId": "", "ChangeBatch": {"Changes": changes}}, settings)


def _without_batch_limits(settings: Settings) -> Settings:
    """The size of a request bounds a batch here, and the number of record sets does."""
    quotas: Quotas = msgspec.structs.replace(settings.quotas, batch_values=2**63, batch_characters=2**63)
    return msgspec.structs.replace(settings, quotas=quotas)
