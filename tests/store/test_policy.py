from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from meridian.errors import MeridianError
from meridian.model.authorization import Ask, decide
from meridian.store import account, policy
from meridian.store.database import Database

ALLOW = json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}, indent=2)
DENY = ALLOW.replace("Allow", "Deny")


def test_policies_come_and_go(database: Database, account_id: str) -> None:
    """Kept as they were written, by name; one of the same name is replaced; they go with their user."""
    with database.write() as conn:
        for user in ("ada", "bob"):
            account.create_user(conn, account_id, user)
        assert policy.put(conn, account_id, "ada", "b", ALLOW) is None
        assert policy.put(conn, account_id, "ada", "a", ALLOW) is None
        assert policy.put(conn, account_id, "ada", "a", DENY) == ALLOW
        assert policy.documents(conn, account_id, "ada") == {"a": DENY, "b": ALLOW}
        assert policy.documents(conn, account_id, "bob") == {}
        assert not decide(policy.policies(conn, account_id, "ada"), Ask("route53:X", "*")).allowed
        assert policy.delete(conn, account_id, "ada", "a") == DENY
        assert decide(policy.policies(conn, account_id, "ada"), Ask("route53:X", "*")).allowed
        account.delete_user(conn, account_id, "ada")
        account.create_user(conn, account_id, "ada")
        assert policy.policies(conn, account_id, "ada") == ()


def test_mistakes_are_explained(database: Database, account_id: str) -> None:
    with database.write() as conn:
        account.create_user(conn, account_id, "ada")
        for number in range(policy.MAX_POLICIES):
            policy.put(conn, account_id, "ada", f"p{number}", ALLOW)
        facts: list[tuple[Callable[[], object], str]] = [
            (lambda: policy.put(conn, account_id, "ada", "one more", ALLOW), "policy name 'one more': use 1 to 128"),
            (lambda: policy.put(conn, account_id, "ada", "more", ALLOW), "has 20 policies already; detach one"),
            (lambda: policy.put(conn, account_id, "ada", "p0", "{}"), "Statement: give a list"),
            (lambda: policy.put(conn, account_id, "x", "p0", ALLOW), "has no user x"),
            (lambda: policy.get(conn, account_id, "ada", "x"), "user ada has no policy x"),
            (lambda: policy.delete(conn, account_id, "ada", "x"), "user ada has no policy x"),
        ]
        for mistake, explanation in facts:
            with pytest.raises(MeridianError, match=explanation):
                mistake()
        assert policy.put(conn, account_id, "ada", "p0", DENY) == ALLOW
