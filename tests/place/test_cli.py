from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from meridian.errors import MeridianError
from meridian.place import cli, install, table
from meridian.place.table import Place
from tests.place import mmdb_file
from tests.place.test_install import WORLD
from tests.place.test_mmdb import V4, V6


def run(folder: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(cli.place, [*arguments, "--data-dir", str(folder)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_without_data_status_says_what_to_do(tmp_path: Path) -> None:
    """And lookups are answered: unknown."""
    status, lookup = run(tmp_path, "status"), run(tmp_path, "lookup", "192.0.2.1")

    assert (status.exit_code, lookup.exit_code) == (0, 0)
    assert "No geolocation data" in status.output
    assert "meridian place install" in status.output
    assert lookup.output == "192.0.2.1: unknown, as all of its /0\n"


def test_a_user_s_database_is_put_in_place_and_asked(tmp_path: Path) -> None:
    """update, status, lookup and rollback go together."""
    file = mmdb_file.write(tmp_path / "own.mmdb", V4 | V6, kind="own")
    assert run(tmp_path, "update", str(file), "--force").exit_code == 0
    assert run(tmp_path, "update", str(file), "--force").exit_code == 0

    status = run(tmp_path, "status").output
    assert f"file:        {tmp_path / 'place' / 'geo.table'}" in status
    assert "data date:   2026-06-05" in status
    assert "networks:    3 IPv4, 4 IPv6" in status
    shown = run(tmp_path, "lookup", "255.255.255.255").output
    assert (
        shown == "255.255.255.255: Texas, United States, North America (NA-US-TX) at 48.10, 11.60, as all of its /32\n"
    )
    assert "2026-06-05" in run(tmp_path, "rollback").output


def test_what_fails_the_checks_is_an_error(tmp_path: Path) -> None:
    """A few networks are not the world."""
    file = mmdb_file.write(tmp_path / "own.mmdb", V4)

    with pytest.raises(install.InstallError, match="--force skips these checks"):
        run(tmp_path, "update", str(file))


def test_a_lookup_of_something_else_is_an_error(tmp_path: Path) -> None:
    """It is named."""
    with pytest.raises(MeridianError, match="'here' is not an IP address"):
        run(tmp_path, "lookup", "here")


def test_old_data_is_warned_of(tmp_path: Path) -> None:
    """Over 60 days; sentinels in other places are named as well."""
    install.put(tmp_path, WORLD)
    cases = {date(2026, 8, 4): False, date(2026, 8, 5): True}

    for today, warned in cases.items():
        lines = cli.describe(tmp_path, today)
        assert warned == any(line.startswith("warning: the data is over 60 days old") for line in lines)
    moved = table.make(msgspec.structs.replace(WORLD.about, date=""), [])
    install.put(tmp_path, moved, force=True)
    assert "data date:   unknown" in cli.describe(tmp_path, date(2026, 8, 5))


def test_places_in_words() -> None:
    """Names, codes and degrees, as far as known."""
    cases = {
        Place("EU", "DE", "", (4810, -1160)): "Germany, Europe (EU-DE) at 48.10, -11.60",
        Place("", "", "", (0, 0)): "unknown at 0.00, 0.00",
        table.NOWHERE: "unknown",
    }

    assert cases == {place: cli.show_place(place) for place in cases}
