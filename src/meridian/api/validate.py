"""
The model's constraints: needed members, lengths, ranges, enumerations, patterns.

A shape is compiled once into a function that lists what is wrong with a value; the texts are those
of R-ERR-35. Rules with texts of their own live in `meridian.changes`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from meridian.errors import InvalidInput

Check = Callable[[Any, str], list[str]]
"""Takes a value and its field path (`changeBatch.changes.1.member.action`); gives what is wrong with it."""

LONGEST_VALUE_SHOWN = 1024  # characters of a value in an error text
_INTEGER_LIMITS = {"integer": (-(2**31), 2**31 - 1), "long": (-(2**63), 2**63 - 1)}


def violation(value: object, field: str, constraint: str) -> str:
    """Say that `value` at `field` breaks `constraint`; None stands for a value that is missing."""
    shown = "null" if value is None else f"'{str(value)[:LONGEST_VALUE_SHOWN]}'"
    return f"Value {shown} at '{field}' failed to satisfy constraint: {constraint}"


def rejection(violations: Sequence[str]) -> InvalidInput:
    """Make the error that lists all violations (R-ERR-35)."""
    count = "1 validation error" if len(violations) == 1 else f"{len(violations)} validation errors"
    return InvalidInput(f"{count} detected: {'; '.join(violations)}")


def field_name(member: str) -> str:
    """The name of a member in field paths: its first letter small."""
    return member[:1].lower() + member[1:]


def compile_validator(shape: Any) -> Callable[[Mapping[str, Any]], None]:
    """
    Compile the shape of a request into a function that raises InvalidInput for a bad one.

    Args:
        shape: botocore's StructureShape of the operation's input.
    """
    check = _check(shape)

    def validate(request: Mapping[str, Any]) -> None:
        violations = check(request, "") if check else []
        if violations:
            raise rejection(violations)

    return validate


def _check(shape: Any) -> Check | None:
    """The check of a shape; None if every value will do."""
    kinds: dict[str, Callable[[Any], Check | None]] = {
        "structure": _structure,
        "list": _list,
        "string": _string,
        "integer": _number,
        "long": _number,
        "double": _number,
    }
    compile_kind = kinds.get(shape.type_name)
    return compile_kind(shape) if compile_kind else None


def _structure(shape: Any) -> Check:
    required = tuple((member, field_name(member)) for member in shape.required_members)
    members = tuple(
        (member, field_name(member), check_inner)
        for member, inner in shape.members.items()
        if (check_inner := _check(inner)) is not None
    )

    def check(value: Any, field: str) -> list[str]:
        prefix = f"{field}." if field else ""
        found = [
            violation(None, prefix + name, "Member must not be null")
            for member, name in required
            if member not in value
        ]
        for member, name, check_member in members:
            if member in value:
                found += check_member(value[member], prefix + name)
        return found

    return check


def _list(shape: Any) -> Check | None:
    length = _length(shape)
    member = _check(shape.member)

    def check(value: Any, field: str) -> list[str]:
        found = length(value, field) if length else []
        if member:
            for number, item in enumerate(value, start=1):
                found += member(item, f"{field}.{number}.member")
        return found

    return check if length or member else None


def _string(shape: Any) -> Check | None:
    checks = [check for check in (_length(shape), _enumeration(shape), _pattern(shape)) if check]
    if len(checks) < 2:
        return checks[0] if checks else None
    return lambda value, field: [text for check in checks for text in check(value, field)]


def _length(shape: Any) -> Check | None:
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max")
    if not least and most is None:
        return None

    def check(value: Any, field: str) -> list[str]:
        if most is not None and len(value) > most:
            return [violation(value, field, f"Member must have length less than or equal to {most}")]
        if len(value) < least:
            return [violation(value, field, f"Member must have length greater than or equal to {least}")]
        return []

    return check


def _enumeration(shape: Any) -> Check | None:
    if not shape.enum:
        return None
    values = frozenset(shape.enum)
    constraint = f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"
    return lambda value, field: [] if value in values else [violation(value, field, constraint)]


def _pattern(shape: Any) -> Check | None:
    pattern = shape.metadata.get("pattern")
    if pattern is None:
        return None
    # The patterns are Java's; this class is the only one that Python writes differently.
    matches = re.compile(pattern.replace(r"\p{ASCII}", r"[\x00-\x7F]")).fullmatch
    most = shape.metadata.get("max")
    constraint = f"Member must satisfy regular expression pattern: {pattern}"

    def check(value: Any, field: str) -> list[str]:
        if most is not None and len(value) > most:
            return []  # its length is reported, and no pattern need run over it
        return [] if matches(value) else [violation(value, field, constraint)]

    return check


def _number(shape: Any) -> Check | None:
    low, high = _INTEGER_LIMITS.get(shape.type_name, (None, None))
    least, most = shape.metadata.get("min", low), shape.metadata.get("max", high)
    if least is None and most is None:
        return None

    def check(value: Any, field: str) -> list[str]:
        if most is not None and value > most:
            return [violation(value, field, f"Member must have value less than or equal to {most}")]
        if least is not None and value < least:
            return [violation(value, field, f"Member must have value greater than or equal to {least}")]
        return []

    return check
