"""Accounts, their users, and the access keys that requests are signed with; secrets are sealed (`store.seal`)."""

from __future__ import annotations

import secrets
import string
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, and_, bindparam
from sqlalchemy.exc import IntegrityError

from meridian.errors import MeridianError, NoSuchEntity
from meridian.model.account import AccessKey, Credential, User
from meridian.store import seal
from meridian.store.database import Database
from meridian.store.ids import new_id
from meridian.store.moments import milliseconds, time_of
from meridian.store.tables import access_key, account, account_user, user_policy

MAX_KEYS = 2  # keys a user, so that one can be replaced without a gap

_SECRET_ALPHABET = string.ascii_letters + string.digits + "+/"
_CREDENTIAL = (
    sa.select(access_key, account_user.c.owner)
    .join(
        account_user,
        and_(account_user.c.account_id == access_key.c.account_id, account_user.c.name == access_key.c.user_name),
    )
    .where(access_key.c.id == bindparam("id"), access_key.c.enabled)
)


def create_account(conn: Connection) -> str:
    """Make an account and give its id: 12 digits, the first not 0."""
    account_id = str(secrets.randbelow(900_000_000_000) + 100_000_000_000)
    conn.execute(sa.insert(account), {"id": account_id})
    return account_id


def accounts(conn: Connection) -> list[str]:
    """The ids of all accounts, ascending."""
    return list(conn.execute(sa.select(account.c.id).order_by(account.c.id)).scalars())


def create_user(
    conn: Connection, account_id: str, name: str, *, owner: bool = False, now: datetime | None = None
) -> None:
    """
    Make a user of an account.

    Args:
        owner: It may do everything in its account; otherwise nothing but what its policies allow.
        now: When; None if that is not to be kept.

    Raises:
        MeridianError: The name is taken or cannot be, or there is no such account.
    """
    if not 1 <= len(name) <= 64 or not name.isprintable() or set(name) & set("/:*?"):
        raise MeridianError(f"user name {name!r}: use 1 to 64 printable characters, none of / : * ?")
    if account_id not in accounts(conn):
        raise MeridianError(f"there is no account {account_id}")
    row = {"account_id": account_id, "name": name, "owner": owner, "created_at": _milliseconds(now)}
    try:
        with conn.begin_nested():
            conn.execute(sa.insert(account_user), row)
    except IntegrityError:
        raise MeridianError(f"account {account_id} has a user {name} already") from None


def find_user(conn: Connection, account_id: str, name: str) -> User:
    """
    One user.

    Raises:
        NoSuchEntity: There is no such user.
    """
    query = sa.select(account_user).where(account_user.c.account_id == account_id, account_user.c.name == name)
    row = conn.execute(query).one_or_none()
    if row is None:
        raise NoSuchEntity(f"account {account_id} has no user {name}")
    return user_of(row)


def user_of(row: Any) -> User:
    """A row of the table, read."""
    return User(row.account_id, row.name, row.owner, _time(row.created_at))


def users(conn: Connection, account_id: str | None = None) -> list[tuple[str, str]]:
    """Account id and name of each user, of one account or of all, ascending."""
    query = sa.select(account_user.c.account_id, account_user.c.name).order_by(*account_user.primary_key.columns)
    if account_id is not None:
        query = query.where(account_user.c.account_id == account_id)
    return [(owner, name) for owner, name in conn.execute(query)]


def delete_user(conn: Connection, account_id: str, name: str) -> None:
    """
    Remove a user, its keys and its policies. What the account owns stays.

    Raises:
        NoSuchEntity: There is no such user.
    """
    find_user(conn, account_id, name)
    conn.execute(sa.delete(user_policy).where(user_policy.c.account_id == account_id, user_policy.c.user_name == name))
    conn.execute(sa.delete(access_key).where(access_key.c.account_id == account_id, access_key.c.user_name == name))
    conn.execute(sa.delete(account_user).where(account_user.c.account_id == account_id, account_user.c.name == name))


