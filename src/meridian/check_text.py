"""Health checks and switches for people: aligned tables, plain words. Colours are taken out where no terminal is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import click

from meridian.moments import show_moment, show_span

Fields = Mapping[str, Any]

_GAP = "  "
_NONE = "-"
_COLOURS = {"healthy": "green", "on": "green", "unhealthy": "red", "off": "red", "unknown": "yellow"}
_ORDER = {False: 0, None: 1, True: 2}  # what is down comes first


def list_lines(checks: Sequence[Fields], now: datetime) -> Iterator[str]:
    """A table of checks, those that are down first, and how many there are of what."""
    if not checks:
        yield "No health checks. aws route53 create-health-check makes one."
        return
    ordered = sorted(checks, key=lambda check: _ORDER[check["healthy"]])
    yield from table(
        ("STATE", "FOR", "NAME", "TYPE", "HEALTHY", "TARGET", "ID", "REMARKS"),
        [
            (
                state_word(check["healthy"]),
                _since(check["since"], now),
                check["name"] or _NONE,
                check["type"],
                f"{check['healthy_count']} of {check['counted']}" if check["counted"] else _NONE,
                check["target"],
                check["id"],
                "; ".join(_remarks(check, now)),
            )
            for check in ordered
        ],
    )
    yield ""
    yield _sum(checks)


def show_lines(check: Fields, now: datetime) -> Iterator[str]:
    """All that is known of one check: first what it is and why, then who sees what, then what happened."""
    yield f"{check['name'] or 'no name'}  {check['id']}  slot {check['slot']}"
    since = ""
    if check["since"] is not None:
        since = f" for {_since(check['since'], now)}, since {show_moment(_moment(check['since']), now)}"
    yield f"  {_coloured(state_word(check['healthy']))}{since}"
    yield from _facts(check, now)
    if check["checkers"]:
        yield ""
        yield from _indented(_checker_lines(check["checkers"], now))
    if check["children"]:
        yield ""
        rows = [(state_word(child["healthy"]), child["name"] or _NONE, child["id"]) for child in check["children"]]
        yield from _indented(table(("CHILD", "NAME", "ID"), rows))
    yield ""
    yield from _indented(_user_lines(check["used_by"]))
    yield ""
    yield f"  the last {len(check['graph']['minutes'])} minutes, one mark each, now at the right:"
    yield f"    {graph(check['graph']['minutes'])}"
    if check["events"]:
        yield ""
        yield from _indented(event_lines(check["events"], now))


def event_lines(events: Sequence[Fields], now: datetime) -> Iterator[str]:
    """A table of what happened, in the order given."""
    rows = [
        (
            show_moment(_moment(event["at"]), now),
            event["kind"],
            _event_word(event),
            event["by"] or _NONE,
            event["reason"],
        )
        for event in events
    ]
    return table(("WHEN", "WHAT", "STATE", "BY", "WHY"), rows)


def event_line(event: Fields, now: datetime) -> str:
    """One event as it happens."""
    name = event["check_name"] or event["check_id"]
    by = f" (by {event['by']})" if event["by"] else ""
    what = event["kind"] if event["kind"] != "flip" else ""
    state = _coloured(_event_word(event)) if event["healthy"] is not None else ""
    words = (show_moment(_moment(event["at"]), now), name, " ".join(filter(None, (what, state))), event["reason"] + by)
    return _GAP.join(words)


def switch_lines(switches: Sequence[Fields], now: datetime) -> Iterator[str]:
    """A table of routing controls, with who turned each last."""
    if not switches:
        yield "No switches. A health check of type RECOVERY_CONTROL makes one, by the RoutingControlArn that it names."
        return
    rows = []
    for switch in switches:
        last = next(iter(switch["events"]), None)
        turned = _NONE if last is None else f"{show_moment(_moment(last['at']), now)} by {last['by']}: {last['reason']}"
        followers = ", ".join(check["name"] or check["id"] for check in switch["checks"])
        rows.append(("on" if switch["on"] else "off", switch["arn"], followers, turned))
    yield from table(("STATE", "SWITCH", "CHECKS", "LAST TURNED"), rows)


def override_words(override: Fields, now: datetime) -> str:
    """`unhealthy until 14:00 CET (13:00 UTC), by alice: deploy`."""
    end = _moment(override["until"])
    reason = f": {override['reason']}" if override["reason"] else ""
    return f"{state_word(override['healthy'])} until {show_moment(end, now)}, by {override['by']}{reason}"


def state_word(healthy: bool | None) -> str:
    """`healthy`, `unhealthy`, or `unknown` where the control plane has not heard of the check yet."""
    return "unknown" if healthy is None else "healthy" if healthy else "unhealthy"


def graph(minutes: Sequence[int]) -> str:
    """A mark for each minute: high where the check was healthy all through it."""
    return "".join("▇" if minute else click.style("▁", fg="red") for minute in minutes)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns as wide as what is in them; the words for states in their colours."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    yield _GAP.join(text.ljust(width) for text, width in zip(head, widths, strict=True)).rstrip()
    for row in rows:
        cells = [_coloured(text) + " " * (width - len(text)) for text, width in zip(row, widths, strict=True)]
        yield _GAP.join(cells).rstrip()


def _facts(check: Fields, now: datetime) -> Iterator[str]:
    yield f"  why       {check['reason']}"
    yield f"  checks    {check['target']}{_timing(check)}"
    words = _option_words(check["options"])
    if words:
        yield f"  options   {', '.join(words)}"
    if check["override"] is not None:
        left = show_span(_moment(check["override"]["until"]) - now)
        yield f"  override  {override_words(check['override'], now)}; {left} left"
    if check["routing_control"] is not None:
        yield f"  switch    {'on' if check['routing_control']['on'] else 'off'}"
    flags = [word for word in ("disabled", "inverted") if check[word]]
    if flags:
        yield f"  is        {' and '.join(flags)}"


def _timing(check: Fields) -> str:
    if check["interval"] is None:
        return ""
    if check["rise"] is None:
        return f", every {check['interval']:g} s"
    return f", every {check['interval']:g} s; down after {check['fall']} in a row, up after {check['rise']}"


def _option_words(options: Fields) -> list[str]:
    """The options that differ from Route 53's."""
    words = {
        "interval": "interval {:g} s",
        "rise": "rise {}",
        "fall": "fall {}",
        "verify_certificate": "certificate verified",
        "certificate_days": "certificate valid for {} days",
    }
    return [words[name].format(value) for name, value in options.items() if value is not None and value is not False]


