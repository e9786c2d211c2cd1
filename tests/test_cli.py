from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from meridian import cli
from meridian.settings import Quotas, Settings


def meridian(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli.cli, [*arguments, "--data-dir", str(folder)])


def test_serve_help_knows_every_setting() -> None:
    """Every setting and every quota stands in the help with its default: none can be forgotten."""
    text = CliRunner().invoke(cli.cli, ["serve", "--help"]).output
    for field in msgspec.structs.fields(Settings):
        if field.name != "quotas":
            assert f"--{field.name.replace('_', '-')}" in text
    for quota in msgspec.structs.fields(Quotas):
        assert quota.name in text
    assert "MERIDIAN_DNS_LISTEN" in text


def test_help_knows_every_command() -> None:
    """Each is found where it is said to be, and has a line that says what it does."""
    run = CliRunner().invoke(cli.cli, ["--help"])
    listed = run.output.partition("Commands:\n")[2].splitlines()
    assert run.exit_code == 0
    assert [line.split()[0] for line in listed if line[2] != " "] == sorted(cli.COMMANDS)
    assert all(len(line.split()) > 3 for line in listed)


@pytest.mark.parametrize(
    ("command", "heavy"),
    [
        ("check", {"sqlalchemy", "meridian._engine", "starlette"}),
        ("replace", {"sqlalchemy", "meridian._engine", "starlette"}),
        ("place", {"sqlalchemy", "meridian._engine", "starlette", "boto3"}),
        ("serve", {"alembic", "boto3"}),
    ],
)
def test_a_command_imports_what_it_needs(command: str, heavy: set[str]) -> None:
    """What a command has no use for would keep whoever types it waiting, for a second in all."""
    look = (
        "import sys; from meridian.cli import cli\n"
        f"cli.main([{command!r}, '--help'], standalone_mode=False); print(*sys.modules, sep='\\n')"
    )
    run = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert heavy & set(run.stdout.split()) == set()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["serve", "--dns-listen", "nowhere"], "dns_listen: 'nowhere' is not ADDRESS:PORT"),
        (["serve", "--private-targets", "10.0.0.1/8"], "private_targets: '10.0.0.1/8' is not a block such as"),
        (["serve", "--xdp", "none-such", "--dns-listen", "127.0.0.1:0"], "xdp: none-such: there is no interface"),
        (["serve", "--xdp-mode", "fast"], "xdp_mode: 'fast'; choose auto, native or generic"),
        (["serve", "--guard-last-answer", "A,ANY"], "guard_last_answer: 'ANY' is no type; choose from A, NS, CNAME"),
        (["serve", "--roles", "cook"], "choose from control, edge, checker"),
        (["serve", "--config", "/nonexistent.toml"], "/nonexistent.toml: no such file"),
        (["serve", "--quota", "wishes=3"], "wishes"),
        (["serve", "--quota", "hosted_zones"], "NAME=NUMBER"),
        (["user", "key", "create", "nobody"], "there is no user nobody"),
        (["user", "create", "x", "--account", "1"], "there is no account 1"),
        (["explain", "www.example.com", "A"], "feed.db: no such file"),
        (["import", "example.com", "/nonexistent.zone", "--api-listen", "127.0.0.1:1"], "no access key"),
        (["export"], "Missing argument 'ZONE'"),
        (["replace", "example.com", "www.example.com", "A"], "Missing argument 'FILE'"),
        (["replace", "example.com", "www.example.com", "A", "/nonexistent.json"], "'/nonexistent.json' does not exist"),
        (["replace", "example.com", "www.example.com", "A", "-"], "so nothing can be asked; give --dry-run or --yes"),
        (["replace", "a.example", "a.example", "A", __file__, "--json"], "nothing but JSON, so nothing can be asked"),
        (["replace", "a.example", "a.example", "A", __file__], "test_cli.py: not JSON: Expecting value"),
        (["dance"], "No such command 'dance'"),
    ],
)
def test_mistakes(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    """A mistake of the user is told in a line or two, with status 2 and no stack trace."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    place = [] if arguments[0] == "dance" else ["--data-dir", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["meridian", *arguments, *place])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    shown = capsys.readouterr().err
    assert ended.value.code == 2
    assert message in shown
    assert "Traceback" not in shown


def test_several_accounts_with_one_name(tmp_path: Path) -> None:
    """A name that two accounts use is asked for with the account."""
    for _ in range(2):
        meridian(tmp_path, "user", "create", "ada", "--new-account")
    refused = meridian(tmp_path, "user", "key", "create", "ada")
    assert "several accounts have a user ada; give --account" in str(refused.exception)
