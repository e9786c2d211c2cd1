from __future__ import annotations

import fnmatch
import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.model.authorization import Ask, decide
from meridian.model.iam import (
    CHANGE_ACTIONS,
    MAX_CHARACTERS,
    RECORD_NAMES,
    RECORD_TYPES,
    BadPolicy,
    Policy,
    read_policy,
)
from meridian.model.pattern import compile_pattern, matches

VECTORS = Path(__file__).parent.parent / "vectors" / "iam" / "decisions.toml"
CASES = tomllib.loads(VECTORS.read_text())["case"]
KEYS = {"names": RECORD_NAMES, "types": RECORD_TYPES, "actions": CHANGE_ACTIONS}


def ask_of(row: dict[str, Any]) -> Ask:
    """A row of the table; what it leaves out is a change of the zone that AWS's examples have."""
    values = {key: row[name] for name, key in KEYS.items() if name in row}
    action = row.get("action", "route53:ChangeResourceRecordSets")
    return Ask(action, row.get("resource", "arn:aws:route53:::hostedzone/Z11111112222222333333"), values)


@pytest.mark.parametrize("case", CASES, ids=[case["fact"] for case in CASES])
def test_decisions(case: dict[str, Any]) -> None:
    """R-SIG-4, R-SIG-6: each row of the table."""
    policies = list(map(read_policy, case["policies"]))
    for row in case["asks"]:
        assert decide(policies, ask_of(row)).allowed == row["allowed"], row


def document(**members: Any) -> str:
    statement = {"Effect": "Allow", "Action": "route53:*", "Resource": "*", **members}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def condition(operator: str, key: str = RECORD_TYPES, value: Any = "A") -> str:
    return document(Condition={operator: {key: value}})


@pytest.mark.parametrize(
    ("text", "explanation"),
    [
        ("", "not JSON"),
        ("[]", "no JSON object"),
        ("[" * 100_000, "longer than 6144 characters"),
        ("{}", "Statement: give a list"),
        ('{"Statement": []}', "Statement: give a list"),
        ('{"Statement": ["x"]}', r"Statement\[0\]: is no JSON object"),
        ('{"Version": "2020-01-01", "Statement": []}', "Version: '2020-01-01'; write 2012-10-17"),
        ('{"Statements": []}', "has Statements; it may have Version, Id and Statement"),
        (document(Effect="allow"), r"Statement\[0\].Effect: 'allow'; write Allow or Deny"),
        (document(Principal="*"), "has no Principal"),
        (document(Actions="x"), "Actions is not known; there are Action, Condition"),
        (document(Sid=1), "Sid: 1 is no text"),
        (document(NotAction="route53:X"), "give either Action or NotAction"),
        (document(Action=[]), "Action: is empty"),
        (document(Action=[1]), "Action: give a text or a list of texts"),
        (document(Action="GetChange"), "'GetChange'; write SERVICE:ACTION"),
        (document(Action="route53:Get Change"), "write SERVICE:ACTION"),
        (document(Resource="hostedzone/Z1"), "'hostedzone/Z1'; write . or an ARN of six parts"),
        (document(Resource="arn:aws:route53:*"), "an ARN of six parts"),
        (document(Resource="arn:aws:route53:::x/${aws:username}"), r"variable \$\{aws:username\} is not known here"),
        (document(Condition=[]), "Condition: is no JSON object"),
        (document(Condition={"Null": []}), "Condition.Null: is no JSON object of condition keys"),
        (condition("ForAllValues:StringEquals", "aws:SourceIp"), "the key aws:SourceIp is not known here; there are"),
        (condition("IpAddress"), "the operator IpAddress is not known here"),
        (condition("ForAllValues:NumericEquals"), "the operator ForAllValues:NumericEquals is not known here"),
        (condition("ForSomeValues:StringEquals"), "the operator ForSomeValues:StringEquals is not known here"),
        (condition("forallvalues:StringEquals"), "is not known here"),
        (condition("StringEquals"), "write ForAllValues:StringEquals if all have to match, ForAnyValue:StringEquals"),
        (condition("ForAllValues:StringEquals", value=[1]), "give a text or a list of texts"),
        (condition("ForAllValues:StringLike", value="${x}"), "is not known here"),
        (condition("Null", value="yes"), "write true or false"),
        (condition("Null", value=[]), "write true or false"),
        (document(Sid="x" * MAX_CHARACTERS), "longer than 6144 characters"),
    ],
)
def test_what_could_not_be_followed_is_refused_when_it_is_written(text: str, explanation: str) -> None:
    """A policy says where it is wrong and what to write, so that none is ever followed in part."""
    with pytest.raises(BadPolicy, match=explanation):
        read_policy(text)


