"""`meridian user` and `meridian seal`: on the database itself, with a trail."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from meridian import cli
from meridian.store import account, audit
from meridian.store.database import Database

CHALLENGES = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "route53:ChangeResourceRecordSets",
            "Resource": "arn:aws:route53:::hostedzone/Z1",
            "Condition": {
                "ForAllValues:StringLike": {
                    "route53:ChangeResourceRecordSetsNormalizedRecordNames": "_acme-challenge.*"
                }
            },
        }
    ],
}


def meridian(folder: Path, *arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(cli.cli, [*arguments, "--data-dir", str(folder)], input=given)


def output(folder: Path, *arguments: str, given: str | None = None) -> str:
    result = meridian(folder, *arguments, given=given)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def key_in(text: str) -> str:
    found = re.search(r"AWS_ACCESS_KEY_ID=(AKIA\w{16})\n  AWS_SECRET_ACCESS_KEY=\S{40}\n", text)
    assert found, text
    return found[1]


def database(folder: Path) -> Database:
    return Database(f"sqlite:///{folder / 'meridian.db'}")


def test_the_life_of_a_user(tmp_path: Path) -> None:
    """Made in the only account, given keys, one disabled, one rotated, both deleted; removed."""
    output(tmp_path, "user", "create", "admin", "--new-account")
    made = output(tmp_path, "user", "create", "ada")
    first = key_in(made)
    assert "It may do nothing yet" in made
    rotated = output(tmp_path, "user", "key", "rotate", first)
    second = key_in(rotated)
    assert f"meridian user key disable {first}" in rotated
    output(tmp_path, "user", "key", "disable", first)
    (line,) = (line for line in output(tmp_path, "user", "list").splitlines() if "  ada  " in line)
    assert f"{first} (disabled)" in line
    assert second in line
    assert line.endswith("may: nothing")
    with database(tmp_path).read() as conn:
        assert account.find_credential(conn, first) is None
    output(tmp_path, "user", "key", "enable", first)
    with database(tmp_path).read() as conn:
        assert account.find_credential(conn, first) is not None
    output(tmp_path, "user", "key", "delete", first)
    key_in(output(tmp_path, "user", "key", "create", "ada"))
    assert "user ada is removed" in output(tmp_path, "user", "delete", "ada")
    assert "may: owner" in output(tmp_path, "user", "list")


def test_policies(tmp_path: Path) -> None:
    """Attached from a file, from standard input or built in; shown; tried; taken away."""
    output(tmp_path, "user", "create", "admin", "--new-account")
    output(tmp_path, "user", "create", "certbot")
    file = tmp_path / "challenges.json"
    file.write_text(json.dumps(CHALLENGES))
    output(tmp_path, "user", "policy", "attach", "certbot", "challenges", str(file))
    output(tmp_path, "user", "policy", "attach", "certbot", "AmazonRoute53ReadOnlyAccess")
    output(tmp_path, "user", "policy", "attach", "certbot", "again", "-", given=json.dumps(CHALLENGES))
    assert output(tmp_path, "user", "policy", "show", "certbot").split() == [
        "AmazonRoute53ReadOnlyAccess",
        "again",
        "challenges",
    ]
    assert json.loads(output(tmp_path, "user", "policy", "show", "certbot", "challenges")) == CHALLENGES
    output(tmp_path, "user", "policy", "detach", "certbot", "again")
    asked = ("user", "policy", "test", "certbot", "route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z1")
    allowed = output(tmp_path, *asked, "--change", "upsert,_ACME-challenge.example.com,txt")
    assert allowed == "allowed: policy challenges allows it\n"
    refused = meridian(tmp_path, *asked, "--change", "UPSERT,www.example.com,A")
    assert (refused.exit_code, refused.output) == (
        1,
        "denied: no policy allows route53:ChangeResourceRecordSets on arn:aws:route53:::hostedzone/Z1\n",
    )
    assert "allowed" in output(tmp_path, "user", "policy", "test", "certbot", "route53:ListHostedZones")
    assert "owner may do everything" in output(tmp_path, "user", "policy", "test", "admin", "route53:ListHostedZones")


def test_an_odd_policy_is_taken_with_a_note(tmp_path: Path) -> None:
    output(tmp_path, "user", "create", "admin", "--new-account")
    odd = json.dumps({"Statement": {"Effect": "Allow", "Action": "route53:GetZone", "Resource": "*"}})

    assert "note: route53:GetZone is no action that there is here" in output(
        tmp_path, "user", "policy", "attach", "admin", "odd", "-", given=odd
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("user", "create", "x"), "which account? there is none yet; or make one with --new-account"),
        (("user", "delete", "x"), "there is no user x"),
        (("user", "key", "disable", "AKIANONE"), "there is no access key AKIANONE"),
        (("user", "policy", "attach", "x", "MyPolicy"), "there is no built-in policy MyPolicy; give a FILE, or one of"),
        (("user", "policy", "attach", "x", "AmazonRoute53FullAccess"), "there is no user x"),
    ],
)
def test_mistakes(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    result = meridian(tmp_path, *arguments)

    assert message in str(result.exception)


def test_a_bad_policy_is_not_attached(tmp_path: Path) -> None:
    output(tmp_path, "user", "create", "admin", "--new-account")
    result = meridian(tmp_path, "user", "policy", "attach", "admin", "bad", "-", given='{"Statement": []}')

    assert "Statement: give a list of statements" in str(result.exception)
    assert output(tmp_path, "user", "policy", "show", "admin") == ""


def test_work_at_the_command_line_is_in_the_trail(tmp_path: Path) -> None:
    """As `cli:` and who was at the machine."""
    made = output(tmp_path, "user", "create", "admin", "--new-account")
    output(tmp_path, "user", "key", "disable", key_in(made))
    with database(tmp_path).read() as conn:
        (owner,) = account.accounts(conn)
        events = audit.page(conn, owner, audit.Filter(), 10)

    assert [(event.actor.action, event.changed.kind) for event in events] == [
        ("iam:UpdateAccessKey", "accesskey"),
        ("iam:CreateUser", "accesskey"),
        ("iam:CreateUser", "user"),
    ]
    assert all(event.actor.name.startswith("cli:") and not event.actor.access_key_id for event in events)
    assert (events[0].changed.before, events[0].changed.after) == (
        {"user": "admin", "enabled": True},
        {"user": "admin", "enabled": False},
    )


def test_sealing_anew(tmp_path: Path) -> None:
    """`meridian seal rotate`: keys go on working, and a copy of the old file is worth nothing any more."""
    key_id = key_in(output(tmp_path, "user", "create", "admin", "--new-account"))
    old = (tmp_path / "seal.key").read_text()
    assert "1 secret is sealed with a new key" in output(tmp_path, "seal", "rotate")
    output(tmp_path, "seal", "rotate")
    with database(tmp_path).read() as conn:
        assert account.find_credential(conn, key_id) is not None
    (tmp_path / "seal.key").write_text(old)

    assert "has no key" in str(meridian(tmp_path, "user", "list").exception)


def test_the_key_file_may_be_elsewhere(tmp_path: Path) -> None:
    elsewhere = tmp_path / "keys" / "meridian.key"
    output(tmp_path, "user", "create", "admin", "--new-account", "--seal-key-file", str(elsewhere))

    assert elsewhere.exists()
    assert not (tmp_path / "seal.key").exists()
    assert "seal.key: is missing" in str(meridian(tmp_path, "user", "list").exception)


def test_a_lost_key_file(tmp_path: Path) -> None:
    """`meridian seal reset`: keys that cannot be opened are removed, and with a new one all goes on."""
    lost = key_in(output(tmp_path, "user", "create", "admin", "--new-account"))
    output(tmp_path, "user", "policy", "attach", "admin", "AmazonRoute53FullAccess")
    (tmp_path / "seal.key").unlink()
    assert "is missing" in str(meridian(tmp_path, "user", "list").exception)
    assert isinstance(meridian(tmp_path, "seal", "reset", given="n\n").exception, SystemExit)
    assert "is missing" in str(meridian(tmp_path, "user", "list").exception)
    assert "1 access key is removed" in output(tmp_path, "seal", "reset", "--yes")
    kept = key_in(output(tmp_path, "user", "key", "create", "admin"))
    assert "0 access keys are removed" in output(tmp_path, "seal", "reset")
    listed = output(tmp_path, "user", "list")

    assert kept in listed
    assert lost not in listed
    assert output(tmp_path, "user", "policy", "show", "admin") == "AmazonRoute53FullAccess\n"
