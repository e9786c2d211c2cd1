from __future__ import annotations

import json
from typing import Any

import pytest

from meridian.api.remarks import remarks
from meridian.model.iam import CHANGE_ACTIONS, RECORD_NAMES, RECORD_TYPES, read_policy


def policy(action: str, condition: Any = None) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*", "Condition": condition or {}}
    return json.dumps({"Statement": statement})


def equal(set_: str, key: str, value: Any) -> str:
    return policy("route53:Get*", {f"{set_}Equals": {key: value}})


@pytest.mark.parametrize(
    "action", ["*", "route53:*", "ROUTE53:get*", "iam:ListUsers", "s3:Whatever", "route53:GetChange"]
)
def test_what_can_come_to_pass_is_no_oddity(action: str) -> None:
    assert remarks(read_policy(policy(action))) == []


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        (policy("route53:GetHostedZones"), "route53:GetHostedZones is no action that there is here"),
        (policy("iam:ListUser"), "iam:ListUser is no action that there is here"),
        (equal("ForAllValues:String", RECORD_NAMES, "www.example.com."), "is no normalized name"),
        (equal("ForAllValues:String", RECORD_NAMES, "WWW.example.com"), "is no normalized name"),
        (equal("ForAnyValue:StringNot", RECORD_NAMES, "*.example.com"), "\\052 for *"),
        (equal("ForAllValues:String", RECORD_TYPES, ["A", "txt"]), "'txt' is no type"),
        (equal("ForAllValues:String", CHANGE_ACTIONS, "PUT"), "'PUT' is no action of a change"),
    ],
)
def test_what_can_never_come_to_pass_is_told(text: str, remark: str) -> None:
    """R-SIG-6: values have to be written as the service normalizes them, else nothing is ever equal to them."""
    (found,) = remarks(read_policy(text))

    assert remark in found


def test_wildcards_are_left_alone() -> None:
    """What StringLike or no case can meet is not judged."""
    condition = {
        "ForAllValues:StringLike": {RECORD_NAMES: ["*.example.com", "WWW*"]},
        "ForAllValues:StringEqualsIgnoreCase": {RECORD_TYPES: "txt"},
        "ForAllValues:StringEquals": {RECORD_NAMES: ["\\052.example.com", "_a-1.example.com"]},
    }

    assert remarks(read_policy(policy("route53:*", condition))) == []
