"""The command line's `user` and `seal` groups: users, access keys, policies, and what secrets are sealed with."""

from __future__ import annotations

import getpass
import json
import os
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click
from sqlalchemy import Connection

from meridian.api.operations import user as users
from meridian.api.trail import Trail
from meridian.builtin_policies import BUILT_IN
from meridian.clock import SystemClock
from meridian.errors import MeridianError
from meridian.model.account import Credential
from meridian.model.audit import Actor, Changed
from meridian.place.coordinates import places
from meridian.settings import load
from meridian.store import account, policy, session
from meridian.store.database import Database, open_database

F = TypeVar("F", bound=Callable[..., Any])


def key_lines(key: Credential) -> str:
    """An access key as AWS's tools take it from the environment."""
    return f"  AWS_ACCESS_KEY_ID={key.access_key_id}\n  AWS_SECRET_ACCESS_KEY={key.secret}"


def _on_database(command: F) -> F:
    """Options that say which database; the command gets them, for `_database`."""
    options = (
        click.option("--config", type=click.Path(dir_okay=False, path_type=Path), help="TOML file with settings."),
        click.option("--data-dir", metavar="TEXT", help="The server's data folder  [default: meridian-data]"),
        click.option("--database", metavar="TEXT", help="SQLAlchemy URL  [default: SQLite in the data folder]"),
        click.option("--seal-key-file", metavar="TEXT", help="What secrets are sealed with  [default: seal.key there]"),
    )
    for option in reversed(options):
        command = option(command)
    return command


_account = click.option("--account", "account_id", help="The user's account; needed where several have such a user.")


class _Work(NamedTuple):
    """A write to the database by somebody at the command line."""

    conn: Connection
    trail: Trail
    now: datetime


@contextmanager
def _database(options: dict[str, Any]) -> Iterator[Database]:
    database = open_database(load(options.pop("config"), os.environ, options, places))
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _work(database: Database, account_id: str, action: str) -> Iterator[_Work]:
    """One write, with an audit trail that says who is at the machine."""
    actor = Actor(account_id, f"cli:{getpass.getuser()}", "", str(uuid.uuid4()), action)
    clock = SystemClock()
    trail = Trail(actor, clock, Changed("request", "", None, None))
    with database.with_writes_in(trail.around).write() as conn:
        yield _Work(conn, trail, clock.now())


def _owner_of(database: Database, name: str, account_id: str | None) -> str:
    """The account of a user."""
    with database.read() as conn:
        owners = [owner for owner, user_name in account.users(conn, account_id) if user_name == name]
    if not owners:
        raise MeridianError(f"there is no user {name}; meridian user list shows those there are")
    if len(owners) > 1:
        raise MeridianError(f"several accounts have a user {name}; give --account: {', '.join(owners)}")
    return owners[0]


@click.group()
def user() -> None:
    """
    Users, their access keys, and what they may do. Works on the database itself; the server may run.

    An account's owner may do everything in it; other users nothing but what their policies allow.

    \b
    A user for certificates, who may write challenges and nothing else:
      meridian user create certbot
      meridian user policy attach certbot challenges challenges.json
      meridian user policy test certbot route53:ChangeResourceRecordSets \\
          arn:aws:route53:::hostedzone/Z1 --change UPSERT,_acme-challenge.example.com,TXT
    """


@user.command(name="list")
@_on_database
def list_(**options: Any) -> None:
    """List users with their access keys and policies."""
    with _database(options) as database, database.read() as conn:
        for account_id, name in account.users(conn):
            keys = [
                key.id if key.enabled else f"{key.id} (disabled)" for key in account.access_keys(conn, account_id, name)
            ]
            owner = account.find_user(conn, account_id, name).owner
            may = "owner" if owner else ", ".join(policy.documents(conn, account_id, name)) or "nothing"
            click.echo(f"{account_id}  {name}  {' '.join(keys) or 'no keys'}  may: {may}")


@user.command()
@click.argument("name")
@click.option(
    "--account", "account_id", help="Account that the user is to have a part in; needed if there are several."
)
@click.option("--new-account", is_flag=True, help="Make an account of its own, which the user owns.")
@click.option("--owner", is_flag=True, help="Let the user do everything in its account.")
@_on_database
def create(name: str, account_id: str | None, new_account: bool, owner: bool, **options: Any) -> None:
    """Make a user with an access key. Unless it is an owner, it may do nothing until it has a policy."""
    with _database(options) as database:
        chosen = _new_account(database) if new_account else _only_account(database, account_id)
        is_owner = owner or new_account
        with _work(database, chosen, "iam:CreateUser") as work:
            users.create_user(work.conn, work.trail, chosen, name, owner=is_owner, now=work.now)
            key = users.create_key(work.conn, work.trail, chosen, name, work.now)
    click.echo(f"user {name} of account {chosen}; its access key, shown this once:")
    click.echo(key_lines(key))
    if not is_owner:
        click.echo(f"It may do nothing yet: meridian user policy attach {name} …")


