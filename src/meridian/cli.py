"""The command line: `meridian serve | demo | user | explain | replace | import | export | audit | check | …`."""

from __future__ import annotations

import ipaddress
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import click
import msgspec

from meridian import app, compare, demo, replace, replace_text, transfer
from meridian.api.operations.explain import Draft, read_batch, try_draft
from meridian.api.operations.record import plan_of
from meridian.audit_cli import audit
from meridian.changes.guard import check_guards
from meridian.check_cli import check, switch
from meridian.client import Api, connect, connect_elsewhere
from meridian.errors import MeridianError
from meridian.explain import Explainer, apart
from meridian.explain_text import lines
from meridian.feed.local import FEED_FILE, LastValues
from meridian.model.account import Credential
from meridian.model.name import plain
from meridian.model.question import (
    BadQuestion,
    Question,
    read_address,
    read_check,
    read_draw,
    read_name,
    read_subnet,
    read_type,
)
from meridian.model.secondary import secondaries
from meridian.place.cli import place
from meridian.place.coordinates import places
from meridian.policy_cli import policy
from meridian.settings import DEFAULTS, Quotas, Settings, from_text, load, split_address
from meridian.store import zone as zones
from meridian.store.database import Database, open_database
from meridian.user_cli import key_lines, seal, user

F = TypeVar("F", bound=Callable[..., Any])

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_EXIT = 2  # what a user's mistake ends with


def main() -> None:
    """Run the command line; a mistake of the user is one line, never a stack trace."""
    try:
        cli.main(standalone_mode=False)
    except MeridianError as error:
        click.echo(f"meridian: {error}", err=True)
        sys.exit(_EXIT)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:  # such as `meridian export … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


@click.group(context_settings=_CONTEXT)
@click.version_option(package_name="meridian")
def cli() -> None:
    """Authoritative DNS with the Route 53 API, on your own machines."""


def _description(hint: Any) -> str:
    """The description in a setting's `Annotated[…, Meta(description=…)]`."""
    metas = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return " ".join(meta.description for meta in metas if isinstance(meta, msgspec.Meta) and meta.description)


def _shown(default: Any) -> str:
    return ",".join(default) if isinstance(default, tuple | dict) else str(default)


def settings_options(*names: str) -> Callable[[F], F]:
    """
    Options for these settings, for all if none are named, and --config; the command gets `settings`.

    Descriptions and defaults are those of `Settings`, so that no setting can be forgotten here.
    """

    def decorate(command: F) -> F:
        hints = get_type_hints(Settings, include_extras=True)
        if not names:
            command = _quota_option(command)
        for field in reversed(msgspec.structs.fields(Settings)):
            if field.name == "quotas" or (names and field.name not in names):
                continue
            flag, default = field.name.replace("_", "-"), getattr(DEFAULTS, field.name)
            option = f"--{flag}/--no-{flag}" if isinstance(default, bool) else f"--{flag}"
            text = f"{_description(hints[field.name])}  [default: {_shown(default) or 'none'}]"
            command = click.option(option, field.name, default=None, metavar=_metavar(default), help=text)(command)
        file = click.Path(dir_okay=False, path_type=Path)
        return click.option("--config", type=file, help="TOML file with settings, named as the options are.")(command)

    return decorate


def _metavar(default: Any) -> str | None:
    if isinstance(default, bool):
        return None
    if isinstance(default, tuple):
        return "A,B,…"
    if isinstance(default, dict):
        return "TOML"
    return "NUMBER" if isinstance(default, int | float) else "TEXT"


def _quota_option(command: F) -> F:
    hints = get_type_hints(Quotas, include_extras=True)
    known = "; ".join(
        f"{field.name}: {_description(hints[field.name])} [{field.default}]" for field in msgspec.structs.fields(Quotas)
    )
    return click.option("--quota", "quotas", multiple=True, metavar="NAME=NUMBER", help=f"A quota. {known}")(command)


def _settings(options: dict[str, Any], environ: dict[str, str] | None = None) -> Settings:
    """The settings that the options of `settings_options` ask for; takes them out of `options`."""
    file = options.pop("config")
    fields = {field.name for field in msgspec.structs.fields(Settings)}
    given = {name: options.pop(name) for name in list(options) if name in fields}
    for name, value in given.items():
        if isinstance(value, str):
            given[name] = from_text(getattr(DEFAULTS, name), value, f"--{name.replace('_', '-')}")
    given["quotas"] = dict(_quota(text) for text in given.get("quotas") or ()) or None
    return load(file, environ if environ is not None else os.environ, given, _check)


