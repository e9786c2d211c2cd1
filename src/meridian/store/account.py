"""Accounts, their users, and the access keys that requests are signed with."""

from __future__ import annotations

import secrets
import string

import sqlalchemy as sa
from sqlalchemy import Connection, bindparam
from sqlalchemy.exc import IntegrityError

from meridian.errors import MeridianError
from meridian.model.account import Credential
from meridian.store.database import Database
from meridian.store.ids import new_id
from meridian.store.tables import access_key, account, account_user

MAX_KEYS = 2  # keys a user, so that one can be replaced without a gap

_SECRET_ALPHABET = string.ascii_letters + string.digits + "+/"
_CREDENTIAL = sa.select(access_key).where(access_key.c.id == bindparam("id"))


def create_account(conn: Connection) -> str:
    """Make an account and give its id: 12 digits, the first not 0."""
    account_id = str(secrets.randbelow(900_000_000_000) + 100_000_000_000)
    conn.execute(sa.insert(account), {"id": account_id})
    return account_id


def accounts(conn: Connection) -> list[str]:
    """The ids of all accounts, ascending."""
    return list(conn.execute(sa.select(account.c.id).order_by(account.c.id)).scalars())


def create_user(conn: Connection, account_id: str, name: str) -> None:
    """
    Make a user of an account.

    Raises:
        MeridianError: The name is taken or cannot be, or there is no such account.
    """
    if not 1 <= len(name) <= 64 or not name.isprintable():
        raise MeridianError(f"user name {name!r}: use 1 to 64 printable characters")
    if account_id not in accounts(conn):
        raise MeridianError(f"there is no account {account_id}")
    try:
        with conn.begin_nested():
            conn.execute(sa.insert(account_user), {"account_id": account_id, "name": name})
    except IntegrityError:
        raise MeridianError(f"account {account_id} has a user {name} already") from None


def users(conn: Connection, account_id: str | None = None) -> list[tuple[str, str]]:
    """Account id and name of each user, of one account or of all, ascending."""
    query = sa.select(account_user.c.account_id, account_user.c.name).order_by(*account_user.primary_key.columns)
    if account_id is not None:
        query = query.where(account_user.c.account_id == account_id)
    return [(owner, name) for owner, name in conn.execute(query)]


def delete_user(conn: Connection, account_id: str, name: str) -> None:
    """
    Remove a user and its keys. What the account owns stays.

    Raises:
        MeridianError: There is no such user.
    """
    _require_user(conn, account_id, name)
    conn.execute(sa.delete(access_key).where(access_key.c.account_id == account_id, access_key.c.user_name == name))
    conn.execute(sa.delete(account_user).where(account_user.c.account_id == account_id, account_user.c.name == name))


def create_key(conn: Connection, account_id: str, user: str) -> Credential:
    """
    Make an access key for a user.

    Raises:
        MeridianError: There is no such user, or it has two keys already.
    """
    _require_user(conn, account_id, user)
    if len(keys(conn, account_id, user)) >= MAX_KEYS:
        raise MeridianError(f"user {user} has {MAX_KEYS} access keys already; delete one first")
    secret = "".join(secrets.choice(_SECRET_ALPHABET) for _ in range(40))
    key = Credential(new_id("AKIA"), secret, account_id, user)
    row = {"id": key.access_key_id, "account_id": account_id, "user_name": user, "secret": key.secret}
    conn.execute(sa.insert(access_key), row)
    return key


def keys(conn: Connection, account_id: str, user: str) -> list[str]:
    """The access key ids of a user, ascending."""
    query = (
        sa.select(access_key.c.id)
        .where(access_key.c.account_id == account_id, access_key.c.user_name == user)
        .order_by(access_key.c.id)
    )
    return list(conn.execute(query).scalars())


def delete_key(conn: Connection, access_key_id: str) -> None:
    """
    Remove an access key; requests signed with it are refused from now on.

    Raises:
        MeridianError: There is no such key.
    """
    if not conn.execute(sa.delete(access_key).where(access_key.c.id == access_key_id)).rowcount:
        raise MeridianError(f"there is no access key {access_key_id}")


def find_credential(conn: Connection, access_key_id: str) -> Credential | None:
    """The access key with this id."""
    row = conn.execute(_CREDENTIAL, {"id": access_key_id}).one_or_none()
    return None if row is None else Credential(row.id, row.secret, row.account_id, row.user_name)


def first_key(database: Database) -> Credential | None:
    """On a database without accounts, make one with user `admin` and a key, and give the key. Otherwise None."""
    with database.write() as conn:
        if accounts(conn):
            return None
        account_id = create_account(conn)
        create_user(conn, account_id, "admin")
        return create_key(conn, account_id, "admin")


def _require_user(conn: Connection, account_id: str, name: str) -> None:
    if (account_id, name) not in users(conn, account_id):
        raise MeridianError(f"account {account_id} has no user {name}")
