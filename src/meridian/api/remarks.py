"""What a policy says that can never come to pass: legal, but rarely meant."""

from __future__ import annotations

import re
from collections.abc import Iterator

from meridian.api.access import NATIVE, RESOURCES, SERVICE
from meridian.model.iam import CHANGE_ACTIONS, RECORD_NAMES, RECORD_TYPES, Condition, Policy
from meridian.model.pattern import compile_pattern, matches
from meridian.model.record import TYPES

_ACTIONS = [
    *(f"{SERVICE}:{operation}".lower() for operation in RESOURCES),
    *(rule.action.lower() for rule in NATIVE.values() if rule is not None),
]
_SERVICES = frozenset(action.partition(":")[0] for action in _ACTIONS)
_NORMALIZED = re.compile(r"(?:[a-z0-9_-]|\\[0-3][0-7]{2})+(?:\.(?:[a-z0-9_-]|\\[0-3][0-7]{2})+)*")
_CHANGES = ("CREATE", "UPSERT", "DELETE")


def remarks(policy: Policy) -> list[str]:
    """Say each oddity in a sentence."""
    conditions = [condition for statement in policy.statements for condition in statement.conditions]
    return [*_actions(policy), *(odd for condition in conditions for odd in _values(condition))]


def _actions(policy: Policy) -> Iterator[str]:
    for text in policy.action_texts:
        pattern = compile_pattern(text.lower(), variables=False)
        if text.lower().partition(":")[0] in _SERVICES and not any(matches(pattern, action) for action in _ACTIONS):
            yield f"{text} is no action that there is here"


def _values(condition: Condition) -> Iterator[str]:
    """Values that no request has. Those with wildcards, or without case, are left alone."""
    if condition.operator not in ("StringEquals", "StringNotEquals"):
        return
    for value in condition.values:
        if condition.key == RECORD_NAMES and not _NORMALIZED.fullmatch(value):
            yield (
                f"'{value}' is no normalized name: write it in lower case, without a final dot, and other characters "
                r"than a-z, 0-9, - and _ as \ooo, such as \052 for *; the wildcard * needs StringLike"
            )
        elif condition.key == RECORD_TYPES and value not in TYPES:
            yield f"'{value}' is no type that a zone can hold; there are {', '.join(TYPES)}"
        elif condition.key == CHANGE_ACTIONS and value not in _CHANGES:
            yield f"'{value}' is no action of a change; there are {', '.join(_CHANGES)}"
