"""`meridian replace | import | compare | export`: whole zones and names, on a running server."""

from __future__ import annotations

import ipaddress
import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from meridian import compare, replace, replace_text, transfer
from meridian.client import connect, connect_elsewhere
from meridian.errors import MeridianError
from meridian.server_cli import api_of, of_server
from meridian.settings import split_address
from meridian.settings_cli import read_settings, settings_options


@click.command(name="replace")
@click.argument("zone")
@click.argument("name")
@click.argument("rtype", metavar="TYPE")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--dry-run", is_flag=True, help="Show the plan with its token, and change nothing.")
@click.option("--yes", is_flag=True, help="Apply the plan without being asked.")
@click.option("--token", help="Go on only if the plan is still the one that was shown with this token.")
@click.option("--comment", help="Goes into the change, also what lets a guard be (docs/guides/guards.md).")
@click.option(
    "--subnet",
    "subnets",
    multiple=True,
    metavar="ADDRESS[/LENGTH]",
    help="Show what clients of this subnet will be answered. Repeatable.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON, described in docs/reference/replace.md.")
@of_server
def replace_(
    zone: str,
    name: str,
    rtype: str,
    file: str,
    dry_run: bool,
    yes: bool,
    token: str | None,
    comment: str | None,
    subnets: tuple[str, ...],
    as_json: bool,
    **options: Any,
) -> None:
    """
    Put the record sets of FILE in the place of all that ZONE, a name or an id, has for NAME and TYPE.

    This is how a name gets another routing policy: in one step, so that nobody is without an answer
    between. The plan is shown first, and what is stored must still be what the plan was made for when
    it is applied. FILE is JSON as `aws route53 list-resource-record-sets` prints it, - for standard
    input; Name and Type may be left out; an empty list deletes all.

    \b
    Examples:
      meridian replace example.com www.example.com A weighted.json
          weighted.json: {"ResourceRecordSets": [
            {"SetIdentifier": "blue", "Weight": 90, "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]},
            {"SetIdentifier": "green", "Weight": 10, "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.2"}]}]}
      meridian replace example.com www.example.com A weighted.json --dry-run --subnet 203.0.113.0/24
      meridian replace example.com www.example.com A - --yes --token 5d0f… < weighted.json

    Speaks to a running server as any client does, with the key of the environment or of the data
    folder's aws/ files.
    """
    if not (dry_run or yes) and (file == "-" or as_json):
        reason = "standard input is read for record sets" if file == "-" else "--json prints nothing but JSON"
        raise MeridianError(f"{reason}, so nothing can be asked; give --dry-run or --yes")
    with click.open_file(file, "rb") as stream:
        record_sets = replace.read(stream.read(), "standard input" if file == "-" else file)
    wanted, api = replace.Wanted(zone, name, rtype, record_sets), api_of(options)
    say = (lambda _: None) if as_json else click.echo
    plan = replace.propose(api, wanted, token)
    say("\n".join(replace_text.lines(plan, [] if as_json else list(replace.foresee(api, plan, subnets)))))
    if plan["Changes"] and dry_run:
        say(f"Nothing is changed yet. This plan alone: --token {plan['token']}")
    elif plan["Changes"] and (yes or _agreed()):
        plan = replace.carry_out(api, wanted, plan, comment)
        change_id = plan["ChangeInfo"]["Id"]
        say(f"Applied as {change_id}; waiting until every live edge serves it …")
        api.wait_in_sync(change_id)
        plan = {**plan, "ChangeInfo": {**plan["ChangeInfo"], "Status": "INSYNC"}}
        say(f"In sync: every live edge answers {replace_text.subject(plan)} by it.")
    if as_json:
        click.echo(json.dumps(plan, indent=2))


def _agreed() -> bool:
    """Ask; whoever does not agree leaves with status 1."""
    try:
        agreed = click.confirm("Apply this plan?")
    except click.Abort:
        click.echo("\nNothing is changed.", err=True)
        raise
    if not agreed:
        click.echo("Nothing is changed.", err=True)
        sys.exit(1)
    return True


