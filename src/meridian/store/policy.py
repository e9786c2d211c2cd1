"""Policies of users: documents in the IAM JSON form, kept as they were written."""

from __future__ import annotations

import re
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy import Connection, bindparam

from meridian.errors import MeridianError, NoSuchEntity
from meridian.model.iam import Policy, read_policy
from meridian.store.account import find_user
from meridian.store.tables import user_policy

MAX_POLICIES = 20  # a user; each of them is read for each of its requests

_NAME = re.compile(r"[A-Za-z0-9+=,.@_-]{1,128}")  # IAM's

_OF_USER = (
    sa.select(user_policy.c.name, user_policy.c.document)
    .where(user_policy.c.account_id == bindparam("account_id"), user_policy.c.user_name == bindparam("user"))
    .order_by(user_policy.c.name)
)


def documents(conn: Connection, account_id: str, user: str) -> dict[str, str]:
    """A user's policies by name, ascending, as they were written."""
    return {name: document for name, document in conn.execute(_OF_USER, {"account_id": account_id, "user": user})}


def policies(conn: Connection, account_id: str, user: str) -> tuple[Policy, ...]:
    """A user's policies, read."""
    return tuple(map(_read, documents(conn, account_id, user).values()))


def put(conn: Connection, account_id: str, user: str, name: str, document: str) -> str | None:
    """
    Attach a policy to a user, or replace the one of this name.

    Returns:
        The document that was there before.

    Raises:
        MeridianError: There is no such user, or the name or the document (`BadPolicy`) cannot be.
    """
    if not _NAME.fullmatch(name):
        raise MeridianError(f"policy name {name!r}: use 1 to 128 letters, digits and +=,.@_-")
    read_policy(document)
    find_user(conn, account_id, user)
    present = documents(conn, account_id, user)
    if name not in present and len(present) >= MAX_POLICIES:
        raise MeridianError(f"user {user} has {MAX_POLICIES} policies already; detach one, or join some into one")
    if name in present:
        _delete(conn, account_id, user, name)
    row = {"account_id": account_id, "user_name": user, "name": name, "document": document}
    conn.execute(sa.insert(user_policy), row)
    return present.get(name)


def delete(conn: Connection, account_id: str, user: str, name: str) -> str:
    """
    Detach a policy, and give its document.

    Raises:
        NoSuchEntity: The user, or a policy of this name, is not there.
    """
    document = get(conn, account_id, user, name)
    _delete(conn, account_id, user, name)
    return document


def get(conn: Connection, account_id: str, user: str, name: str) -> str:
    """
    The document of a policy.

    Raises:
        NoSuchEntity: The user, or a policy of this name, is not there.
    """
    find_user(conn, account_id, user)
    document = documents(conn, account_id, user).get(name)
    if document is None:
        raise NoSuchEntity(f"user {user} has no policy {name}")
    return document


def _delete(conn: Connection, account_id: str, user: str, name: str) -> None:
    conn.execute(
        sa.delete(user_policy).where(
            user_policy.c.account_id == account_id, user_policy.c.user_name == user, user_policy.c.name == name
        )
    )


# Each request of the user asks for it, and it changes seldom.
_read = lru_cache(maxsize=256)(read_policy)