def _checker_lines(checkers: Sequence[Fields], now: datetime) -> Iterator[str]:
    rows = [
        (
            vote["checker"],
            vote["region"] or _NONE,
            state_word(vote["healthy"]) if vote["counted"] else "not counted",
            _since(vote["since"], now),
            f"{_since(vote['checked_at'], now)} ago" if vote["checked_at"] else "never",
            *(_milliseconds(vote[name]) for name in ("connect_ms", "tls_ms", "first_byte_ms")),
            vote["status"],
        )
        for vote in checkers
    ]
    return table(("CHECKER", "REGION", "SEES", "FOR", "LAST LOOK", "CONNECT", "TLS", "FIRST BYTE", "WHAT IT SAW"), rows)


def _user_lines(users: Sequence[Fields]) -> Iterator[str]:
    if not users:
        yield "No record set uses it."
        return
    rows = [(user["name"], user["type"], user["set_identifier"] or _NONE, user["zone_id"]) for user in users]
    yield from table(("USED BY", "TYPE", "SET IDENTIFIER", "ZONE"), rows)


def _remarks(check: Fields, now: datetime) -> Iterator[str]:
    if check["override"] is not None:
        yield f"overridden: {override_words(check['override'], now)}"
    yield from (word for word in ("disabled", "inverted") if check[word])
    if check["healthy"] is not None and not check["seen"]:
        yield "nobody reports"
    words = _option_words(check["options"])
    if words:
        yield ", ".join(words)


def _sum(checks: Sequence[Fields]) -> str:
    counts = {
        "unhealthy": sum(check["healthy"] is False for check in checks),
        "unknown": sum(check["healthy"] is None for check in checks),
        "overridden": sum(check["override"] is not None for check in checks),
        "seen by nobody": sum(check["healthy"] is not None and not check["seen"] for check in checks),
    }
    words = [f"{number} {word}" for word, number in counts.items() if number]
    return f"{len(checks)} check{'s' if len(checks) != 1 else ''}: {', '.join(words) or 'all healthy'}"


def _event_word(event: Fields) -> str:
    if event["kind"] == "switch":
        return "on" if event["healthy"] else "off"
    return _NONE if event["healthy"] is None else state_word(event["healthy"])


def _coloured(text: str) -> str:
    colour = _COLOURS.get(text)
    return text if colour is None else click.style(text, fg=colour)


def _since(at: str | None, now: datetime) -> str:
    return _NONE if at is None else show_span(now - _moment(at))


def _milliseconds(value: float | None) -> str:
    return _NONE if value is None else f"{value:.1f} ms"


def _indented(lines: Iterator[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
