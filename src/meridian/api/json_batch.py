"""JSON bodies of the calls of our own: record sets and batches are such as the AWS command line takes and prints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar

import botocore.validate
import msgspec

from meridian.api.ids import bare_id
from meridian.api.model import load
from meridian.api.validate import compile_validator
from meridian.changes.shape import read_changes
from meridian.errors import InvalidInput
from meridian.model.place import nameable
from meridian.model.record import Change
from meridian.settings import Settings

T = TypeVar("T")


def decode(body: bytes, kind: type[T]) -> T:
    """
    Decode a body of this type.

    Raises:
        InvalidInput: It is not JSON, or of another type; says where.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"The body cannot be read: {error}") from None


def read_input(given: Any, settings: Settings) -> list[Change]:
    """
    Read the changes from the input of ChangeResourceRecordSets, whose types are not known yet.

    Raises:
        InvalidInput, ChangeRejected: It breaks a rule.
    """
    _check(given, tuple(sorted(settings.regions)))
    batch = given["ChangeBatch"]
    changes = [_with_bare_id(change) for change in batch["Changes"]]
    return read_changes({**batch, "Changes": changes}, nameable(settings))


def _with_bare_id(change: Mapping[str, Any]) -> Mapping[str, Any]:
    """The ids of aliases' zones come with and without a prefix (R-API-9)."""
    record_set = change["ResourceRecordSet"]
    target = record_set.get("AliasTarget")
    if target is None:
        return change
    target = {**target, "HostedZoneId": bare_id(target["HostedZoneId"])}
    return {**change, "ResourceRecordSet": {**record_set, "AliasTarget": target}}


def _check(given: Any, regions: tuple[str, ...]) -> None:
    """Types and needed members as the stock client checks them, then the constraints of the model."""
    shape = load(regions).operations["ChangeResourceRecordSets"].input
    report = botocore.validate.ParamValidator().validate(given, shape)
    if report.has_errors():
        raise InvalidInput(report.generate_report())
    require_numbers(given, shape, "")
    _validator(regions)(given)


def require_numbers(value: Any, shape: Any, path: str) -> None:
    """The stock client takes true and false for numbers, as Python does."""
    match shape.type_name:
        case "structure":
            for member in value:
                require_numbers(value[member], shape.members[member], f"{path}.{member}".removeprefix("."))
        case "list":
            for index, item in enumerate(value):
                require_numbers(item, shape.member, f"{path}[{index}]")
        case "integer" | "long" if isinstance(value, bool):
            raise InvalidInput(f"Invalid type for parameter {path}: {str(value).lower()} is no number")


@cache
def _validator(regions: tuple[str, ...]) -> Callable[[Mapping[str, Any]], None]:
    return compile_validator(load(regions).operations["ChangeResourceRecordSets"].input)
