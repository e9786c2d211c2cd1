"""Users, keys and policies through the calls of our own."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from meridian.model.account import Credential
from meridian.store import account
from tests.identity.conftest import Site

ALL = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


def key_of(site: Site, user: str) -> Credential:
    status, reply = site.native("POST", f"/meridian/users/{user}/keys")
    assert status == 200
    return Credential(reply["access_key_id"], reply["secret_access_key"], site.owner.account_id, user)


def test_the_life_of_a_user(site: Site) -> None:
    """Made, given a key and a policy, shown, key disabled and enabled and deleted, removed."""
    assert site.native("PUT", "/meridian/users/ada", {})[1]["owner"] is False
    key = key_of(site, "ada")
    assert site.native("PUT", "/meridian/users/ada/policies/all", ALL) == (200, {"name": "all", "remarks": []})
    site.client(key).list_hosted_zones()
    (ada,) = (user for user in site.native("GET", "/meridian/users")[1]["users"] if user["name"] == "ada")
    assert (ada["policies"], [found["access_key_id"] for found in ada["keys"]]) == (["all"], [key.access_key_id])
    assert site.native("GET", "/meridian/users/ada/policies/all")[1]["document"] == ALL
    path = f"/meridian/users/ada/keys/{key.access_key_id}"
    assert site.native("PATCH", path, {"enabled": False}) == (200, {"enabled": False})
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        site.client(key).list_hosted_zones()
    site.native("PATCH", path, {"enabled": True})
    site.client(key).list_hosted_zones()
    assert site.native("DELETE", path)[0] == 200
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        site.client(key).list_hosted_zones()
    assert site.native("DELETE", "/meridian/users/ada")[0] == 200
    assert [user["name"] for user in site.native("GET", "/meridian/users")[1]["users"]] == ["admin"]


def test_who_am_i(site: Site) -> None:
    """Everyone may ask who it is and what it may do."""
    key = site.user("ada", ALL)
    status, me = site.native("GET", "/meridian/me", key=key)

    assert status == 200
    assert (me["name"], me["owner"], me["access_key_id"]) == ("ada", False, key.access_key_id)
    assert me["arn"] == f"arn:aws:iam::{site.owner.account_id}:user/ada"
    assert me["policies"] == {"policy0": ALL}


def test_trying_policies(site: Site) -> None:
    """What a user's policies say to something is told with the policy and the statement that decide."""
    statements = [
        {"Sid": "Look", "Effect": "Allow", "Action": "route53:Get*", "Resource": "*"},
        {"Sid": "NoNS", "Effect": "Deny", "Action": "route53:ChangeResourceRecordSets", "Resource": "*",
         "Condition": {"ForAnyValue:StringEquals": {"route53:ChangeResourceRecordSetsRecordTypes": "NS"}}},
    ]  # fmt: skip
    site.user("ada", {"Statement": statements})

    def decided(**body: Any) -> Any:
        return site.native("POST", "/meridian/users/ada/decide", body)[1]

    assert decided(action="route53:GetChange", resource="arn:aws:route53:::change/C1") == {
        "allowed": True,
        "reason": "policy policy0 allows it",
        "policy": "policy0",
        "sid": "Look",
    }
    ns = decided(action="route53:ChangeResourceRecordSets", changes=[["UPSERT", "A.example.com.", "NS"]])
    assert (ns["allowed"], ns["sid"]) == (False, "NoNS")
    assert decided(action="route53:ListHostedZones")["reason"] == "no policy allows route53:ListHostedZones on *"
    assert site.native("POST", "/meridian/users/admin/decide", {"action": "route53:X"})[1]["allowed"] is True


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("PUT", "users/admin", {}, 400, "has a user admin already"),
        ("PUT", "users/a:b", {}, 400, "none of / : . ?"),
        ("PUT", "users/x", {"role": 1}, 400, "unknown field"),
        ("DELETE", "users/nobody", None, 404, "has no user nobody"),
        ("DELETE", "users/admin", None, 400, "A user cannot remove itself"),
        ("POST", "users/nobody/keys", None, 404, "has no user nobody"),
        ("PATCH", "users/admin/keys/AKIANONE", {"enabled": True}, 404, "has no access key AKIANONE"),
        ("DELETE", "users/admin/keys/AKIANONE", None, 404, "has no access key AKIANONE"),
        ("GET", "users/admin/policies/x", None, 404, "user admin has no policy x"),
        ("DELETE", "users/admin/policies/x", None, 404, "user admin has no policy x"),
        ("PUT", "users/admin/policies/a%20b", ALL, 400, "policy name 'a b'"),
        ("PUT", "users/admin/policies/x", {"Statement": []}, 400, "Statement: give a list of statements"),
        ("PUT", "users/nobody/policies/x", ALL, 404, "has no user nobody"),
        ("POST", "users/nobody/decide", {"action": "route53:X"}, 404, "has no user nobody"),
        ("POST", "users/admin/decide", {}, 400, "missing required field"),
    ],
)
def test_mistakes_are_explained(site: Site, method: str, path: str, body: Any, status: int, message: str) -> None:
    found, reply = site.native(method, f"/meridian/{path}", body)

    assert found == status
    assert re.search(message, reply["message"]), reply


def test_who_may_make_users_is_no_owner_by_that(site: Site) -> None:
    """A user with all of `iam:*` can neither make an owner nor lay hands on one: a key of its would be enough."""
    allow = {"Statement": {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}}
    key = site.user("deputy", allow)

    assert site.native("PUT", "/meridian/users/x", {}, key)[0] == 200
    for method, path, body in (
        ("PUT", "/meridian/users/y", {"owner": True}),
        ("POST", "/meridian/users/admin/keys", None),
        ("DELETE", f"/meridian/users/admin/keys/{site.owner.access_key_id}", None),
        ("DELETE", "/meridian/users/admin", None),
    ):
        status, reply = site.native(method, path, body, key)
        assert (status, reply["code"]) == (403, "AccessDenied")
        assert "because it is an owner's" in reply["message"]


def test_accounts_do_not_see_each_other(site: Site) -> None:
    """The owner of one account finds no user of another."""
    with site.database.write() as conn:
        other = account.create_account(conn)
        account.create_user(conn, other, "eve", owner=True)
        eve = account.create_key(conn, other, "eve")
    site.user("ada")

    assert [user["name"] for user in site.native("GET", "/meridian/users", key=eve)[1]["users"]] == ["eve"]
    assert site.native("DELETE", "/meridian/users/ada", key=eve)[0] == 404
    assert site.native("GET", "/meridian/audit", key=eve)[1]["events"] == []
