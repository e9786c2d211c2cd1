"""Who changed what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec


class Actor(msgspec.Struct, frozen=True):
    """
    Who works, and on which request.

    Attributes:
        name: The user's, or `cli:` and the system user who worked on the database itself.
        access_key_id: What the request was signed with; empty for none.
        action: Such as `route53:ChangeResourceRecordSets`.
    """

    account_id: str
    name: str
    access_key_id: str
    request_id: str
    action: str


class RecordKey(msgspec.Struct, frozen=True):
    """Which record set of a zone; `sort_key` stands for its name, and '' for no set identifier."""

    sort_key: str
    type: str
    set_identifier: str


NO_RECORD = RecordKey("", "", "")


class Changed(msgspec.Struct, frozen=True):
    """
    One thing as it was and as it is.

    Attributes:
        kind: `recordset`, `hostedzone`, `healthcheck`, `user` and the like, as ARNs have them where they have.
        resource: Its id; of a record set, its zone's.
        before, after: What the API shows of it; None where it was not there, or is no more. Where a call does not
            say what it changed, `after` is what it was asked.
    """

    kind: str
    resource: str
    before: Any
    after: Any
    record: RecordKey = NO_RECORD


class AuditEvent(msgspec.Struct, frozen=True):
    """A change by somebody; `id` grows in the order of commits."""

    id: int
    at: datetime
    actor: Actor
    changed: Changed
