"""
Policies in the IAM JSON form: read once when they are written, refused where they could not be followed.

What a policy may say: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html, for
policies of users. Conditions know the three keys of ChangeResourceRecordSets (R-SIG-6), whose values are many.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from meridian.errors import MeridianError
from meridian.model.pattern import Pattern, compile_pattern

RECORD_NAMES = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
RECORD_TYPES = "route53:ChangeResourceRecordSetsRecordTypes"
CHANGE_ACTIONS = "route53:ChangeResourceRecordSetsActions"
CONDITION_KEYS = (RECORD_NAMES, RECORD_TYPES, CHANGE_ACTIONS)

MAX_CHARACTERS = 6144  # of a document without white space, as IAM's for managed policies

_VERSIONS = ("2012-10-17", "2008-10-17")
_VARIABLES_SINCE = "2012-10-17"  # in documents of an earlier version, or of none, ${…} is text
_SETS = ("ForAllValues", "ForAnyValue")
_OPERATORS = (
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
)
_ARN_PARTS = 6  # arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE
_STATEMENT = frozenset(("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"))
_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9*?]+")


class BadPolicy(MeridianError):
    """A policy that cannot be followed; the text says where, and what to write."""


class Condition(msgspec.Struct, frozen=True):
    """
    One line of a Condition block.

    Attributes:
        key: One of `CONDITION_KEYS`.
        operator: Without set and IfExists: one of the string operators, or Null.
        every: Whether all values of the request have to match (ForAllValues), or any one (ForAnyValue).
        if_exists: True holds for requests without the key, whatever they are otherwise.
        values: Texts as written, for comparison.
        patterns: The same as patterns, for StringLike and StringNotLike.
    """

    key: str
    operator: str
    every: bool
    if_exists: bool
    values: tuple[str, ...]
    patterns: tuple[Pattern, ...]


class Statement(msgspec.Struct, frozen=True):
    """
    One statement.

    Attributes:
        allows: Effect: Allow, or else Deny.
        actions: Patterns in lower case: actions compare without case.
        other_actions: Whether it is about all actions but these (NotAction).
        resources: For each pattern its six parts, or none for `*`, which is every resource.
        other_resources: Whether it is about all resources but these (NotResource).
    """

    sid: str
    allows: bool
    actions: tuple[Pattern, ...]
    other_actions: bool
    resources: tuple[tuple[Pattern, ...], ...]
    other_resources: bool
    conditions: tuple[Condition, ...]


class Policy(msgspec.Struct, frozen=True):
    """
    What a document says.

    Attributes:
        action_texts: All that it names as Action or NotAction, as written.
    """

    statements: tuple[Statement, ...]
    action_texts: tuple[str, ...]


def read_policy(document: str) -> Policy:
    """
    Read a policy document.

    Raises:
        BadPolicy: It is no policy, or says something that is not known here.
    """
    if len("".join(document.split())) > MAX_CHARACTERS:
        raise BadPolicy(f"the policy is longer than {MAX_CHARACTERS} characters; split it into several")
    found = _decode(document)
    unknown = sorted(set(found) - {"Version", "Id", "Statement"})
    if unknown:
        raise BadPolicy(f"the policy has {unknown[0]}; it may have Version, Id and Statement")
    version = found.get("Version", "2008-10-17")
    if version not in _VERSIONS:
        raise BadPolicy(f"Version: {version!r}; write {_VARIABLES_SINCE}")
    statements = found.get("Statement")
    listed = [statements] if isinstance(statements, dict) else statements
    if not isinstance(listed, list) or not listed:
        raise BadPolicy("Statement: give a list of statements")
    read = [_statement(item, f"Statement[{at}]", version == _VARIABLES_SINCE) for at, item in enumerate(listed)]
    texts = [text for item in listed for text in _texts(item.get("Action", item.get("NotAction")), "Action")]
    return Policy(tuple(read), tuple(texts))


def _decode(document: str) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(document)
    except (ValueError, RecursionError) as error:
        raise BadPolicy(f"the policy is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise BadPolicy("the policy is no JSON object with Version and Statement")
    return found


def _statement(item: Any, where: str, variables: bool) -> Statement:
    if not isinstance(item, dict):
        raise BadPolicy(f"{where}: is no JSON object")
    if "Principal" in item or "NotPrincipal" in item:
        raise BadPolicy(f"{where}: a user's policy has no Principal; it is about the user it is attached to")
    unknown = sorted(set(item) - _STATEMENT)
    if unknown:
        raise BadPolicy(f"{where}: {unknown[0]} is not known; there are {', '.join(sorted(_STATEMENT))}")
    effect, sid = item.get("Effect"), item.get("Sid", "")
    if effect not in ("Allow", "Deny"):
        raise BadPolicy(f"{where}.Effect: {effect!r}; write Allow or Deny")
    if not isinstance(sid, str):
        raise BadPolicy(f"{where}.Sid: {sid!r} is no text")
    actions, other_actions = _one_of(item, "Action", "NotAction", where)
    resources, other_resources = _one_of(item, "Resource", "NotResource", where)
    return Statement(
        sid=sid,
        allows=effect == "Allow",
        actions=tuple(_action(text, where) for text in actions),
        other_actions=other_actions,
        resources=tuple(_resource(text, where, variables) for text in resources),
        other_resources=other_resources,
        conditions=tuple(_conditions(item.get("Condition", {}), f"{where}.Condition", variables)),
    )


def _one_of(item: Mapping[str, Any], plain: str, inverted: str, where: str) -> tuple[Sequence[str], bool]:
    if (plain in item) == (inverted in item):
        raise BadPolicy(f"{where}: give either {plain} or {inverted}")
    key = inverted if inverted in item else plain
    texts = _texts(item[key], f"{where}.{key}")
    if not texts:
        raise BadPolicy(f"{where}.{key}: is empty")
    return texts, key == inverted


def _texts(found: Any, where: str) -> list[str]:
    listed = found if isinstance(found, list) else [found]
    if not all(isinstance(text, str) for text in listed):
        raise BadPolicy(f"{where}: give a text or a list of texts")
    return listed


def _action(text: str, where: str) -> Pattern:
    if text != "*" and not _ACTION.fullmatch(text):
        raise BadPolicy(f"{where}.Action: '{text}'; write SERVICE:ACTION, such as route53:GetChange or route53:List*")
    return compile_pattern(text.lower(), variables=False)


def _resource(text: str, where: str, variables: bool) -> tuple[Pattern, ...]:
    if text == "*":
        return ()
    parts = text.split(":", _ARN_PARTS - 1)
    if len(parts) < _ARN_PARTS or parts[0] != "arn":
        example = "arn:aws:route53:::hostedzone/Z1"
        raise BadPolicy(f"{where}.Resource: '{text}'; write * or an ARN of six parts, such as {example}")
    if parts[5].startswith("cidrcollection/") and not parts[4]:
        parts[4] = "*"  # written with and without the account: as the API gives it, and as the documentation has it
    return tuple(_pattern(part, f"{where}.Resource", variables) for part in parts)


def _pattern(text: str, where: str, variables: bool) -> Pattern:
    try:
        return compile_pattern(text, variables=variables)
    except ValueError as error:
        raise BadPolicy(f"{where}: '{text}': {error}") from None


def _conditions(block: Any, where: str, variables: bool) -> list[Condition]:
    if not isinstance(block, dict):
        raise BadPolicy(f"{where}: is no JSON object")
    read = []
    for operator, keys in block.items():
        if not isinstance(keys, dict):
            raise BadPolicy(f"{where}.{operator}: is no JSON object of condition keys")
        for key, values in keys.items():
            read.append(_condition(operator, key, values, where, variables))
    return read


def _condition(operator: str, key: str, values: Any, where: str, variables: bool) -> Condition:
    known = {known.lower(): known for known in CONDITION_KEYS}.get(key.lower())
    if known is None:
        raise BadPolicy(f"{where}: the key {key} is not known here; there are {', '.join(CONDITION_KEYS)}")
    if operator == "Null":
        return Condition(known, "Null", True, False, _truths(values, f"{where}.Null.{key}"), ())
    set_, _, rest = operator.rpartition(":")
    plain = rest.removesuffix("IfExists")
    if plain not in _OPERATORS or set_ not in ("", *_SETS):
        raise BadPolicy(
            f"{where}: the operator {operator} is not known here; there are {', '.join(_OPERATORS)}, "
            f"each behind {' or '.join(f'{name}:' for name in _SETS)}, and Null"
        )
    if not set_:
        raise BadPolicy(
            f"{where}: {key} has a value for each change of a request; "
            f"write {_SETS[0]}:{operator} if all have to match, {_SETS[1]}:{operator} if one has to"
        )
    texts = tuple(_texts(values, f"{where}.{operator}.{key}"))
    patterns = tuple(_pattern(text, where, variables) for text in texts) if plain.endswith("Like") else ()
    return Condition(known, plain, set_ == _SETS[0], rest != plain, texts, patterns)


def _truths(values: Any, where: str) -> tuple[str, ...]:
    listed = values if isinstance(values, list) else [values]
    texts = tuple(str(value).lower() for value in listed)
    if not texts or not set(texts) <= {"true", "false"}:
        raise BadPolicy(f"{where}: write true or false")
    return texts