def _new_account(database: Database) -> str:
    with database.write() as conn:
        return account.create_account(conn)


def _only_account(database: Database, account_id: str | None) -> str:
    if account_id is not None:
        return account_id
    with database.read() as conn:
        found = account.accounts(conn)
    if len(found) != 1:
        known = f"give --account: {', '.join(found)}" if found else "there is none yet"
        raise MeridianError(f"which account? {known}; or make one with --new-account")
    return found[0]


@user.command()
@click.argument("name")
@_account
@_on_database
def delete(name: str, account_id: str | None, **options: Any) -> None:
    """Remove a user with keys and policies; what its account owns stays."""
    with _database(options) as database:
        owner = _owner_of(database, name, account_id)
        with _work(database, owner, "iam:DeleteUser") as work:
            users.delete_user(work.conn, work.trail, owner, name)
    click.echo(f"user {name} is removed")


@user.command()
@click.argument("name")
@click.option("--stdin", is_flag=True, help="Read the password from standard input, and ask nothing.")
@_account
@_on_database
def password(name: str, account_id: str | None, stdin: bool, **options: Any) -> None:
    """Set the password that a user signs in to the console with, and end its sessions."""
    given = (
        sys.stdin.readline().rstrip("\n")
        if stdin
        else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    with _database(options) as database:
        owner = _owner_of(database, name, account_id)
        with _work(database, owner, "iam:UpdateLoginProfile") as work:
            session.set_password(work.conn, owner, name, given)
    click.echo(f"user {name} can sign in to the console")


@user.group()
def key() -> None:
    """Access keys: two a user at most, so that one can be replaced without a gap."""


@key.command(name="create")
@click.argument("name")
@_account
@_on_database
def create_key(name: str, account_id: str | None, **options: Any) -> None:
    """Make a further access key for a user, and show it once."""
    with _database(options) as database:
        owner = _owner_of(database, name, account_id)
        with _work(database, owner, "iam:CreateAccessKey") as work:
            made = users.create_key(work.conn, work.trail, owner, name, work.now)
    click.echo(key_lines(made))


@key.command()
@click.argument("access_key_id")
@_on_database
def rotate(access_key_id: str, **options: Any) -> None:
    """Make a key beside this one for the same user; this one works until it is disabled or deleted."""
    with _database(options) as database:
        owner, name = _key_owner(database, access_key_id)
        with _work(database, owner, "iam:CreateAccessKey") as work:
            made = users.create_key(work.conn, work.trail, owner, name, work.now)
    click.echo(key_lines(made))
    click.echo(f"Once it is in use everywhere: meridian user key disable {access_key_id}, and later delete.")


@key.command()
@click.argument("access_key_id")
@_on_database
def disable(access_key_id: str, **options: Any) -> None:
    """Refuse what is signed with a key, until it is enabled again."""
    _set_enabled(access_key_id, False, options)


@key.command()
@click.argument("access_key_id")
@_on_database
def enable(access_key_id: str, **options: Any) -> None:
    """Take what is signed with a key again."""
    _set_enabled(access_key_id, True, options)


def _set_enabled(access_key_id: str, enabled: bool, options: dict[str, Any]) -> None:
    with _database(options) as database:
        owner, _ = _key_owner(database, access_key_id)
        with _work(database, owner, "iam:UpdateAccessKey") as work:
            users.enable_key(work.conn, work.trail, access_key_id, enabled)
    click.echo(f"access key {access_key_id} is {'enabled' if enabled else 'disabled'}")


@key.command(name="delete")
@click.argument("access_key_id")
@_on_database
def delete_key(access_key_id: str, **options: Any) -> None:
    """Remove an access key; what is signed with it is refused from now on."""
    with _database(options) as database:
        owner, _ = _key_owner(database, access_key_id)
        with _work(database, owner, "iam:DeleteAccessKey") as work:
            users.delete_key(work.conn, work.trail, access_key_id)
    click.echo(f"access key {access_key_id} is removed")


def _key_owner(database: Database, access_key_id: str) -> tuple[str, str]:
    with database.read() as conn:
        return account.key_owner(conn, access_key_id)


@user.group(name="policy")
def policy_() -> None:
    """What a user may do: policies in the IAM JSON form (docs/guides/users.md)."""


@policy_.command()
@click.argument("name")
@click.argument("policy_name", metavar="POLICY")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@_account
@_on_database
def attach(name: str, policy_name: str, file: str | None, account_id: str | None, **options: Any) -> None:
    """
    Attach the policy in FILE, - for standard input, to a user; one of the same name is replaced.

    Without FILE, POLICY is one of those that are built in: AmazonRoute53FullAccess, AmazonRoute53ReadOnlyAccess.
    """
    document = _document(policy_name, file)
    with _database(options) as database:
        owner = _owner_of(database, name, account_id)
        with _work(database, owner, "iam:PutUserPolicy") as work:
            odd = users.put_policy(work.conn, work.trail, owner, name, policy_name, document)
    click.echo(f"user {name} has the policy {policy_name}")
    for remark in odd:
        click.echo(f"note: {remark}", err=True)


def _document(policy_name: str, file: str | None) -> str:
    if file is None and policy_name not in BUILT_IN:
        raise MeridianError(f"there is no built-in policy {policy_name}; give a FILE, or one of {', '.join(BUILT_IN)}")
    if file is None:
        return json.dumps(BUILT_IN[policy_name], indent=2)
    with click.open_file(file, encoding="utf-8") as stream:
        try:
            return str(stream.read())
        except UnicodeDecodeError as error:
            raise MeridianError(f"{file}: is not UTF-8: {error}") from None


@policy_.command()
@click.argument("name")
@click.argument("policy_name", metavar="POLICY")
@_account
@_on_database
def detach(name: str, policy_name: str, account_id: str | None, **options: Any) -> None:
    """Take a policy away from a user."""
    with _database(options) as database:
        owner = _owner_of(database, name, account_id)
        with _work(database, owner, "iam:DeleteUserPolicy") as work:
            users.delete_policy(work.conn, work.trail, owner, name, policy_name)
    click.echo(f"user {name} has the policy {policy_name} no more")


@policy_.command()
@click.argument("name")
@click.argument("policy_name", metavar="[POLICY]", required=False)
@_account
@_on_database
def show(name: str, policy_name: str | None, account_id: str | None, **options: Any) -> None:
    """Show a policy as it was written, or the names of all that a user has."""
    with _database(options) as database:
        owner = _owner_of(database, name, account_id)
        with database.read() as conn:
            if policy_name is not None:
                click.echo(policy.get(conn, owner, name, policy_name))
                return
            for found in users.policy_documents(conn, owner, name):
                click.echo(found)


@policy_.command(name="test")
@click.argument("name")
@click.argument("action")
@click.argument("resource", default="*")
@click.option(
    "--change",
    "changes",
    multiple=True,
    metavar="ACTION,NAME,TYPE",
    help="A change of the batch, such as UPSERT,www.example.com,A. Repeatable.",
)
@_account
@_on_database
def test_(
    name: str, action: str, resource: str, changes: tuple[str, ...], account_id: str | None, **options: Any
) -> None:
    """Say whether a user may do something, and by which policy; status 1 if it may not."""
    ask = users.ask_of(action, resource, [_change(text) for text in changes])
    with _database(options) as database:
        owner = _owner_of(database, name, account_id)
        with database.read() as conn:
            verdict = users.judge(conn, owner, name, ask)
    click.echo(f"{'allowed' if verdict.allowed else 'denied'}: {verdict.reason}")
    if not verdict.allowed:
        sys.exit(1)


def _change(text: str) -> tuple[str, str, str]:
    parts = text.split(",")
    if len(parts) != 3:
        raise click.BadParameter(f"'{text}' is not ACTION,NAME,TYPE, such as UPSERT,www.example.com,A")
    return parts[0].upper(), parts[1], parts[2].upper()


@click.group()
def seal() -> None:
    """What the secrets in the database are sealed with: keys in a file outside of it."""


@seal.command(name="rotate")
@_on_database
def rotate_seal(**options: Any) -> None:
    """
    Make a new key, seal every secret anew with it, and forget all older keys but the last.

    The server may run: it reads the file again when it meets a secret that is sealed with another key.
    Where several machines run the control role, copy the file to the others before anything else.
    """
    with _database(options) as database:
        database.sealer.add_key()
        with database.write() as conn:
            count = account.reseal(conn)
        with database.read() as conn:
            database.sealer.drop_old_keys(account.sealed_by(conn))
        click.echo(f"{count} secret{'s are' if count != 1 else ' is'} sealed with a new key in {database.sealer.file}")


@seal.command()
@click.option("--yes", is_flag=True, help="Do it without being asked.")
@_on_database
def reset(yes: bool, **options: Any) -> None:
    """
    Where the key file is lost: remove the access keys whose secrets cannot be opened, and begin anew.

    Stop the server first. Users keep their policies; meridian user key create makes them new keys.
    """
    settings = load(options.pop("config"), os.environ, options, places)
    database = Database(settings.database_url, settings.seal_key)
    try:
        database.migrate(opens_secrets=False)
        with database.read() as conn:
            lost = account.lost_keys(conn)
        if lost and not yes:
            click.confirm(f"Remove {', '.join(lost)}? Whoever uses them is refused from now on.", abort=True)
        for key_id in lost:
            owner, _ = _key_owner(database, key_id)
            with _work(database, owner, "iam:DeleteAccessKey") as work:
                users.delete_key(work.conn, work.trail, key_id)
        database.migrate()
    finally:
        database.close()
    click.echo(f"{len(lost)} access key{'s are' if len(lost) != 1 else ' is'} removed; {settings.seal_key} is in use")
