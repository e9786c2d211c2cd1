"""`/meridian/users`, calls of our own: users, their access keys and their policies (docs/reference/users.md)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from typing import Any

import msgspec
from sqlalchemy import Connection

from meridian.api.access import record_values, user_arn
from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.api.json_batch import decode
from meridian.api.native import NativeCall
from meridian.api.remarks import remarks
from meridian.api.trail import NoTrail, Trail
from meridian.errors import ApiError, InvalidInput, MeridianError, NoSuchEntity
from meridian.model.account import AccessKey, Credential, User
from meridian.model.authorization import EVERYTHING, Ask, decide
from meridian.model.health_event import timestamp
from meridian.model.iam import read_policy
from meridian.store import account, policy

ME = "/meridian/me"
PATH = "/meridian/users"
ONE = PATH + "/{user}"
KEYS = ONE + "/keys"
KEY = KEYS + "/{key}"
POLICY = ONE + "/policies/{policy}"
DECIDE = ONE + "/decide"

Fields = dict[str, Any]


class UserBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the call takes that makes a user."""

    owner: bool = False


class KeyBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the call takes that enables a key or disables it."""

    enabled: bool


class DecideBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    What the call takes that tries policies.

    Attributes:
        action: Such as `route53:GetChange`.
        resource: An ARN, or `*`.
        changes: Of a ChangeResourceRecordSets, each its action, name and type.
    """

    action: str
    resource: str = EVERYTHING
    changes: tuple[tuple[str, str, str], ...] = ()


class Verdict(msgspec.Struct, frozen=True):
    """
    What policies say to something.

    Attributes:
        policy: The name of the policy that decides; empty for none.
        sid: Of the statement that decides; empty for none, or one without.
    """

    allowed: bool
    reason: str
    policy: str = ""
    sid: str = ""


def create_user(
    conn: Connection, trail: Trail | NoTrail, account_id: str, name: str, *, owner: bool, now: datetime
) -> None:
    """Make a user, and tell the trail."""
    account.create_user(conn, account_id, name, owner=owner, now=now)
    trail.changed("user", name, None, {"owner": owner})


def delete_user(conn: Connection, trail: Trail | NoTrail, account_id: str, name: str) -> None:
    """Remove a user with keys and policies, and tell the trail."""
    found = account.find_user(conn, account_id, name)
    keys = account.keys(conn, account_id, name)
    policies = {policy: json.loads(text) for policy, text in policy_documents(conn, account_id, name).items()}
    account.delete_user(conn, account_id, name)
    trail.changed("user", name, {"owner": found.owner, "keys": keys, "policies": policies}, None)


def create_key(
    conn: Connection, trail: Trail | NoTrail, account_id: str, name: str, now: datetime | None
) -> Credential:
    """Make an access key, and tell the trail; of the secret it keeps nothing."""
    key = account.create_key(conn, account_id, name, now)
    trail.changed("accesskey", key.access_key_id, None, {"user": name, "enabled": True})
    return key


def enable_key(conn: Connection, trail: Trail | NoTrail, key_id: str, enabled: bool) -> None:
    """Enable or disable an access key, and tell the trail."""
    before = _key_fields(conn, key_id)
    account.enable_key(conn, key_id, enabled)
    trail.changed("accesskey", key_id, before, before | {"enabled": enabled})


def delete_key(conn: Connection, trail: Trail | NoTrail, key_id: str) -> None:
    """Remove an access key, and tell the trail."""
    before = _key_fields(conn, key_id)
    account.delete_key(conn, key_id)
    trail.changed("accesskey", key_id, before, None)


def put_policy(
    conn: Connection, trail: Trail | NoTrail, account_id: str, user: str, name: str, document: str
) -> list[str]:
    """Attach or replace a policy, tell the trail, and give what is odd about it, in a sentence each."""
    before = policy.put(conn, account_id, user, name, document)
    told = None if before is None else {"user": user, "document": json.loads(before)}
    trail.changed("policy", name, told, {"user": user, "document": json.loads(document)})
    return remarks(read_policy(document))


