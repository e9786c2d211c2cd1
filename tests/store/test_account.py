from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from meridian.errors import MeridianError
from meridian.store import account
from meridian.store.database import Database


def test_the_first_key_is_made_once(database: Database) -> None:
    """On an empty database an account, its user `admin` and a key are made; later starts make nothing."""
    key = account.first_key(database)

    assert key is not None
    assert account.first_key(database) is None
    with database.read() as conn:
        assert account.find_credential(conn, key.access_key_id) == key
        assert account.users(conn) == [(key.account_id, "admin")]


def test_keys_have_awss_shape(database: Database) -> None:
    """Clients check nothing but lengths; people know a key by its beginning."""
    key = account.first_key(database)

    assert key is not None
    assert re.fullmatch(r"AKIA[A-Z0-9]{16}", key.access_key_id)
    assert re.fullmatch(r"[A-Za-z0-9+/]{40}", key.secret)
    assert re.fullmatch(r"[1-9][0-9]{11}", key.account_id)


def test_users_and_keys_come_and_go(database: Database, account_id: str) -> None:
    with database.write() as conn:
        for user in ("b", "a"):
            account.create_user(conn, account_id, user)
        keys = [account.create_key(conn, account_id, "a") for _ in range(2)]
        other = account.create_key(conn, account_id, "b")

        assert account.users(conn, account_id) == [(account_id, "a"), (account_id, "b")]
        assert account.keys(conn, account_id, "a") == sorted(key.access_key_id for key in keys)
        account.delete_key(conn, keys[0].access_key_id)
        assert account.find_credential(conn, keys[0].access_key_id) is None
        account.delete_user(conn, account_id, "a")
        assert account.find_credential(conn, keys[1].access_key_id) is None
        assert account.find_credential(conn, other.access_key_id) == other
        assert account.users(conn, account_id) == [(account_id, "b")]
        assert account.accounts(conn) == [account_id]


def test_mistakes_are_explained(database: Database, account_id: str) -> None:
    with database.write() as conn:
        account.create_user(conn, account_id, "a")
        for _ in range(account.MAX_KEYS):
            account.create_key(conn, account_id, "a")
        facts: list[tuple[Callable[[], object], str]] = [
            (lambda: account.create_user(conn, account_id, "a"), "has a user a already"),
            (lambda: account.create_user(conn, account_id, ""), "use 1 to 64 printable characters"),
            (lambda: account.create_user(conn, account_id, "x" * 65), "use 1 to 64 printable characters"),
            (lambda: account.create_user(conn, "000000000000", "x"), "there is no account 000000000000"),
            (lambda: account.create_key(conn, account_id, "x"), "has no user x"),
            (lambda: account.create_key(conn, account_id, "a"), "delete one first"),
            (lambda: account.delete_user(conn, account_id, "x"), "has no user x"),
            (lambda: account.delete_key(conn, "AKIA0"), "there is no access key AKIA0"),
        ]
        for mistake, explanation in facts:
            with pytest.raises(MeridianError, match=explanation):
                mistake()
