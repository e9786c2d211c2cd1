"""Rules for write locks: which can be set and lifted, all of a request or none (records.md §14)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from meridian.errors import ApiError, InvalidInput
from meridian.model.name import BadName, Name, parse
from meridian.model.protection import Protection
from meridian.model.zone import HostedZone

MOST = 100  # entries a request (R-PRO-4)

Key = tuple[Name, str]


class _Failure(NamedTuple):
    """Why an entry cannot be done."""

    entry: Mapping[str, Any]
    code: str
    message: str


def read(zone: HostedZone, entries: Sequence[Mapping[str, Any]]) -> list[Protection]:
    """
    Read the entries of a request.

    Raises:
        InvalidInput: There are too many.
        ApiError: InvalidResourceRecordSetProtectionBatch, which lists those that are wrong in themselves (R-PRO-5).
    """
    if len(entries) > MOST:
        raise InvalidInput(f"Protections can have at most {MOST} entries, not {len(entries)}.")
    found: dict[Key, Protection] = {}
    failures = []
    for entry in entries:
        try:
            protection = _read(zone, entry)
            if protection.key in found:
                raise InvalidInput("The same name and type appear more than once in the request.")
        except InvalidInput as error:
            failures.append(_Failure(entry, "InvalidInput", error.message))
        else:
            found[protection.key] = protection
    _require_none(failures)
    return list(found.values())


def require_new(wanted: Iterable[Protection], present: Collection[Key]) -> None:
    """
    Judge whether none of these protections is there already (R-PRO-5).

    Raises:
        ApiError: ProtectionAlreadyExists where all are there, InvalidResourceRecordSetProtectionBatch where some are.
    """
    wanted = list(wanted)
    text = "A protection already exists for the name and type."
    failures = [_Failure(_entry(each), "ProtectionAlreadyExists", text) for each in wanted if each.key in present]
    if len(failures) == len(wanted):
        raise _refusal("ProtectionAlreadyExists", failures)
    _require_none(failures)


def require_present(wanted: Iterable[Protection], present: Collection[Key]) -> None:
    """
    Judge whether all of these protections are there (R-PRO-6).

    Raises:
        ApiError: InvalidResourceRecordSetProtectionBatch.
    """
    text = "No protection exists for the name and type."
    _require_none([_Failure(_entry(each), "ProtectionNotFound", text) for each in wanted if each.key not in present])


def _read(zone: HostedZone, entry: Mapping[str, Any]) -> Protection:
    text = entry["RecordName"]
    try:
        name = parse(text)
    except BadName as error:
        problem = f"FATAL problem: {error.code} ({error.explanation}) encountered with '{text}'"
        raise InvalidInput(f"Invalid RecordName: {problem}") from None
    if not name.is_at_or_below(zone.name):
        raise InvalidInput(f"RRSet with DNS name {name} is not permitted in zone {zone.name}")
    return Protection(name, entry["RecordType"], entry.get("Comment"))


def _entry(protection: Protection) -> Mapping[str, Any]:
    return {"RecordName": protection.name.text, "RecordType": protection.type}


def _require_none(failures: Sequence[_Failure]) -> None:
    if failures:
        raise _refusal("InvalidResourceRecordSetProtectionBatch", failures)


def _refusal(code: str, failures: Sequence[_Failure]) -> ApiError:
    entries = [
        {
            "RecordName": failure.entry["RecordName"],
            "RecordType": failure.entry["RecordType"],
            "Code": failure.code,
            "Message": failure.message,
        }
        for failure in failures
    ]
    told = ", ".join(f"{each['RecordType']} {each['RecordName']}: {each['Message']}" for each in entries)
    return ApiError(code, f"[{told}]", members={"Errors": entries})