def delete_policy(conn: Connection, trail: Trail | NoTrail, account_id: str, user: str, name: str) -> None:
    """Detach a policy, and tell the trail."""
    before = policy.delete(conn, account_id, user, name)
    trail.changed("policy", name, {"user": user, "document": json.loads(before)}, None)


def policy_documents(conn: Connection, account_id: str, user: str) -> dict[str, str]:
    """A user's policies as they were written, by name."""
    account.find_user(conn, account_id, user)
    return policy.documents(conn, account_id, user)


def judge(conn: Connection, account_id: str, user: str, ask: Ask) -> Verdict:
    """
    Decide as a request of this user would be decided, and say by what.

    Raises:
        NoSuchEntity: There is no such user.
    """
    if account.find_user(conn, account_id, user).owner:
        return Verdict(True, "an owner may do everything in its account")
    by_name = {name: read_policy(text) for name, text in policy.documents(conn, account_id, user).items()}
    decision = decide(by_name.values(), ask)
    if decision.statement is None:
        return Verdict(False, f"no policy allows {ask.action} on {ask.resource}")
    name = next(name for name, read in by_name.items() if decision.statement in read.statements)
    word = "allows" if decision.allowed else "denies"
    return Verdict(decision.allowed, f"policy {name} {word} it", name, decision.statement.sid)


def ask_of(action: str, resource: str, changes: Sequence[tuple[str, str, str]]) -> Ask:
    """What is asked of policies; each change is an action, a name and a type."""
    return Ask(action, resource, record_values(iter(changes)) if changes else {})


def _told(call: NativeCall) -> NativeCall:
    """A call whose mistakes are told in the API's form."""

    @wraps(call)
    def told(context: Context, request: HttpRequest) -> Any:
        try:
            return call(context, request)
        except ApiError:
            raise
        except NoSuchEntity as error:
            raise ApiError("NoSuchEntity", str(error), status=404) from None
        except MeridianError as error:
            raise InvalidInput(str(error)) from None

    return told


@_told
def show_me(context: Context, request: HttpRequest) -> Fields:
    """Who asks, and what its policies are."""
    caller = context.caller
    with context.database.read() as conn:
        found = account.find_user(conn, caller.account_id, caller.user)
        shown = _user(conn, found)
        documents = policy_documents(conn, caller.account_id, caller.user)
    policies = {name: json.loads(text) for name, text in documents.items()}
    return {**shown, "access_key_id": caller.access_key_id, "policies": policies}


@_told
def list_users(context: Context, request: HttpRequest) -> Fields:
    """All users of the account by name, with their keys and the names of their policies."""
    account_id = context.caller.account_id
    with context.database.read() as conn:
        names = [name for _, name in account.users(conn, account_id)]
        return {"users": [_user(conn, account.find_user(conn, account_id, name)) for name in names]}


@_told
def put_user(context: Context, request: HttpRequest) -> Fields:
    """Make a user of the account; only an owner makes owners."""
    body = decode(request.body or b"{}", UserBody)
    if body.owner and not context.caller.owner:
        raise _owners_only(context, "iam:CreateUser", request.parts["user"])
    account_id, name = context.caller.account_id, request.parts["user"]
    with context.database.write() as conn:
        create_user(conn, context.trail, account_id, name, owner=body.owner, now=context.clock.now())
        return _user(conn, account.find_user(conn, account_id, name))


@_told
def remove_user(context: Context, request: HttpRequest) -> Fields:
    """Remove a user with keys and policies; nobody removes itself."""
    if request.parts["user"] == context.caller.user:
        raise InvalidInput("A user cannot remove itself; ask another one to do it.")
    with _changing(context, request, "iam:DeleteUser") as (conn, user):
        delete_user(conn, context.trail, user.account_id, user.name)
    return {}


@_told
def make_key(context: Context, request: HttpRequest) -> Fields:
    """Make an access key; its secret is told this once."""
    with _changing(context, request, "iam:CreateAccessKey") as (conn, user):
        key = create_key(conn, context.trail, user.account_id, user.name, context.clock.now())
    return {"access_key_id": key.access_key_id, "secret_access_key": key.secret}


