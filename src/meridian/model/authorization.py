"""
What a user's policies say to a request: a pure function, IAM's evaluation of identity-based policies.

    a statement that denies applies ──▶ denied, whatever else is said
    one that allows applies         ──▶ allowed
    none applies                    ──▶ denied
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from meridian.model.iam import Condition, Policy, Statement
from meridian.model.pattern import Pattern, matches

EVERYTHING = "*"  # the resource of actions that are about none in particular


class Ask(msgspec.Struct, frozen=True):
    """
    What somebody wants to do.

    Attributes:
        action: Such as `route53:GetChange`.
        resource: An ARN, or `EVERYTHING`.
        values: Condition keys with their values; a key that is not here does not exist in the request.
    """

    action: str
    resource: str
    values: Mapping[str, Sequence[str]] = {}


class Decision(NamedTuple):
    """
    Attributes:
        allowed: Whether it may be done.
        statement: The one that decides: the first that denies, else the first that allows; None if none applies.
    """

    allowed: bool
    statement: Statement | None


def decide(policies: Iterable[Policy], ask: Ask) -> Decision:
    """Decide by all statements of all policies; their order does not matter to `allowed`."""
    applying = [statement for policy in policies for statement in policy.statements if _applies(statement, ask)]
    denying = next((statement for statement in applying if not statement.allows), None)
    if denying is not None:
        return Decision(False, denying)
    return Decision(bool(applying), applying[0] if applying else None)


def _applies(statement: Statement, ask: Ask) -> bool:
    action = ask.action.lower()
    return (
        any(matches(pattern, action) for pattern in statement.actions) != statement.other_actions
        and any(_covers(pattern, ask.resource) for pattern in statement.resources) != statement.other_resources
        and all(_holds(condition, ask.values.get(condition.key)) for condition in statement.conditions)
    )


def _covers(pattern: tuple[Pattern, ...], resource: str) -> bool:
    """Part by part: a wildcard in one part of an ARN never reaches into the next."""
    if not pattern:
        return True
    parts = resource.split(":", len(pattern) - 1)
    return len(parts) == len(pattern) and all(map(matches, pattern, parts))


def _holds(condition: Condition, values: Sequence[str] | None) -> bool:
    if condition.operator == "Null":
        return ("true" if values is None else "false") in condition.values
    if values is None:
        return condition.every or condition.if_exists  # "for all values" of none is true
    judged = (_is_met(condition, value) for value in values)
    return all(judged) if condition.every else any(judged)


def _is_met(condition: Condition, value: str) -> bool:
    """One value of the request: among those of the policy, or among none of them with the operators of Not."""
    operator = condition.operator.replace("Not", "")
    if operator == "StringLike":
        found = any(matches(pattern, value) for pattern in condition.patterns)
    elif operator == "StringEqualsIgnoreCase":
        found = value.casefold() in map(str.casefold, condition.values)
    else:
        found = value in condition.values
    return found != (operator != condition.operator)