def _check(settings: Settings) -> None:
    """What the settings alone cannot know to be wrong."""
    places(settings)
    secondaries(settings)
    check_guards(settings)


def _quota(text: str) -> tuple[str, str]:
    name, _, number = text.partition("=")
    if not number:
        raise click.BadParameter(
            f"'{text}' is not NAME=NUMBER, such as record_sets_per_zone=100000", param_hint="--quota"
        )
    return name, number


@cli.command()
@settings_options()
def serve(**options: Any) -> None:
    """
    Run the server until Ctrl-C or SIGTERM.

    Every option can also stand in the TOML file of --config (dns_listen = ["192.0.2.53:53"]) or in a
    variable (MERIDIAN_DNS_LISTEN=192.0.2.53:53). Later places win: file, variables, options.

    \b
    Examples:
      meridian serve
          everything in one process, data in ./meridian-data
      meridian serve --data-dir /var/lib/meridian --dns-listen 192.0.2.53:53,[2001:db8::53]:53
          on the addresses of a name server
      meridian serve --roles edge
          answer with the last values only; the API may be away
      meridian serve --name-server-families ns.example.net,ns.example.org
          the names that zones are delegated to

    The first start makes an access key and shows it once; `meridian user key create` makes more.
    """
    app.run(_settings(options), on_first_key=_show_first_key, on_started=_say_started)


def _show_first_key(key: Credential, password: str) -> None:
    click.echo("The first access key, shown this once:")
    click.echo(key_lines(key))
    click.echo("Who signs in to the console first:")
    click.echo(f"  user {key.user}, password {password}")


def _say_started(started: app.Started) -> None:
    click.echo(f"API: {started.api or 'not in this process'}   DNS: {', '.join(started.dns) or 'not in this process'}")


@cli.command(name="demo")
@settings_options()
def demo_(**options: Any) -> None:
    """
    Run the server with a demo zone, and say what to try.

    The first start creates the zone example.com; later starts find everything as it was. Files for
    AWS's tools are in the data folder under aws/.
    """
    settings = _settings(options, {**demo.ENVIRON, **os.environ})
    click.echo("Starting Meridian …")

    def tell(started: app.Started) -> None:
        try:
            with _database(settings) as database:
                key = demo.stored_key(database)
            has_zone = demo.prepare(settings, key)
        except MeridianError as error:
            click.echo(f"meridian: the demo zone could not be made: {error}", err=True)
            return
        click.echo("\n".join(demo.lines(settings, started, has_zone=has_zone)))

    def on_started(started: app.Started) -> None:
        click.echo("Preparing the demo zone …")
        threading.Thread(target=tell, args=[started], daemon=True).start()

    app.run(
        settings,
        on_first_key=lambda _, password: demo.keep_password(settings, password),
        on_started=on_started,
    )


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    database = open_database(settings)
    try:
        yield database
    finally:
        database.close()


@cli.command(name="explain")
@click.argument("name")
@click.argument("rtype", metavar="TYPE")
@click.option("--client", default="127.0.0.1", show_default=True, help="Address of the resolver that asks.")
@click.option("--subnet", metavar="ADDRESS[/LENGTH]", help="EDNS client subnet in the query; 24 or 64 bits if unsaid.")
@click.option("--unhealthy", multiple=True, metavar="CHECK", help="Suppose this health check is unhealthy. Repeatable.")
@click.option("--healthy", multiple=True, metavar="CHECK", help="Suppose this health check is healthy. Repeatable.")
@click.option("--zone", metavar="ID", help="Suppose this zone is the only one; with --batch, the zone it changes.")
@click.option(
    "--batch",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Suppose this change batch were applied: the JSON of aws route53 change-resource-record-sets.",
)
@click.option(
    "--policy",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Suppose the name answered by this document of a traffic policy.",
)
@click.option(
    "--ttl", type=click.IntRange(0, 2**31 - 1), default=300, show_default=True, help="With --policy: its TTL."
)
@click.option("--draw", help="The random draw of an earlier explanation.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, described in docs/reference/explain.md.")
@settings_options(
    *("data_dir", "database", "edge_coordinates", "geoproximity_negative_bias", "alias_zone_ids", "regions", "places"),
    "health_quorum",
)
def explain_(
    name: str, rtype: str, batch: Path | None, policy: Path | None, ttl: int, as_json: bool, **options: Any
) -> None:
    """
    Say why a question is answered as it is, or what it would be answered.

    Asks the evaluator that answers the wire about the values that were served last, in the data
    folder; the server need not run. A batch is tried on what is stored, and nothing is changed.
    A health check is named by its id, or by its slot in the health table.

    \b
    Examples:
      meridian explain www.example.com A --client 203.0.113.9
      meridian explain www.example.com A --subnet 198.51.100.0/24 --unhealthy 3
      meridian explain www.example.com A --batch change.json
      meridian explain www.example.com A --policy web.json --subnet 198.51.100.0/24
    """
    if batch is not None and policy is not None:
        raise MeridianError("give --batch or --policy, not both")
    settings = _settings(options)
    question = _question(name, rtype, **options)
    values = LastValues(Path(settings.data_dir) / FEED_FILE)
    try:
        explainer = apart(settings, values)
        if batch is not None:
            explained = _try(explainer, question, batch, settings)
        elif policy is not None:
            explained = _try_policy(explainer, question, policy, ttl, settings)
        else:
            explained = explainer.explain(question)
    finally:
        values.close()
    click.echo(json.dumps(explained, indent=2) if as_json else "\n".join(lines(explained)))