def create_key(conn: Connection, account_id: str, user: str, now: datetime | None = None) -> Credential:
    """
    Make an access key for a user.

    Args:
        now: When; None if that is not to be kept.

    Raises:
        MeridianError: There is no such user, or it has two keys already; or nothing can be sealed.
    """
    owner = find_user(conn, account_id, user).owner
    if len(keys(conn, account_id, user)) >= MAX_KEYS:
        raise MeridianError(f"user {user} has {MAX_KEYS} access keys already; delete one first")
    secret = "".join(secrets.choice(_SECRET_ALPHABET) for _ in range(40))
    key = Credential(new_id("AKIA"), secret, account_id, user, owner)
    row = {
        "id": key.access_key_id,
        "account_id": account_id,
        "user_name": user,
        "sealed_secret": seal.of(conn).seal(secret, key.access_key_id),
        "enabled": True,
        "created_at": _milliseconds(now),
    }
    conn.execute(sa.insert(access_key), row)
    return key


def keys(conn: Connection, account_id: str, user: str) -> list[str]:
    """The access key ids of a user, ascending."""
    return [key.id for key in access_keys(conn, account_id, user)]


def access_keys(conn: Connection, account_id: str, user: str) -> list[AccessKey]:
    """The access keys of a user, by id."""
    query = (
        sa.select(access_key)
        .where(access_key.c.account_id == account_id, access_key.c.user_name == user)
        .order_by(access_key.c.id)
    )
    return [AccessKey(row.id, row.enabled, _time(row.created_at)) for row in conn.execute(query)]


def key_owner(conn: Connection, access_key_id: str) -> tuple[str, str]:
    """
    Account and user of an access key.

    Raises:
        NoSuchEntity: There is no such key.
    """
    row = conn.execute(sa.select(access_key).where(access_key.c.id == access_key_id)).one_or_none()
    if row is None:
        raise NoSuchEntity(f"there is no access key {access_key_id}")
    return row.account_id, row.user_name


def enable_key(conn: Connection, access_key_id: str, enabled: bool) -> None:
    """
    Enable a key, or disable it: requests signed with it are refused until it is enabled again.

    Raises:
        NoSuchEntity: There is no such key.
    """
    changed = sa.update(access_key).where(access_key.c.id == access_key_id).values(enabled=enabled)
    if not conn.execute(changed).rowcount:
        raise NoSuchEntity(f"there is no access key {access_key_id}")


def delete_key(conn: Connection, access_key_id: str) -> None:
    """
    Remove an access key; requests signed with it are refused from now on.

    Raises:
        NoSuchEntity: There is no such key.
    """
    if not conn.execute(sa.delete(access_key).where(access_key.c.id == access_key_id)).rowcount:
        raise NoSuchEntity(f"there is no access key {access_key_id}")


def find_credential(conn: Connection, access_key_id: str) -> Credential | None:
    """The access key with this id, if it is enabled."""
    row = conn.execute(_CREDENTIAL, {"id": access_key_id}).one_or_none()
    if row is None:
        return None
    secret = seal.of(conn).open(row.sealed_secret, row.id)
    return Credential(row.id, secret, row.account_id, row.user_name, row.owner)


def sealed_by(conn: Connection) -> set[bytes]:
    """The names of the keys with which secrets are sealed."""
    return {seal.key_name(sealed) for sealed in conn.execute(sa.select(access_key.c.sealed_secret)).scalars()}


def reseal(conn: Connection) -> int:
    """Seal every secret anew, with the newest key; give their number."""
    sealer = seal.of(conn)
    rows = conn.execute(sa.select(access_key.c.id, access_key.c.sealed_secret)).all()
    for id_, sealed in rows:
        anew = sealer.seal(sealer.open(sealed, id_), id_)
        conn.execute(sa.update(access_key).where(access_key.c.id == id_).values(sealed_secret=anew))
    return len(rows)


def lost_keys(conn: Connection) -> list[str]:
    """The access keys whose secrets cannot be opened, ascending: what they were sealed with is lost."""
    sealer = seal.of(conn)
    lost = []
    for id_, sealed in conn.execute(sa.select(access_key.c.id, access_key.c.sealed_secret).order_by(access_key.c.id)):
        try:
            sealer.open(sealed, id_)
        except seal.SealError:
            lost.append(id_)
    return lost


def first_key(database: Database, now: datetime | None = None) -> Credential | None:
    """On a database without accounts, make one with its owner `admin` and a key, and give it. Otherwise None."""
    with database.write() as conn:
        if accounts(conn):
            return None
        account_id = create_account(conn)
        create_user(conn, account_id, "admin", owner=True, now=now)
        return create_key(conn, account_id, "admin", now)


def _milliseconds(time: datetime | None) -> int | None:
    return None if time is None else milliseconds(time)


def _time(kept: Any) -> datetime | None:
    return None if kept is None else time_of(kept)
