"""Passwords of users, and who is signed in to the console."""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import datetime, timedelta

import argon2
import sqlalchemy as sa
from sqlalchemy import Connection, and_, bindparam

from meridian.errors import MeridianError
from meridian.model.account import User
from meridian.store.account import find_user, user_of, users
from meridian.store.moments import milliseconds
from meridian.store.tables import account_user, session

LIVES = timedelta(hours=12)  # how long a session is good for
SHORTEST_PASSWORD = 12  # characters (NIST SP 800-63B asks for 8 at least, and no rules of composition)
LONGEST_PASSWORD = 128


def _drawn(octets: int) -> str:
    return base64.b64encode(secrets.token_bytes(octets)).rstrip(b"=").decode()


_hasher = argon2.PasswordHasher()  # RFC 9106 §4, second recommended option
# Somebody who is not there takes as long to refuse as somebody with another password: a hash that nobody knows the
# password of, drawn instead of computed, since computing it would cost every start a quarter of a second.
_NOBODY = (
    f"$argon2id$v={argon2.low_level.ARGON2_VERSION}"
    f"$m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    f"${_drawn(_hasher.salt_len)}${_drawn(_hasher.hash_len)}"
)
_FIND = (
    sa.select(account_user, session.c.expires_at)
    .join(
        account_user,
        and_(account_user.c.account_id == session.c.account_id, account_user.c.name == session.c.user_name),
    )
    .where(session.c.token_hash == bindparam("token_hash"), session.c.expires_at > bindparam("now"))
)


def new_password() -> str:
    """A password that nobody has to remember."""
    return secrets.token_urlsafe(15)


def set_password(conn: Connection, account_id: str, user: str, password: str) -> None:
    """
    Let a user sign in with this password, and end its sessions.

    Raises:
        MeridianError: There is no such user, or the password is too short or too long.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise MeridianError(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    find_user(conn, account_id, user)
    changed = sa.update(account_user).where(account_user.c.account_id == account_id, account_user.c.name == user)
    conn.execute(changed.values(password_hash=_hasher.hash(password)))
    end_all(conn, account_id, user)


def verified(conn: Connection, user: str, password: str) -> User | None:
    """
    The user with this name and password; None if there is none.

    Args:
        user: A name, or `account/name` where several accounts have such a user.
    """
    known = named(conn, user)
    hashed = None if known is None else _password_of(conn, known.account_id, known.name)
    try:
        _hasher.verify(hashed or _NOBODY, password)
    except argon2.exceptions.VerifyMismatchError:
        return None
    return None if hashed is None else known


def named(conn: Connection, user: str) -> User | None:
    """
    The user of this name; None if there is none, or more than one.

    Args:
        user: A name, or `account/name` where several accounts have such a user.
    """
    account_id, _, name = user.rpartition("/")
    owners = [owner for owner, found in users(conn, account_id or None) if found == name]
    return find_user(conn, owners[0], name) if len(owners) == 1 else None


def _password_of(conn: Connection, account_id: str, user: str) -> str | None:
    query = sa.select(account_user.c.password_hash)
    found: str | None = conn.execute(
        query.where(account_user.c.account_id == account_id, account_user.c.name == user)
    ).scalar_one_or_none()
    return found


def begin(conn: Connection, user: User, now: datetime) -> str:
    """Sign a user in, and give the token that its cookie is to hold. Sessions that have ended are forgotten."""
    conn.execute(sa.delete(session).where(session.c.expires_at <= milliseconds(now)))
    token = secrets.token_urlsafe(32)
    row = {"token_hash": _hash(token), "account_id": user.account_id, "user_name": user.name}
    conn.execute(sa.insert(session), {**row, "expires_at": milliseconds(now + LIVES)})
    return token


def find(conn: Connection, token: str, now: datetime) -> User | None:
    """Whose session this is; None if it has ended."""
    row = conn.execute(_FIND, {"token_hash": _hash(token), "now": milliseconds(now)}).one_or_none()
    return None if row is None else user_of(row)


def end(conn: Connection, token: str) -> None:
    """Sign out. A token of no session is no error."""
    conn.execute(sa.delete(session).where(session.c.token_hash == _hash(token)))


def end_all(conn: Connection, account_id: str, user: str) -> None:
    """Sign a user out everywhere."""
    conn.execute(sa.delete(session).where(session.c.account_id == account_id, session.c.user_name == user))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
