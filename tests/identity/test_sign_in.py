"""Signing in to the console, and what a session may do."""

from __future__ import annotations

import http.client
import json
from typing import Any, NamedTuple

import pytest

from meridian.errors import MeridianError
from meridian.store import session
from tests.identity.conftest import Site

PASSWORD = "correct horse battery"
SESSION = "/console/api/session"
ZONES = "/console/api/call/ListHostedZones"


class Reply(NamedTuple):
    """A reply of the console's server."""

    status: int
    body: Any
    cookie: str


def ask(site: Site, method: str, path: str, body: Any = None, cookie: str = "", *, header: bool = True) -> Reply:
    """Ask as the console's page does."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    headers = {"Cookie": cookie} if cookie else {}
    if header:
        headers["X-Meridian-Console"] = "1"
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    reply = connection.getresponse()
    read, kept = json.loads(reply.read()), reply.getheader("Set-Cookie", "")
    connection.close()
    return Reply(reply.status, read, kept)


def password(site: Site, user: str) -> None:
    with site.database.write() as conn:
        session.set_password(conn, site.owner.account_id, user, PASSWORD)


def signed_in(site: Site, user: str = "admin") -> str:
    """The cookie of a user who has signed in."""
    password(site, user)
    reply = ask(site, "POST", SESSION, {"user": user, "password": PASSWORD})
    assert reply.status == 200, reply.body
    return reply.cookie.partition(";")[0]


def test_session_begins_is_known_and_ends(site: Site) -> None:
    """A cookie that no script reads and no other site sends; it is good until somebody signs out."""
    password(site, "admin")
    begun = ask(site, "POST", SESSION, {"user": "admin", "password": PASSWORD})
    cookie = begun.cookie.partition(";")[0]

    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(begun.cookie.split("; "))
    shown = {"user": "admin", "accountId": site.owner.account_id, "owner": True}
    assert ask(site, "GET", SESSION, cookie=cookie) == Reply(200, shown, "")
    assert ask(site, "POST", ZONES, {}, cookie).body["HostedZones"] == []
    assert ask(site, "DELETE", SESSION, cookie=cookie).status == 200
    assert ask(site, "GET", SESSION, cookie=cookie).status == 401
    assert ask(site, "POST", ZONES, {}, cookie).body["code"] == "SignInNeeded"


@pytest.mark.parametrize(
    ("user", "given"), [("admin", "another password"), ("nobody", PASSWORD), ("999999999999/admin", PASSWORD)]
)
def test_wrong_names_and_passwords_are_told_alike(site: Site, user: str, given: str) -> None:
    """Nobody learns which of the two was wrong."""
    password(site, "admin")
    reply = ask(site, "POST", SESSION, {"user": user, "password": given})

    assert (reply.status, reply.body["code"]) == (403, "SignInFailed")
    assert reply.body["message"] == "There is no such user, or the password is another one."


def test_users_without_a_password_cannot_sign_in(site: Site) -> None:
    """A user made for a program has keys alone."""
    site.user("program")

    assert ask(site, "POST", SESSION, {"user": "program", "password": ""}).body["code"] == "SignInFailed"


def test_guessing_is_slow(site: Site) -> None:
    """A second guess at once is not even looked at."""
    replies = [ask(site, "POST", SESSION, {"user": "admin", "password": "guess"}) for _ in range(3)]

    assert "Throttling" in [reply.body["code"] for reply in replies]


def test_other_sites_cannot_change_anything(site: Site) -> None:
    """A request with the cookie but without the console's own header is refused, unless it only reads."""
    cookie = signed_in(site)

    refused = ask(site, "POST", ZONES, {}, cookie, header=False)
    assert (refused.status, refused.body["code"]) == (403, "AccessDenied")
    assert ask(site, "GET", "/meridian/me", cookie=cookie, header=False).body["name"] == "admin"
    assert ask(site, "POST", SESSION, {"user": "admin", "password": PASSWORD}, header=False).status == 403


def test_policies_hold_for_sessions(site: Site) -> None:
    """Who signs in may do what the user's policies allow, and no more."""
    statement = {"Effect": "Allow", "Action": "route53:List*", "Resource": "*"}
    site.user("reader", {"Version": "2012-10-17", "Statement": [statement]})
    cookie = signed_in(site, "reader")
    create = {"Name": "example.com", "CallerReference": "r"}

    assert ask(site, "POST", ZONES, {}, cookie).status == 200
    refused = ask(site, "POST", "/console/api/call/CreateHostedZone", create, cookie)
    assert (refused.status, refused.body["code"]) == (403, "AccessDenied")


def test_operations_over_json(site: Site) -> None:
    """The same functions, texts and types as in XML; ids are taken with and without a prefix, and given without."""
    cookie = signed_in(site)
    create = {"Name": "example.com", "CallerReference": "r"}
    made = ask(site, "POST", "/console/api/call/CreateHostedZone", create, cookie).body
    zone_id = made["HostedZone"]["Id"]
    found = ask(site, "POST", "/console/api/call/GetHostedZone", {"Id": f"/hostedzone/{zone_id}"}, cookie).body
    listed = ask(site, "POST", ZONES, {}, cookie).body

    assert "/" not in zone_id + made["ChangeInfo"]["Id"]
    assert [zone["Id"] for zone in listed["HostedZones"]] == [zone_id]
    assert found["HostedZone"] == made["HostedZone"]
    assert made["ChangeInfo"]["SubmittedAt"].startswith("20")
    again = ask(site, "POST", "/console/api/call/CreateHostedZone", create, cookie)
    assert (again.status, again.body["code"]) == (409, "HostedZoneAlreadyExists")


@pytest.mark.parametrize(
    ("operation", "body", "code"),
    [
        ("Frobnicate", {}, "UnknownOperationException"),
        ("EnableHostedZoneDNSSEC", {"HostedZoneId": "Z1"}, "NotImplemented"),
        ("GetHostedZone", {}, "InvalidInput"),
        ("GetHostedZone", {"Id": 7}, "InvalidInput"),
        ("GetHostedZone", {"Id": "Z1"}, "NoSuchHostedZone"),
        ("GetHostedZone", [], "InvalidInput"),
        ("GetHostedZone", {"Id": "Z" * 99}, "InvalidInput"),
    ],
)
def test_bad_calls_over_json(site: Site, operation: str, body: Any, code: str) -> None:
    """What a call is wrong for is said in the API's own form."""
    assert ask(site, "POST", f"/console/api/call/{operation}", body, signed_in(site)).body["code"] == code


def test_a_new_password_ends_sessions(site: Site) -> None:
    """Whoever had the old one is signed out."""
    cookie = signed_in(site)
    password(site, "admin")

    assert ask(site, "GET", SESSION, cookie=cookie).status == 401


@pytest.mark.parametrize("bad", ["short", "x" * 129])
def test_passwords_have_12_to_128_characters(site: Site, bad: str) -> None:
    """Long enough to be worth hashing, short enough to hash."""
    with site.database.write() as conn, pytest.raises(MeridianError, match="12 to 128"):
        session.set_password(conn, site.owner.account_id, "admin", bad)
