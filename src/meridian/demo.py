"""`meridian demo`: the server with a zone to play with, and the lines to try it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from meridian.app import Started
from meridian.client import Api, Failed, connect, write_files
from meridian.errors import MeridianError
from meridian.model import rdata
from meridian.model.account import Credential
from meridian.model.name import Name, parse
from meridian.model.record import AliasTarget, RecordSet
from meridian.settings import Settings
from meridian.store import account
from meridian.store.database import Database

ZONE = "example.com"
ENVIRON = {"MERIDIAN_LOG_LEVEL": "warning", "MERIDIAN_PRIVATE_TARGETS": "127.0.0.0/8,::1/128"}
"""Settings of the demo where the operator gives no others: health checks may probe what runs beside it."""

_REFERENCE = "meridian-demo"


def password_file(settings: Settings) -> Path:
    """Where the console's password is kept, for the reader of this machine alone."""
    return Path(settings.data_dir) / "console-password"


def keep_password(settings: Settings, password: str) -> None:
    """Keep the first user's password: the demo is started again and again, and shows it each time."""
    file = password_file(settings)
    file.touch(mode=0o600)
    file.write_text(f"{password}\n")


def stored_key(database: Database) -> Credential:
    """
    A key that AWS's tools can use: the first account's owner's, made if there is none.

    Raises:
        MeridianError: There is no owner.
    """
    with database.write() as conn:
        owners = [found for found in account.users(conn) if account.find_user(conn, *found).owner]
        if not owners:
            raise MeridianError("the database has no user who owns an account; make one with meridian user create")
        for account_id, user in owners:
            for key_id in account.keys(conn, account_id, user):
                found = account.find_credential(conn, key_id)
                if found is not None:
                    return found
        return account.create_key(conn, *owners[0])


def prepare(settings: Settings, key: Credential) -> bool:
    """
    Write the files for AWS's tools and create the demo zone with its records, unless that was done before.

    Returns:
        Whether the zone is there; False if its owner has deleted it.
    """
    write_files(settings.aws_folder, key, settings.base_url)
    api = connect(settings.base_url, settings.aws_folder, environ={})
    zone_id = _zone(api)
    if zone_id is None:
        return False
    if sum(1 for _ in api.record_sets(zone_id)) <= 2:
        api.change(zone_id, "UPSERT", record_sets(zone_id))
    return True


def _zone(api: Api) -> str | None:
    try:
        api.create_zone(ZONE, _REFERENCE)
    except Failed as error:
        if not str(error).startswith("HostedZoneAlreadyExists"):
            raise
    found = api.find_zone(ZONE)
    return None if found is None else found[0]


def record_sets(zone_id: str) -> list[RecordSet]:
    """A handful of records that show what there is; those that others point at come first (R-ALI-3)."""
    www = [_plain("www", "A", "192.0.2.1", "192.0.2.2"), _plain("www", "AAAA", "2001:db8::1")]
    return [
        *www,
        *(_alias("", rtype, "www", zone_id) for rtype in ("A", "AAAA")),
        _plain("", "MX", "10 mail.example.com."),
        _plain("", "TXT", '"v=spf1 mx -all"'),
        _plain("mail", "A", "192.0.2.25"),
        _plain("docs", "CNAME", "www.example.com."),
        _plain("*.apps", "A", "192.0.2.50"),
        _plain("split", "A", "192.0.2.80", set_identifier="stable", weight=80),
        _plain("split", "A", "192.0.2.20", set_identifier="canary", weight=20),
        *(
            _plain("many", "A", f"192.0.2.{n}", set_identifier=f"node-{n}", multi_value_answer=True)
            for n in (31, 32, 33)
        ),
        _plain("team", "NS", "ns1.team.example.com.", "ns2.team.example.com."),
        _plain("ns1.team", "A", "192.0.2.91"),
        _plain("ns2.team", "A", "192.0.2.92"),
    ]


def lines(settings: Settings, started: Started, *, has_zone: bool) -> Iterator[str]:
    """What to type next."""
    folder = settings.aws_folder.resolve()
    yield ""
    yield f"Meridian is running: API {started.api}, DNS {', '.join(started.dns)}"
    yield ""
    yield "In another terminal, point every AWS tool at it:"
    yield ""
    programs = Path(sys.executable).parent
    if Path(shutil.which("meridian") or "").parent != programs:
        yield f"  export PATH={programs}:$PATH"
    yield f"  export AWS_SHARED_CREDENTIALS_FILE={folder / 'credentials'}"
    yield f"  export AWS_CONFIG_FILE={folder / 'config'}"
    yield ""
    yield "Then try:"
    yield ""
    yield "  aws route53 list-hosted-zones"
    if has_zone:
        yield f"  aws route53 list-hosted-zones-by-name --dns-name {ZONE}"
        yield from (f"  {line}" for line in _dig_lines(started))
        yield f"  meridian explain split.{ZONE} A --client 203.0.113.9"
    yield ""
    password = password_file(settings)
    if password.is_file():
        yield f"The console: {started.api}/console/   user admin, password {password.read_text().strip()}"
        yield ""
    yield "Ctrl-C ends it; all data stay for the next start."


def _dig_lines(started: Started) -> Iterator[str]:
    udp = next((url.removeprefix("udp://") for url in started.dns if url.startswith("udp://")), "127.0.0.1:53")
    host, _, port = udp.rpartition(":")
    dig = f"dig @{host.strip('[]')} -p {port}"
    questions = (
        ("", "A", "an alias at the apex"),
        ("www.", "AAAA", ""),
        ("docs.", "A", "a CNAME, followed in the zone"),
        ("any.thing.apps.", "A", "a wildcard"),
        ("split.", "A", "weighted 80 to 20: ask again"),
        ("many.", "A", "multivalue"),
        ("host.team.", "A", "a delegation, with glue"),
        ("nothing.", "A", "NXDOMAIN"),
    )
    for name, rtype, fact in questions:
        line = f"{dig} {name}{ZONE} {rtype}"
        yield f"{line:<52}# {fact}" if fact else line


def _plain(name: str, rtype: str, *values: str, **more: str | int | bool) -> RecordSet:
    octets = tuple(rdata.encode(rtype, value) for value in values)
    return RecordSet(_name(name), rtype, ttl=60, values=values, rdata=octets, **more)  # type: ignore[arg-type]


def _alias(name: str, rtype: str, target: str, zone_id: str) -> RecordSet:
    return RecordSet(_name(name), rtype, alias=AliasTarget(zone_id, _name(target).text, False))


def _name(relative: str) -> Name:
    return parse(f"{relative}.{ZONE}" if relative else ZONE)
