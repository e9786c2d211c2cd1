"""The command line's `check` and `switch` groups: health checks, as the running server sees them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote

import click

from meridian import check_text
from meridian.client import Api, Lost
from meridian.errors import MeridianError
from meridian.moments import read_moment, read_span, show_moment, show_span
from meridian.server_cli import api_of, of_server

F = TypeVar("F", bound=Callable[..., Any])

_CHECKS, _SWITCHES, _EVENTS = "/meridian/checks", "/meridian/switches", "/meridian/events"
_STATES = {"healthy": True, "up": True, "unhealthy": False, "down": False}
_COME_BACK = 2.0  # seconds after which a lost stream is asked for again
_LEAST_PREFIX = 4  # characters of an id that are taken for the whole

Fields = Mapping[str, Any]


def _json_option(command: F) -> F:
    return click.option("--json", "as_json", is_flag=True, help="As JSON, described in docs/reference/checks.md.")(
        command
    )


@click.group()
def check() -> None:
    """
    Health checks: what is down, why, and what to do about it.

    CHECK is an id, the beginning of one, or a name: what the tag Name says. Speaks to a running server as
    any client does, with the key of the environment or of the data folder's aws/ files.

    \b
    At three in the morning:
      meridian check list                     what is down
      meridian check show shop                why: what each checker sees
      meridian check override shop down --for 2h --reason "disk full"
      meridian check watch                    what flips from now on
    """


@check.command(name="list")
@_json_option
@of_server
def list_(as_json: bool, **options: Any) -> None:
    """
    List all checks with their states, those that are down first.

    \b
    Examples:
      meridian check list
      meridian check list --json | jq '.checks[] | select(.healthy == false) | .name'
    """
    found = api_of(options).native(_CHECKS)
    _say(found, as_json, lambda: check_text.list_lines(found["checks"], _now()))


@check.command()
@click.argument("name", metavar="CHECK")
@_json_option
@of_server
def show(name: str, as_json: bool, **options: Any) -> None:
    """
    Show one check: why it is what it is, what each checker sees, who uses it, and its history.

    \b
    Examples:
      meridian check show shop
      meridian check show 1b2c3d4e
    """
    api = api_of(options)
    found = api.native(_path(_find(api, name)))
    _say(found, as_json, lambda: check_text.show_lines(found, _now()))


@check.command()
@click.argument("names", metavar="[CHECK]...", nargs=-1)
@_json_option
@of_server
def watch(names: Sequence[str], as_json: bool, **options: Any) -> None:
    """
    Show what happens to checks as it happens, until Ctrl-C; to all, or to those that are named.

    Begins with what is down now. A server that goes away is waited for, and nothing is missed.
    With --json, each event is one line.

    \b
    Examples:
      meridian check watch
      meridian check watch shop db
    """
    api = api_of(options)
    checks = [_find(api, name) for name in names]
    if not as_json:
        _say_present(checks or api.native(_CHECKS)["checks"])
    query = [("check", found["id"]) for found in checks]
    for event in _events(api, query):
        click.echo(json.dumps(event) if as_json else check_text.event_line(event, _now()))


@check.command(name="set")
@click.argument("name", metavar="CHECK")
@click.option("--interval", type=float, help="Seconds between two probes of a checker, 1 to 3600.")
@click.option("--rise", type=int, help="Results in a row that make it healthy, 1 to 10.")
@click.option("--fall", type=int, help="Results in a row that make it unhealthy, 1 to 10.")
@click.option(
    "--verify-certificate/--no-verify-certificate", default=None, help="Whether the certificate must be good."
)
@click.option("--certificate-days", type=int, help="Days for which the certificate must still be good, 0 to 825.")
@click.option("--default", "defaults", multiple=True, metavar="OPTION", help="Go back to Route 53's. Repeatable.")
@of_server
def set_(
    name: str,
    interval: float | None,
    rise: int | None,
    fall: int | None,
    verify_certificate: bool | None,
    certificate_days: int | None,
    defaults: Sequence[str],
    **options: Any,
) -> None:
    """
    Set what Route 53 has no words for: how often to probe, and how many results in a row make a flip.

    What is not given stays. Checkers begin to count anew.

    \b
    Examples:
      meridian check set shop --interval 2 --fall 2 --rise 3
      meridian check set shop --verify-certificate --certificate-days 14
      meridian check set shop --default interval --default fall
    """
    asked = {
        "interval": interval,
        "rise": rise,
        "fall": fall,
        "verify_certificate": verify_certificate,
        "certificate_days": certificate_days,
    }
    given: dict[str, Any] = {option: value for option, value in asked.items() if value is not None}
    given |= {option.replace("-", "_"): None for option in defaults}
    if not given:
        raise MeridianError("nothing to set; meridian check set --help shows what there is")
    api = api_of(options)
    found = _find(api, name)
    api.native(f"{_path(found)}/options", given, method="PATCH")
    click.echo("\n".join(check_text.show_lines(api.native(_path(found)), _now())))


@check.command()
@click.argument("name", metavar="CHECK")
@click.argument("state", type=click.Choice(list(_STATES)))
@click.option("--until", metavar="MOMENT", help="14:00, 'tomorrow 9:00', '2026-01-02 14:00', 2026-01-02T14:00:00Z.")
@click.option("--for", "span", metavar="SPAN", help="30m, 2h, 1h30m, 1d.")
@click.option("--reason", default="", help="Why; whoever looks at the check reads it.")
@of_server
def override(name: str, state: str, until: str | None, span: str | None, reason: str, **options: Any) -> None:
    """
    Treat a check as healthy or unhealthy, whatever is seen, until a moment or for a while.

    It beats everything: checkers, inversion, disabling. It is in force on all name servers at once, ends by
    itself, and shows wherever the check does. Times without a zone are this machine's.

    \b
    Examples:
      meridian check override shop down --until 14:00 --reason "moving the database"
      meridian check override shop up --for 2h
    """
    if (until is None) == (span is None):
        raise MeridianError("say when it ends: give one of --until and --for, such as --until 14:00 or --for 2h")
    body: dict[str, Any] = {"healthy": _STATES[state], "reason": reason}
    if until is not None:
        body["until"] = read_moment(until, _now()).astimezone(UTC).isoformat()
    else:
        body["seconds"] = read_span(span or "").total_seconds()
    api = api_of(options)
    found = _find(api, name)
    made = api.native(f"{_path(found)}/override", body, method="PUT")["override"]
    end = datetime.fromisoformat(made["until"])
    word = check_text.state_word(made["healthy"])
    click.echo(f"{_name(found)} is {word} until {show_moment(end, _now())}, in {show_span(end - _now())}.")
    click.echo(f"meridian check clear {name} takes it back.")


@check.command()
@click.argument("name", metavar="CHECK")
@of_server
def clear(name: str, **options: Any) -> None:
    """Take an override back: the check is again what its checkers see."""
    api = api_of(options)
    found = _find(api, name)
    api.native(f"{_path(found)}/override", method="DELETE")
    gone = "no override was set" if found["override"] is None else "its override is taken back"
    click.echo(f"{_name(found)}: {gone}.")


@click.group()
def switch() -> None:
    """
    Switches by hand: routing controls, which health checks of type RECOVERY_CONTROL follow.

    On is healthy, off is unhealthy. SWITCH is an ARN, or what stands after its last slash.
    """


@switch.command(name="list")
@_json_option
@of_server
def list_switches(as_json: bool, **options: Any) -> None:
    """List all switches with the checks that follow them, and who turned each last."""
    found = api_of(options).native(_SWITCHES)
    _say(found, as_json, lambda: check_text.switch_lines(found["switches"], _now()))


@switch.command()
@click.argument("name", metavar="SWITCH")
@click.option("--reason", default="", help="Why; the history keeps it.")
@of_server
def on(name: str, reason: str, **options: Any) -> None:
    """
    Turn a switch on: the checks that follow it are healthy.

    \b
    Example:
      meridian switch on dublin --reason "drill is over"
    """
    _turn(api_of(options), name, True, reason)


@switch.command()
@click.argument("name", metavar="SWITCH")
@click.option("--reason", default="", help="Why; the history keeps it.")
@of_server
def off(name: str, reason: str, **options: Any) -> None:
    """
    Turn a switch off: the checks that follow it are unhealthy, and their traffic goes elsewhere.

    \b
    Example:
      meridian switch off dublin --reason "drill"
    """
    _turn(api_of(options), name, False, reason)


def _turn(api: Api, name: str, is_on: bool, reason: str) -> None:
    arns = [found["arn"] for found in api.native(_SWITCHES)["switches"]]
    arn = _only([arn for arn in arns if name in (arn, arn.rpartition("/")[2])], "switch", name)
    turned = api.native(_SWITCHES, {"arn": arn, "on": is_on, "reason": reason}, method="PUT")
    count = len(turned["checks"])
    click.echo(f"{arn} is {'on' if is_on else 'off'}; {count} check{'s follow' if count != 1 else ' follows'} it.")


def _find(api: Api, name: str) -> Fields:
    """The check with this id, name or beginning of an id."""
    checks: list[Fields] = api.native(_CHECKS)["checks"]
    for matches in (
        [found for found in checks if found["id"] == name],
        [found for found in checks if found["name"] == name],
        [found for found in checks if len(name) >= _LEAST_PREFIX and found["id"].startswith(name)],
    ):
        if matches:
            _only([found["id"] for found in matches], "health check", name)
            return matches[0]
    raise MeridianError(f"there is no health check {name}; meridian check list shows those there are")


def _only(found: Sequence[str], noun: str, name: str) -> str:
    if not found:
        raise MeridianError(f"there is no {noun} {name}; meridian {noun.split()[-1]} list shows those there are")
    if len(found) > 1:
        raise MeridianError(f"several {noun}s go by {name}; give one of {', '.join(found)}")
    return found[0]


def _events(api: Api, query: Sequence[tuple[str, str]]) -> Iterator[Fields]:
    """Events without end; those that come while the stream is lost come after it is back."""
    last, known = "", False
    while True:
        try:
            for event in api.events(_EVENTS, query, last):
                last, known = event.id or last, True
                if event.data:
                    yield json.loads(event.data)
        except Lost as error:
            if not known:
                raise
            click.echo(f"{error}; trying again …", err=True)
        time.sleep(_COME_BACK)


def _say_present(checks: Sequence[Fields]) -> None:
    down = [found for found in checks if found["healthy"] is not True]
    if down:
        click.echo("\n".join(check_text.list_lines(down, _now())))
    else:
        click.echo(f"{len(checks)} check{'s' if len(checks) != 1 else ''}, all healthy; waiting for what happens …")


def _say(found: Fields, as_json: bool, lines: Callable[[], Iterator[str]]) -> None:
    click.echo(json.dumps(found, indent=2) if as_json else "\n".join(lines()))


def _path(found: Fields) -> str:
    return f"{_CHECKS}/{quote(found['id'])}"


def _name(found: Fields) -> str:
    return str(found["name"] or found["id"])


def _now() -> datetime:
    return datetime.now(UTC)