@_told
def set_key(context: Context, request: HttpRequest) -> Fields:
    """Enable an access key, or disable it."""
    body = decode(request.body, KeyBody)
    with _changing(context, request, "iam:UpdateAccessKey") as (conn, user):
        enable_key(conn, context.trail, _key_of(conn, user, request), body.enabled)
    return {"enabled": body.enabled}


@_told
def remove_key(context: Context, request: HttpRequest) -> Fields:
    """Remove an access key."""
    with _changing(context, request, "iam:DeleteAccessKey") as (conn, user):
        delete_key(conn, context.trail, _key_of(conn, user, request))
    return {}


@_told
def show_policy(context: Context, request: HttpRequest) -> Fields:
    """One policy of a user."""
    user, name = request.parts["user"], request.parts["policy"]
    with context.database.read() as conn:
        text = policy.get(conn, context.caller.account_id, user, name)
    return {"name": name, "document": json.loads(text), "remarks": remarks(read_policy(text))}


@_told
def set_policy(context: Context, request: HttpRequest) -> Fields:
    """Attach a policy to a user, or replace the one of this name; the body is the document."""
    try:
        document = request.body.decode()
    except UnicodeDecodeError as error:
        raise InvalidInput(f"The body is not UTF-8: {error}") from None
    with _changing(context, request, "iam:PutUserPolicy") as (conn, user):
        name = request.parts["policy"]
        odd = put_policy(conn, context.trail, user.account_id, user.name, name, document)
    return {"name": name, "remarks": odd}


@_told
def remove_policy(context: Context, request: HttpRequest) -> Fields:
    """Detach a policy from a user."""
    with _changing(context, request, "iam:DeleteUserPolicy") as (conn, user):
        delete_policy(conn, context.trail, user.account_id, user.name, request.parts["policy"])
    return {}


@_told
def try_policies(context: Context, request: HttpRequest) -> Fields:
    """What the user's policies say to something; nothing is done."""
    body = decode(request.body, DecideBody)
    ask = ask_of(body.action, body.resource, body.changes)
    with context.database.read() as conn:
        verdict = judge(conn, context.caller.account_id, request.parts["user"], ask)
    return msgspec.structs.asdict(verdict)


@contextmanager
def _changing(context: Context, request: HttpRequest, action: str) -> Iterator[tuple[Connection, User]]:
    """A write about the user that the path names. Owners are changed by owners alone: else a key is all it takes."""
    name = request.parts["user"]
    with context.database.write() as conn:
        user = account.find_user(conn, context.caller.account_id, name)
        if user.owner and not context.caller.owner:
            raise _owners_only(context, action, name)
        yield conn, user


def _owners_only(context: Context, action: str, name: str) -> ApiError:
    account_id = context.caller.account_id
    me, other = user_arn(account_id, context.caller.user), user_arn(account_id, name)
    text = f"User: {me} is not authorized to perform: {action} on resource: {other} because it is an owner's"
    return ApiError("AccessDenied", text)


def _key_of(conn: Connection, user: User, request: HttpRequest) -> str:
    key_id = request.parts["key"]
    if key_id not in account.keys(conn, user.account_id, user.name):
        raise NoSuchEntity(f"user {user.name} has no access key {key_id}")
    return key_id


def _user(conn: Connection, user: User) -> Fields:
    return {
        "account_id": user.account_id,
        "name": user.name,
        "arn": user_arn(user.account_id, user.name),
        "owner": user.owner,
        "created_at": None if user.created_at is None else timestamp(user.created_at),
        "keys": [_key(key) for key in account.access_keys(conn, user.account_id, user.name)],
        "policies": list(policy.documents(conn, user.account_id, user.name)),
    }


def _key(key: AccessKey) -> Fields:
    created = None if key.created_at is None else timestamp(key.created_at)
    return {"access_key_id": key.id, "enabled": key.enabled, "created_at": created}


def _key_fields(conn: Connection, key_id: str) -> Fields:
    account_id, user = account.key_owner(conn, key_id)
    (key,) = (key for key in account.access_keys(conn, account_id, user) if key.id == key_id)
    return {"user": user, "enabled": key.enabled}
