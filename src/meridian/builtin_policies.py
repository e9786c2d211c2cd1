"""Policies that need not be written: with the names that AWS has for the like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def _allow(*actions: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}


BUILT_IN: Mapping[str, dict[str, Any]] = {
    "AmazonRoute53FullAccess": _allow("route53:*"),
    "AmazonRoute53ReadOnlyAccess": _allow("route53:Get*", "route53:List*", "route53:TestDNSAnswer"),
}
