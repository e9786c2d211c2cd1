"""The command line's `audit` group: who changed what, as the running server knows it, and taking it back."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

import click

from meridian.client import Api
from meridian.errors import MeridianError
from meridian.server_cli import api_of, of_server

F = TypeVar("F", bound=Callable[..., Any])

_AUDIT = "/meridian/audit"
_PAGE = 1000

Fields = Mapping[str, Any]


@click.group()
def audit() -> None:
    """
    Who changed what, when, and what it was before.

    Speaks to a running server as any client does, with the key of the environment or of the data folder's
    aws/ files.

    \b
    Examples:
      meridian audit list --zone example.com --name www.example.com
      meridian audit list --user certbot --since 2026-01-02T00:00:00Z
      meridian audit undo 0a1b2c3d-…
    """


@audit.command(name="list")
@click.option("--zone", help="Changes of this zone and its records: its name or id.")
@click.option("--resource", help="Changes of this health check, user and the like: its id or name.")
@click.option("--name", help="Changes of the records of this name.")
@click.option("--type", "rtype", help="Changes of the records of this type.")
@click.option("--user", help="Changes by this user.")
@click.option("--action", help="Changes by this action, such as route53:ChangeResourceRecordSets.")
@click.option("--request", help="Changes by the request with this id.")
@click.option("--since", help="Changes from this moment on, such as 2026-01-02T03:04:05Z.")
@click.option("--until", help="Changes before this moment.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="The last so many.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, an event a line, described in docs/reference/users.md.")
@of_server
def list_(
    zone: str | None,
    resource: str | None,
    name: str | None,
    rtype: str | None,
    user: str | None,
    action: str | None,
    request: str | None,
    since: str | None,
    until: str | None,
    limit: int,
    as_json: bool,
    **options: Any,
) -> None:
    """List what was changed, newest first."""
    api = api_of(options)
    asked = {
        "resource": _zone_id(api, zone) if zone is not None else resource,
        "name": name,
        "type": rtype and rtype.upper(),
        "user": user,
        "action": action,
        "request": request,
        "since": since,
        "until": until,
    }
    for event in _events(api, {key: value for key, value in asked.items() if value is not None}, limit):
        click.echo(json.dumps(event) if as_json else "\n".join(lines(event)))


@audit.command()
@click.argument("request")
@click.option("--dry-run", is_flag=True, help="Show the batch, and change nothing.")
@click.option("--yes", is_flag=True, help="Apply the batch without being asked.")
@of_server
def undo(request: str, dry_run: bool, yes: bool, **options: Any) -> None:
    """
    Make the record sets that a request changed what they were before it.

    What has been changed since is not overwritten: then nothing is done, and the server says why.
    """
    api = api_of(options)
    batch = api.native(f"{_AUDIT}/{quote(request, safe='')}/undo")
    click.echo(json.dumps(batch, indent=2))
    if dry_run:
        return
    if not yes and not click.confirm("Apply this batch?", err=True):
        click.echo("Nothing is changed.", err=True)
        sys.exit(1)
    reply = api.call("change_resource_record_sets", **batch)
    click.echo(f"Applied as {reply['ChangeInfo']['Id']}.", err=True)


def lines(event: Fields) -> Iterator[str]:
    """An event for people: who, when and what, then each side on a line of its own."""
    subject = " ".join(str(event[part]) for part in ("name", "type", "set_identifier") if event.get(part))
    what = f"{event['kind']} {event['resource']}" + (f" {subject}" if subject else "")
    yield f"{event['at']}  {event['user']}  {event['action']}  {what}"
    yield f"  request {event['request_id']}" + (f", key {event['access_key_id']}" if event["access_key_id"] else "")
    for sign, side in (("-", event["before"]), ("+", event["after"])):
        if side is not None:
            yield f"  {sign} {_side(side)}"


def _side(side: Any) -> str:
    """A record set in the words of a master file where it has values; everything else as JSON."""
    values: Sequence[Fields] = side.get("ResourceRecords", ()) if isinstance(side, dict) else ()
    if not values:
        return json.dumps(side)
    rest = {key: value for key, value in side.items() if key not in ("Name", "Type", "TTL", "ResourceRecords")}
    shown = f"{side['Name']} {side['TTL']} {side['Type']} {', '.join(str(value['Value']) for value in values)}"
    return f"{shown}  {json.dumps(rest)}" if rest else shown


def _events(api: Api, asked: dict[str, str], limit: int) -> Iterator[Fields]:
    before: int | None = None
    while limit > 0:
        position = {} if before is None else {"before": str(before)}
        page = api.native(_AUDIT, limit=str(min(limit, _PAGE)), **asked, **position)
        yield from page["events"]
        limit, before = limit - len(page["events"]), page["next"]
        if before is None:
            return


def _zone_id(api: Api, zone: str) -> str:
    """The zone's id; of a zone that is gone its id itself, since its history stays."""
    if "." not in zone and zone.startswith("Z"):
        return zone
    found = api.find_zone(zone)
    if found is None:
        raise MeridianError(f"there is no zone {zone}; one that is gone goes by its id")
    return found[0]
