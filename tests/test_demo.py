from __future__ import annotations

import stat
from pathlib import Path

import botocore.session
import pytest

from meridian import client, demo
from meridian.app import Started
from meridian.model.account import Credential
from meridian.settings import Settings
from meridian.store import account
from meridian.store.database import Database

KEY = Credential("AKIAEXAMPLE", "se/cret+%(x)s", "123456789012", "admin")


def test_files_for_aws_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stock tools find key, region and endpoint in the two files, and only their owner can read the secret."""
    client.write_files(tmp_path / "aws", KEY, "http://127.0.0.1:5380")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "aws" / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "aws" / "config"))
    session = botocore.session.get_session()
    found = session.create_client("route53")
    credentials = session.get_credentials()
    assert (credentials.access_key, credentials.secret_key) == (KEY.access_key_id, KEY.secret)
    assert found.meta.endpoint_url == "http://127.0.0.1:5380"
    assert stat.S_IMODE((tmp_path / "aws" / "credentials").stat().st_mode) == 0o600


def test_files_are_renewed(tmp_path: Path) -> None:
    """A file that others could read is closed to them when it is written anew."""
    (tmp_path / "credentials").write_text("old")
    (tmp_path / "credentials").chmod(0o644)
    client.write_files(tmp_path, KEY, "http://127.0.0.1:1")
    assert stat.S_IMODE((tmp_path / "credentials").stat().st_mode) == 0o600
    assert "old" not in (tmp_path / "credentials").read_text()


@pytest.mark.parametrize(
    ("dns", "expected"),
    [
        (["udp://127.0.0.1:5300", "tcp://127.0.0.1:5300"], "dig @127.0.0.1 -p 5300 www.example.com AAAA"),
        (["udp://[::1]:53", "tcp://[::1]:53"], "dig @::1 -p 53 www.example.com AAAA"),
    ],
)
def test_lines_to_paste(tmp_path: Path, dns: list[str], expected: str) -> None:
    """The lines name the real addresses and files, and are ready to paste."""
    settings = Settings(data_dir=str(tmp_path))
    text = [line.strip() for line in demo.lines(settings, Started("http://127.0.0.1:5380", dns), has_zone=True)]
    assert any(line.startswith(expected) for line in text)
    assert f"export AWS_CONFIG_FILE={tmp_path / 'aws' / 'config'}" in text


def test_the_demo_takes_an_owners_key(tmp_path: Path) -> None:
    """A user who comes first by name and may do little is passed over."""
    database = Database(f"sqlite:///{tmp_path / 'meridian.db'}")
    database.migrate()
    owner = account.first_key(database)
    assert owner is not None
    with database.write() as conn:
        account.create_user(conn, owner.account_id, "a limited one")
        account.create_key(conn, owner.account_id, "a limited one")

    assert demo.stored_key(database) == owner
    database.close()