LETTERS = st.sampled_from("ab*?")
TEXTS = st.text(st.sampled_from("ab"), max_size=8)


@given(st.text(LETTERS, max_size=8), TEXTS)
def test_patterns_match_as_file_names_do(pattern: str, text: str) -> None:
    """The standard library's patterns have the same two wildcards."""
    assert matches(compile_pattern(pattern, variables=False), text) == fnmatch.fnmatchcase(text, pattern)


def test_no_pattern_takes_long() -> None:
    """A pattern of many stars is no way to hold the server up: this would take for ever by trying every way."""
    assert not matches(compile_pattern("*a" * 500 + "b", variables=False), "a" * 5000)


ACTIONS = st.sampled_from(["route53:GetChange", "route53:ChangeResourceRecordSets", "route53:ListHostedZones"])
ARNS = st.sampled_from(["*", "arn:aws:route53:::hostedzone/Z1", "arn:aws:route53:::change/C1"])
NAMES = st.sampled_from(["example.com", "www.example.com", "a.b.example.com"])
VALUES = st.dictionaries(st.sampled_from([RECORD_NAMES, RECORD_TYPES]), st.lists(NAMES, min_size=1, max_size=3))
ASKS = st.builds(Ask, ACTIONS, ARNS, VALUES)
CONDITIONS = st.dictionaries(
    st.sampled_from(["ForAllValues:StringEquals", "ForAnyValue:StringNotLike", "ForAnyValue:StringEqualsIfExists"]),
    st.dictionaries(st.sampled_from([RECORD_NAMES, RECORD_TYPES]), st.lists(NAMES, max_size=2), max_size=2),
    max_size=2,
)


@st.composite
def statements(draw: st.DrawFn, effects: Sequence[str] = ("Allow", "Deny")) -> dict[str, Any]:
    patterns = st.one_of(ACTIONS, st.sampled_from(["*", "route53:*", "route53:Get*"]))
    resources = st.one_of(ARNS, st.sampled_from(["arn:aws:route53:::*", "arn:aws:route53:::hostedzone/*"]))
    return {
        "Effect": draw(st.sampled_from(effects)),
        draw(st.sampled_from(["Action", "NotAction"])): draw(st.lists(patterns, min_size=1, max_size=2)),
        draw(st.sampled_from(["Resource", "NotResource"])): draw(st.lists(resources, min_size=1, max_size=2)),
        "Condition": draw(CONDITIONS),
    }


def policy(listed: Sequence[dict[str, Any]]) -> Policy:
    return read_policy(json.dumps({"Statement": list(listed)}))


@given(st.lists(statements(), min_size=1, max_size=4), statements(effects=("Deny",)), ASKS)
def test_a_further_deny_never_allows_more(listed: list[dict[str, Any]], deny: dict[str, Any], ask: Ask) -> None:
    if decide([policy([*listed, deny])], ask).allowed:
        assert decide([policy(listed)], ask).allowed


@given(st.lists(statements(), min_size=1, max_size=4), statements(effects=("Allow",)), ASKS)
def test_a_further_allow_never_allows_less(listed: list[dict[str, Any]], allow: dict[str, Any], ask: Ask) -> None:
    if decide([policy(listed)], ask).allowed:
        assert decide([policy([*listed, allow])], ask).allowed


@given(
    st.lists(statements(), min_size=2, max_size=5).flatmap(
        lambda every: st.tuples(st.just(every), st.permutations(every))
    ),
    ASKS,
)
def test_neither_order_nor_division_matter(orders: tuple[list[dict[str, Any]], list[dict[str, Any]]], ask: Ask) -> None:
    """Statements decide the same in any order, in one policy or each in its own."""
    listed, shuffled = orders
    decided = decide([policy(listed)], ask).allowed

    assert decide([policy(shuffled)], ask).allowed == decided
    assert decide([policy([statement]) for statement in shuffled], ask).allowed == decided


@given(st.lists(statements(), min_size=1, max_size=4), ASKS)
def test_without_an_allow_that_applies_nothing_is_allowed(listed: list[dict[str, Any]], ask: Ask) -> None:
    """Deny by default: what is allowed is so by a statement that allows."""
    decision = decide([policy(listed)], ask)

    assert decision.allowed == (decision.statement is not None and decision.statement.allows)
