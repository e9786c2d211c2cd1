"""The command line's `policy` group: traffic policies, judged, shown and compared by the running server."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click

from meridian.client import Api
from meridian.errors import MeridianError
from meridian.server_cli import api_of, of_server

_POLICIES = "/meridian/policies"

Fields = Mapping[str, Any]


@click.group()
def policy() -> None:
    """
    Traffic policies: what is wrong with a document, what a version stands for, what another one changes.

    A policy is given by its id or its name. Speaks to a running server as any client does, with the key of the
    environment or of the data folder's aws/ files.

    \b
    Examples:
      meridian policy check web.json              what is wrong with it, and where
      meridian policy diff web:2 web.json         what it would change for clients
      meridian policy show web 2                  the tree that answers
      meridian policy find 192.0.2.1              which policies lead there, and for which names
      meridian policy replace 192.0.2.1 192.0.2.9 another one in its place, for all names at once
    """


@policy.command()
@click.argument("file", type=click.Path(allow_dash=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="As JSON, described in docs/reference/policies.md.")
@of_server
def check(file: Path, as_json: bool, **options: Any) -> None:
    """
    Judge a document without storing it; `-` reads standard input. Ends with 1 if it would be refused.

    \b
    Examples:
      meridian policy check web.json
      meridian policy check - < web.json
    """
    found = api_of(options).native(f"{_POLICIES}/check", _read(file))
    click.echo(json.dumps(found, indent=2) if as_json else "\n".join(_problem_lines(file, found)))
    if not found["valid"]:
        sys.exit(1)


@policy.command()
@click.argument("name", metavar="POLICY")
@click.argument("version", type=int)
@click.option("--json", "as_json", is_flag=True, help="As JSON, described in docs/reference/policies.md.")
@of_server
def show(name: str, version: int, as_json: bool, **options: Any) -> None:
    """
    Show the tree of a version: each rule with what it leads to.

    \b
    Example:
      meridian policy show web 2
    """
    api = api_of(options)
    found = api.native(f"{_POLICIES}/{_find(api, name)}/{version}/tree")
    click.echo(json.dumps(found, indent=2) if as_json else "\n".join(_tree_lines(found)))


@policy.command()
@click.argument("before")
@click.argument("after")
@click.option("--json", "as_json", is_flag=True, help="As JSON, described in docs/reference/policies.md.")
@of_server
def diff(before: str, after: str, as_json: bool, **options: Any) -> None:
    """
    Say what changes for clients from one version or document to another.

    BEFORE and AFTER are POLICY:VERSION, or files.

    \b
    Examples:
      meridian policy diff web:1 web:2
      meridian policy diff web:2 web.json
    """
    api = api_of(options)
    found = api.native(f"{_POLICIES}/difference", {"before": _side(api, before), "after": _side(api, after)})
    click.echo(json.dumps(found, indent=2) if as_json else "\n".join(_difference_lines(found)))


@policy.command()
@click.argument("value")
@click.option("--json", "as_json", is_flag=True, help="As JSON, described in docs/reference/policies.md.")
@of_server
def find(value: str, as_json: bool, **options: Any) -> None:
    """
    Find a resource in policies: an address, or a name or a part of one; with the names that answer by it.

    \b
    Examples:
      meridian policy find 192.0.2.1
      meridian policy find front.eu-west-1
    """
    found = api_of(options).native(f"{_POLICIES}/uses?{urlencode({'value': value})}")
    click.echo(json.dumps(found, indent=2) if as_json else "\n".join(_use_lines(found)))


@policy.command()
@click.argument("value")
@click.argument("replacement")
@click.option("--comment", help="Description of the new versions.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and change nothing.")
@click.option("--yes", is_flag=True, help="Do it without being asked.")
@click.option("--json", "as_json", is_flag=True, help="Print the reply and nothing else; with --dry-run or --yes.")
@of_server
def replace(
    value: str, replacement: str, comment: str | None, dry_run: bool, yes: bool, as_json: bool, **options: Any
) -> None:
    """
    Put another resource in the place of one, wherever policy records lead there.

    Each version in use that has it gets a successor with the other one, and all policy records move there in one
    step. `meridian policy find` says beforehand which.

    \b
    Examples:
      meridian policy replace 192.0.2.1 192.0.2.9 --dry-run
      meridian policy replace old.eu-west-1.elb.amazonaws.com new.eu-west-1.elb.amazonaws.com
    """
    if as_json and not (dry_run or yes):
        raise MeridianError("--json needs --dry-run or --yes: nobody could be asked")
    api = api_of(options)
    body = {"value": value, "replacement": replacement, "comment": comment}
    if not yes:
        plan = api.native(f"{_POLICIES}/replace", {**body, "dry_run": True})
        click.echo(json.dumps(plan, indent=2) if as_json else "\n".join(_replacement_lines(plan)))
        if dry_run or not click.confirm("Do this?"):
            sys.exit(0 if dry_run else 1)
    done = api.native(f"{_POLICIES}/replace", {**body, "dry_run": False})
    if as_json:
        click.echo(json.dumps(done, indent=2))
    elif yes:
        click.echo("\n".join(_replacement_lines(done)))
    else:
        click.echo("Done; the edges change over as they get it.")


def _read(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise MeridianError(f"{file}: {getattr(error, 'strerror', None) or error}") from None


def _side(api: Api, text: str) -> Fields:
    """A side of a comparison; a file that is there goes before a policy of that name."""
    name, colon, number = text.rpartition(":")
    if not Path(text).exists() and colon and number.isdigit():
        return {"id": _find(api, name), "version": int(number)}
    return {"document": _read(Path(text))}


def _find(api: Api, text: str) -> str:
    """The id of the policy with this id or name."""
    named: dict[str, Any] = {}
    while True:
        reply = api.call("list_traffic_policies", **named)
        for found in reply["TrafficPolicySummaries"]:
            if text in (found["Id"], found["Name"]):
                return str(found["Id"])
        if not reply["IsTruncated"]:
            return text  # that of a deleted one, perhaps, which can still be read (R-TFO-6)
        named = {"TrafficPolicyIdMarker": reply["TrafficPolicyIdMarker"]}


def _use_lines(found: Fields) -> Iterator[str]:
    if not found["uses"]:
        yield f"no policy leads to {found['value']}, neither by a version in use nor by its latest"
    for use in found["uses"]:
        values = ", ".join(f"{each['id']} ({each['value']})" for each in use["endpoints"])
        yield f"{use['name']} version {use['version']}: {values}{', the latest' if use['latest'] else ''}"
        for record in use["instances"]:
            yield f"  {record['Name']} {record['TrafficPolicyType']}  {record['State']}  {record['Id']}"


def _replacement_lines(found: Fields) -> Iterator[str]:
    for version in found["versions"]:
        yield f"{version['name']}: version {version['version']} from version {version['before']}"
        moved = version["id"], version["version"]
        for record in found["TrafficPolicyInstances"]:
            if (record["TrafficPolicyId"], record["TrafficPolicyVersion"]) == moved:
                yield f"  {record['Name']} {record['TrafficPolicyType']}  {record['Id']}"


def _problem_lines(file: Path, found: Fields) -> Iterator[str]:
    for problem in found["problems"]:
        at = f" {problem['pointer']}" if problem["pointer"] else ""
        yield f"{file}:{problem['line']}: {problem['severity']}{at}: {problem['text']}"
    if found["valid"]:
        yield f"{file}: a lawful policy for {found['type']} records"


def _tree_lines(found: Fields) -> Iterator[str]:
    yield f"{found['name']} version {found['version']}, {found['type']}"
    for group in found["groups"]:
        yield ""
        yield f"{'start' if group['rule'] is None else group['rule']}: {group['policy']}"
        yield from (f"  {_record_set_line(record_set)}" for record_set in group["ResourceRecordSets"])


def _record_set_line(record_set: Fields) -> str:
    """What a record set leads to, and what decides whether it is chosen."""
    target = record_set.get("AliasTarget", {})
    leads_to = (
        f"rule {target['RuleReference']}"
        if "RuleReference" in target
        else target.get("DNSName") or ", ".join(record["Value"] for record in record_set["ResourceRecords"])
    )
    hidden = ("Type", "TTL", "SetIdentifier", "ResourceRecords", "AliasTarget", "MultiValueAnswer")
    words = [f"{member} {_plain(value)}" for member, value in record_set.items() if member not in hidden]
    if target.get("EvaluateTargetHealth"):
        words.append("by its target's health")
    return "  ".join([f"→ {leads_to}", *words])


def _plain(value: Any) -> str:
    if not isinstance(value, Mapping):
        return str(value)
    return " ".join(str(part) if not isinstance(part, Mapping) else _plain(part) for part in value.values())


def _difference_lines(found: Fields) -> Iterator[str]:
    if not found["differences"]:
        yield "nothing changes for clients"
    yield from (difference["text"] for difference in found["differences"])
    if found["instances"]:
        yield ""
        yield "policy records of the version before:"
        yield from (f"  {user['name']} {user['type']}  {user['id']}" for user in found["instances"])
