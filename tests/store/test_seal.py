"""Secrets are kept sealed, with keys outside of the database."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
import sqlalchemy as sa

from meridian.store import account
from meridian.store.database import Database
from meridian.store.seal import KEYS_KEPT, Sealer, SealError, key_name
from meridian.store.tables import access_key
from tests.store.test_migrations import add, at_revision

SECRET = "abcdefghijABCDEFGHIJ0123456789+/+/+/+/+/"


@pytest.fixture
def sealer(tmp_path: Path) -> Sealer:
    sealer = Sealer(tmp_path / "seal.key")
    sealer.prepare(())
    return sealer


def test_what_is_sealed_opens_for_its_subject_alone(sealer: Sealer) -> None:
    """A secret that was moved to another key, or changed, is refused."""
    sealed = sealer.seal(SECRET, "AKIA1")

    assert sealer.open(sealed, "AKIA1") == SECRET
    assert SECRET.encode() not in sealed
    assert sealer.seal(SECRET, "AKIA1") != sealed
    for broken, subject in ((sealed, "AKIA2"), (sealed[:-1] + bytes([sealed[-1] ^ 1]), "AKIA1")):
        with pytest.raises(SealError, match="was changed in the database"):
            sealer.open(broken, subject)


def test_the_file_is_for_its_owner_alone_and_stays(sealer: Sealer) -> None:
    assert sealer.file.stat().st_mode & 0o777 == 0o600
    text = sealer.file.read_text()
    sealer.prepare(())

    assert sealer.file.read_text() == text
    assert list(sealer.file.parent.iterdir()) == [sealer.file]


def test_keys_rotate(sealer: Sealer) -> None:
    """What older keys have sealed opens until they are dropped; a process that runs learns of a new key by itself."""
    running = Sealer(sealer.file)
    first = sealer.seal(SECRET, "x")
    assert running.open(first, "x") == SECRET
    sealer.add_key()
    second = sealer.seal(SECRET, "x")

    assert key_name(first) != key_name(second)
    assert [running.open(sealed, "x") for sealed in (first, second)] == [SECRET, SECRET]
    assert key_name(running.seal(SECRET, "x")) == key_name(second)
    sealer.add_key()
    sealer.drop_old_keys({key_name(first)})
    assert Sealer(sealer.file).open(first, "x") == SECRET
    sealer.drop_old_keys(())
    assert len([line for line in sealer.file.read_text().splitlines() if not line.startswith("#")]) == KEYS_KEPT
    with pytest.raises(SealError, match="has no key"):
        Sealer(sealer.file).open(first, "x")


@pytest.mark.parametrize(
    ("text", "explanation"),
    [
        (None, "is missing"),
        ("", "holds no key"),
        ("# nothing\n\n", "holds no key"),
        ("x\n", "no key of 32 octets"),
        (base64.b64encode(bytes(16)).decode(), "no key of 32 octets"),
        (base64.b64encode(bytes(32)).decode(), "has no key [0-9a-f]{8}, with which secrets are sealed"),
    ],
)
def test_a_file_that_is_missing_or_wrong_is_told(tmp_path: Path, text: str | None, explanation: str) -> None:
    """The error names the file and what to do; nothing is overwritten, since the right file may come back."""
    database = Database(f"sqlite:///{tmp_path / 'meridian.db'}")
    database.migrate()
    account.first_key(database)
    database.close()
    file = tmp_path / "seal.key"
    file.unlink()
    if text is not None:
        file.write_text(text)
    again = Database(f"sqlite:///{tmp_path / 'meridian.db'}")

    with pytest.raises(SealError, match=f"seal.key: .*{explanation}.*put the file back from its copy"):
        again.migrate()
    again.close()
    assert text is None or file.read_text() == text


def test_no_secret_is_in_the_database(tmp_path: Path) -> None:
    """Not in its file, nor in its journal."""
    database = Database(f"sqlite:///{tmp_path / 'meridian.db'}")
    database.migrate()
    key = account.first_key(database)
    assert key is not None
    for file in tmp_path.glob("meridian.db*"):
        assert key.secret.encode() not in file.read_bytes()
    database.close()


def test_resealing(tmp_path: Path) -> None:
    """Every secret is sealed anew and stays what it is."""
    database = Database(f"sqlite:///{tmp_path / 'meridian.db'}")
    database.migrate()
    key = account.first_key(database)
    assert key is not None
    with database.read() as conn:
        before = account.sealed_by(conn)
    database.sealer.add_key()
    with database.write() as conn:
        assert account.reseal(conn) == 1
    with database.read() as conn:
        assert account.sealed_by(conn).isdisjoint(before)
        assert account.find_credential(conn, key.access_key_id) == key
    database.close()


def test_secrets_of_earlier_versions_are_sealed(url: str, tmp_path: Path) -> None:
    """Keys made before go on working, their users stay owners, and nothing of the secrets is left in the file."""
    database = at_revision(url, "0012")
    with database.write() as conn:
        add(conn, "account", {"id": "111122223333"})
        add(conn, "account_user", {"account_id": "111122223333", "name": "admin"})
        row = {"account_id": "111122223333", "user_name": "admin", "secret": SECRET}
        add(conn, "access_key", {"id": "AKIAOLD", **row})
    database.migrate()

    with database.read() as conn:
        found = account.find_credential(conn, "AKIAOLD")
        assert found is not None
        assert (found.secret, found.user, found.owner) == (SECRET, "admin", True)
        (sealed,) = conn.execute(sa.select(access_key.c.sealed_secret)).scalars()
        assert SECRET.encode() not in sealed
    database.close()
    for file in tmp_path.glob("meridian.db*"):
        assert SECRET.encode() not in file.read_bytes()