def _question(
    name: str,
    rtype: str,
    *,
    client: str,
    subnet: str | None,
    unhealthy: Sequence[str],
    healthy: Sequence[str],
    zone: str | None,
    draw: str | None,
) -> Question:
    try:
        return Question(
            name=read_name(name),
            type=read_type(rtype),
            client=read_address(client),
            subnet=None if subnet is None else read_subnet(subnet),
            draw=None if draw is None else read_draw(draw),
            health=tuple((read_check(text), given is healthy) for given in (unhealthy, healthy) for text in given),
            zone_id=zone,
        )
    except BadQuestion as error:
        raise MeridianError(str(error)) from None


def _try(explainer: Explainer, question: Question, file: Path, settings: Settings) -> dict[str, Any]:
    """Explain what would be answered after a batch; the operator may try it on any account's zone."""
    batch = read_batch(file.read_bytes(), settings)
    zone_id = batch.zone_id or question.zone_id
    with _database(settings) as database, database.read() as conn:
        zone = zones.get(conn, zone_id) if zone_id else zones.closest(conn, question.name)
        if zone is None:
            raise MeridianError(f"there is no zone {zone_id or 'for ' + plain(question.name)} to try the batch on")
        return explainer.explain_plan(question, conn, zone, plan_of(conn, settings, zone, batch.changes))


def _try_policy(explainer: Explainer, question: Question, file: Path, ttl: int, settings: Settings) -> dict[str, Any]:
    """Explain what would be answered by a draft, in the zone that holds the name or in one of its own."""
    draft = Draft(file.read_text(), None, ttl)
    with _database(settings) as database, database.read() as conn:
        zone = zones.get(conn, question.zone_id) if question.zone_id else zones.closest(conn, question.name)
        if zone is None and question.zone_id:
            raise MeridianError(f"there is no zone {question.zone_id} to try the policy in")
        return try_draft(conn, settings, explainer, question, zone, draft)


@cli.command(name="replace")
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
@settings_options("data_dir", "api_listen", "public_url")
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
    wanted, api = replace.Wanted(zone, name, rtype, record_sets), _api(options)
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


@cli.command(name="import")
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
        transfer.import_zone(_api(options), zone, transfer.of_file(file), str(file), **how, say=click.echo)
        return
    settings = _settings(options)
    api = connect(settings.base_url, demo.aws_folder(settings), os.environ if from_profile else {})
    elsewhere = connect_elsewhere(from_url, from_profile)
    read = transfer.of_route53(elsewhere, from_zone, api, click.echo)
    transfer.import_zone(api, zone, read, elsewhere.url, **how, say=click.echo)


@cli.command(name="compare")
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
    settings = _settings(options)
    api = connect(settings.base_url, demo.aws_folder(settings))
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


@cli.command()
@click.argument("zone")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write; without it, the terminal."
)
@settings_options("data_dir", "api_listen", "public_url")
def export(zone: str, output: Path | None, **options: Any) -> None:
    """
    Write ZONE, a name or an id, as a BIND master file.

    Aliases and routing policies have no form there: they become comments, which `meridian import` reads.
    """
    text = (f"{line}\n" for line in transfer.export_zone(_api(options), zone))
    if output is None:
        for line in text:
            click.echo(line, nl=False)
        return
    try:
        with output.open("w") as stream:
            stream.writelines(text)
    except OSError as error:
        raise MeridianError(f"{output}: {error.strerror}") from None


def _api(options: dict[str, Any]) -> Api:
    settings = _settings(options)
    return connect(settings.base_url, demo.aws_folder(settings))


cli.add_command(audit)
cli.add_command(check)
cli.add_command(policy)
cli.add_command(seal)
cli.add_command(user)
cli.add_command(switch)
cli.add_command(place)


if __name__ == "__main__":
    main()