@click.command(name="import")
@click.argument("zone")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option(
    "--from-route53", is_flag=True, help="In place of FILE: take a zone of Route 53, or of what speaks its API."
)
@click.option("--from-zone", metavar="ID", help="Its id or name there; without it, the name that it has here.")
@click.option("--from-url", metavar="URL", help="Where that API is; without it, where AWS's tools find it.")
@click.option(
    "--from-profile", metavar="NAME", help="Whose key: a profile of AWS's files; without it, AWS's usual one."
)
@click.option("--create", is_flag=True, help="Create the zone if there is none with this name.")
@click.option("--apex", is_flag=True, help="Take SOA and apex NS too; otherwise the zone keeps its own.")
@click.option("--overwrite", is_flag=True, help="Replace record sets that are there; otherwise they are an error.")
@click.option("--insync", is_flag=True, help="Wait until every live edge serves the last change.")
@settings_options("data_dir", "api_listen", "public_url")
def import_(
    zone: str,
    file: Path | None,
    from_route53: bool,
    from_zone: str | None,
    from_url: str | None,
    from_profile: str | None,
    **options: Any,
) -> None:
    """
    Put the records of a BIND master file, or of a zone elsewhere, into ZONE, a name or an id.

    What `meridian export` and cli53 write about policies and aliases is read too. Speaks to a running
    server with the key of the environment or of the data folder's aws/ files. Each batch of up to
    5,000 record sets is applied as a whole.

    With --from-route53 and no --from-profile, the key of the environment is for the other side, and
    that of the data folder for this one.

    \b
    Examples:
      meridian import example.org example.org.zone --create --insync
      meridian import example.org --from-route53 --from-profile work --create --insync
    """
    if (file is None) is not from_route53:
        raise MeridianError("give either a FILE or --from-route53")
    how = {name: options.pop(name) for name in ("create", "apex", "overwrite", "insync")}
    if file is not None:
        transfer.import_zone(api_of(options), zone, transfer.of_file(file), str(file), **how, say=click.echo)
        return
    settings = read_settings(options)
    api = connect(settings.base_url, settings.aws_folder, os.environ if from_profile else {})
    elsewhere = connect_elsewhere(from_url, from_profile)
    read = transfer.of_route53(elsewhere, from_zone, api, click.echo)
    transfer.import_zone(api, zone, read, elsewhere.url, **how, say=click.echo)


@click.command(name="compare")
@click.argument("zone")
@click.option("--source", required=True, metavar="ADDRESS[:PORT]", help="A name server that answers for the zone now.")
@click.option("--target", metavar="ADDRESS[:PORT]", help="One that is to; without it, the first of dns_listen.")
@click.option("--subnet", "subnets", multiple=True, metavar="ADDRESS/LENGTH", help="For a client of it. Repeatable.")
@settings_options("data_dir", "api_listen", "public_url", "dns_listen")
def compare_(zone: str, source: str, target: str | None, subnets: tuple[str, ...], **options: Any) -> None:
    """
    Ask two name servers for everything in ZONE, and show what they answer differently.

    Names and types are those that this server has for ZONE, a name or an id; a name below each of its
    wildcards is asked for too. Ends with status 1 if anything differs.

    \b
    Example:
      meridian compare example.org --source 205.251.192.1 --subnet 198.51.100.0/24
    """
    settings = read_settings(options)
    api = connect(settings.base_url, settings.aws_folder)
    there = api.find_zone(zone)
    if there is None:
        raise MeridianError(f"there is no zone {zone}")
    asked = compare.questions(api.record_sets(there[0]), there[1])
    sides = _server(source, "--source"), _server(target or settings.dns_listen[0], "--target")
    different = 0
    for found in compare.compare(asked, *sides, subnets or ("",)):
        different += 1
        click.echo("\n".join(compare.lines(found)))
    total = len(asked) * len(subnets or ("",))
    click.echo(f"{total:,} questions, {different:,} answered differently; SOA and NS of the zone itself not compared")
    if different:
        sys.exit(1)


def _server(text: str, option: str) -> tuple[str, int]:
    try:
        return str(ipaddress.ip_address(text)), 53
    except ValueError:
        return split_address(text, option)


@click.command()
@click.argument("zone")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write; without it, the terminal."
)
@of_server
def export(zone: str, output: Path | None, **options: Any) -> None:
    """
    Write ZONE, a name or an id, as a BIND master file.

    Aliases and routing policies have no form there: they become comments, which `meridian import` reads.
    """
    text = (f"{line}\n" for line in transfer.export_zone(api_of(options), zone))
    if output is None:
        for line in text:
            click.echo(line, nl=False)
        return
    try:
        with output.open("w") as stream:
            stream.writelines(text)
    except OSError as error:
        raise MeridianError(f"{output}: {error.strerror}") from None
