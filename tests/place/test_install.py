from __future__ import annotations

import base64
import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Iterator
from datetime import date
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import msgspec
import pytest

from meridian.place import install, mmdb, table
from meridian.place.install import InstallError
from meridian.place.ranges import Network
from meridian.place.table import About, Place
from tests.place import mmdb_file
from tests.place.test_mmdb import V4, V6, flat

ABOUT = About("made by a test", "2026-06-05", "nobody")


def of_the_world(count: int = install.NETWORKS_MIN, wrong: int = 0) -> table.Table:
    """A table with so many IPv4 networks, the sentinels in it, some of them misplaced."""
    sentinels = {ip_address(text): country for text, country in list(install.SENTINELS.items())}
    moved = set(list(sentinels)[:wrong])

    def networks() -> Iterator[tuple[Network, Place]]:
        known: dict[Network, str] = {}
        for address, country in sentinels.items():
            known[ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False)] = (
                "XK" if address in moved else country
            )
        for at in range(count - sum(address.version == 4 for address in sentinels)):
            known.setdefault(ip_network((at * 65536 % 2**32 | at >> 16 << 8, 24)), "FR" if at % 2 else "GB")
        yield from ((each, Place(country=known[each])) for each in sorted(known, key=lambda n: (n.version, n)))

    made = table.make(ABOUT, networks())
    return table.Table(msgspec.structs.replace(ABOUT, networks=(count, 4)), made.places, made.v4, made.v6)


WORLD = of_the_world()


def test_a_table_comes_into_use_and_the_former_is_kept(tmp_path: Path) -> None:
    """Each new table takes the place of the one in use, which `rollback` exchanges back and forth."""
    folder = tmp_path / "place"
    assert install.current(folder) is None
    install.put(folder, WORLD)
    newer = table.Table(msgspec.structs.replace(WORLD.about, date="2026-07-05"), WORLD.places, WORLD.v4, WORLD.v6)
    install.put(folder, newer)

    def used() -> str:
        now = install.current(folder)
        assert now is not None
        return now.about.date

    assert used() == "2026-07-05"
    install.rollback(folder)
    assert used() == "2026-06-05"
    install.rollback(folder)
    assert used() == "2026-07-05"
    assert {file.name for file in folder.iterdir()} == {install.FILE, install.PREVIOUS}


def test_there_must_be_something_to_go_back_to(tmp_path: Path) -> None:
    """The first table has none before it."""
    install.put(tmp_path, WORLD)

    with pytest.raises(InstallError, match="no earlier table"):
        install.rollback(tmp_path)


def test_a_damaged_earlier_table_is_not_gone_back_to(tmp_path: Path) -> None:
    """The one in use stays."""
    install.put(tmp_path, WORLD)
    (tmp_path / install.PREVIOUS).write_bytes(b"MERIDGEO")

    with pytest.raises(table.TableError):
        install.rollback(tmp_path)
    assert install.current(tmp_path) is not None


def test_a_damaged_table_in_use_can_be_replaced(tmp_path: Path) -> None:
    """Looking at it is an error; installing anew mends it."""
    (tmp_path / install.FILE).write_bytes(b"rubbish")
    with pytest.raises(table.TableError):
        install.current(tmp_path)

    install.put(tmp_path, WORLD)
    assert install.current(tmp_path) is not None


CHECKS = [
    ("good", WORLD, None, []),
    ("too few networks", of_the_world(5000), None, ["it has 5000 IPv4 networks"]),
    ("as many misplaced as may be", of_the_world(wrong=3), None, []),
    ("too many misplaced", of_the_world(wrong=4), None, ["it misplaces well-known addresses: 128.112.132.86 in XK"]),
    ("no IPv6 at all", table.Table(WORLD.about, WORLD.places, WORLD.v4, table.empty().v6), None, []),
    ("not much smaller", of_the_world(80_000), WORLD, ["it has 80000 IPv4 networks"]),
    ("much smaller", of_the_world(40_000), WORLD, ["it has 40000 IPv4 networks", "ranges of addresses"]),
]


@pytest.mark.parametrize(("new", "former", "problems"), [row[1:] for row in CHECKS], ids=[row[0] for row in CHECKS])
def test_checks(new: table.Table, former: table.Table | None, problems: list[str]) -> None:
    """A database of the world has 100,000 networks, knows well-known addresses and does not shrink by a third."""
    found = install.check(new, former)

    assert len(problems) == len(found)
    assert all(part in text for part, text in zip(problems, found, strict=True))


def test_what_fails_a_check_changes_nothing(tmp_path: Path) -> None:
    """Unless it is forced."""
    install.put(tmp_path, WORLD)
    small = table.make(About(date="2020-01-01"), [(ip_network("10.0.0.0/8"), Place(country="DE"))])

    with pytest.raises(InstallError, match="the new data was not put in place"):
        install.put(tmp_path, small)
    used = install.current(tmp_path)
    assert used is not None
    assert used.about == WORLD.about
    install.put(tmp_path, small, force=True)
    used = install.current(tmp_path)
    assert used is not None
    assert used.about.date == "2020-01-01"


def test_a_user_s_databases_lie_over_each_other(tmp_path: Path) -> None:
    """The first that knows an address wins; the table's day is the oldest, its source names them all."""
    own = mmdb_file.write(tmp_path / "own.mmdb", {"10.1.0.0/16": flat("FR")}, kind="own", epoch=1_000_000_000)
    world = mmdb_file.write(tmp_path / "world.mmdb", V4 | V6, kind="world")
    told: list[tuple[str, float]] = []

    install.update(tmp_path, [own, world], force=True, say=lambda what, share: told.append((what, share)))
    used = install.current(tmp_path)
    assert used is not None
    assert [used.find(address)[0].country for address in ("10.1.2.3", "10.2.0.0", "2001:db8::")] == ["FR", "DE", "JP"]
    assert (used.about.source, used.about.date) == ("own, world", "2001-09-09")
    assert list(dict(told)) == ["reading own.mmdb", "reading world.mmdb"]


def test_makers_of_free_databases_get_their_credit(tmp_path: Path) -> None:
    """A database's type tells whose it is; others ask for nothing that we know of."""
    cases = {"GeoLite2-City": "GeoLite2 data created by MaxMind", "DBIP-City-Lite": "https://db-ip.com", "Own": ""}
    for kind, credit in cases.items():
        install.update(tmp_path, [mmdb_file.write(tmp_path / "a.mmdb", V4, kind=kind)], force=True)
        used = install.current(tmp_path)
        assert used is not None
        assert credit in used.about.attribution
        assert bool(credit) == bool(used.about.attribution)


def test_a_database_that_cannot_be_read_changes_nothing(tmp_path: Path) -> None:
    """The error names it."""
    (tmp_path / "a.mmdb").write_bytes(b"not a database")

    with pytest.raises(mmdb.DatabaseError, match=r"a\.mmdb"):
        install.update(tmp_path / "place", [tmp_path / "a.mmdb"])
    assert not (tmp_path / "place").exists()


def packed(folder: Path, **files: bytes) -> tuple[Path, str]:
    """A package of these files and its integrity, as npm writes them."""
    archive = folder / "package.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        for name, octets in files.items():
            info = tarfile.TarInfo(f"package/{name}.mmdb")
            info.size = len(octets)
            tar.addfile(info, io.BytesIO(octets))
    return archive, "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()


def lock(integrity: str, *files: str) -> install.Lock:
    names = tuple(f"package/{name}.mmdb" for name in files)
    return install.Lock("@a/b", "1.0.0", integrity, names, "B", "2026-06-05", "CC BY 4.0", "B (https://b.test)")


def test_a_package_given_by_hand_is_checked_and_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its source, day and credit are those of the lock."""
    monkeypatch.setattr(install, "NETWORKS_MIN", 3)
    monkeypatch.setattr(install, "SENTINELS", {"10.0.0.1": "DE", "2001:db8::": "JP"})
    databases = {
        "four": mmdb_file.write(tmp_path / "four", V4, ip_version=4).read_bytes(),
        "six": mmdb_file.write(tmp_path / "six", V6).read_bytes(),
    }
    archive, integrity = packed(tmp_path, **databases)

    install.install(tmp_path / "place", lock(integrity, "four", "six"), package=archive)
    used = install.current(tmp_path / "place")
    assert used is not None
    assert used.about == About("B", "2026-06-05", "B (https://b.test)", (3, 4))


def test_a_package_that_is_not_the_pinned_one_is_refused(tmp_path: Path) -> None:
    """A hash that differs, a file that is missing, a file that is no package."""
    archive, integrity = packed(tmp_path, four=b"")
    (tmp_path / "other.tgz").write_bytes(b"other")
    other = "sha512-" + base64.b64encode(hashlib.sha512(b"other").digest()).decode()
    cases: list[tuple[Path, str, str, str]] = [
        (archive, other, "four", "the hash is not the pinned one"),
        (archive, integrity, "six", "not the package expected"),
        (tmp_path / "other.tgz", other, "four", "not the package expected"),
        (tmp_path / "none.tgz", other, "four", "No such file"),
    ]
    for file, expected, name, message in cases:
        with pytest.raises(InstallError, match=message):
            install.install(tmp_path / "place", lock(expected, name), package=file)
    assert not (tmp_path / "place").exists()


def test_the_default_is_pinned_by_version_and_hash() -> None:
    """With the credit that its licence asks for."""
    pinned = install.default()

    assert pinned.integrity.startswith("sha512-")
    assert len(base64.b64decode(pinned.integrity.removeprefix("sha512-"))) == 64
    assert "https://db-ip.com" in pinned.attribution


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for npm on the path: it does what the file's lines say."""
    file = tmp_path / "bin" / "npm"
    file.parent.mkdir()
    monkeypatch.setenv("PATH", f"{file.parent}{os.pathsep}/usr/bin{os.pathsep}/bin")
    return file


def write_npm(file: Path, *lines: str) -> None:
    file.write_text("\n".join(["#!/bin/sh", *lines]))
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


def test_npm_fetches_the_package(npm: Path, tmp_path: Path) -> None:
    """It is asked for exactly the pinned version, and runs nothing of it."""
    write_npm(npm, f'echo "$@" > {tmp_path}/asked', "echo octets > a-b-1.0.0.tgz")
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    assert install.fetch(lock(""), scratch) == scratch / "a-b-1.0.0.tgz"
    assert (tmp_path / "asked").read_text().split() == ["pack", "--ignore-scripts", "--silent", "@a/b@1.0.0"]


def test_what_npm_complains_of_is_told(npm: Path, tmp_path: Path) -> None:
    """With what to do instead."""
    write_npm(npm, "echo 'npm error 404' >&2", "exit 1")

    with pytest.raises(InstallError, match=r"npm error 404; try again, or fetch @a/b 1\.0\.0 elsewhere"):
        install.fetch(lock(""), tmp_path)


REGISTRIES: list[tuple[dict[str, str], str, str | None]] = [
    ({"npm_config_registry": "https://one.test/"}, "registry=https://two.test", "https://one.test"),
    ({}, "# own\nregistry = https://two.test/npm/\n", "https://two.test/npm"),
    ({}, "//two.test/:_authToken=secret\nregistry=https://two.test", "https://two.test"),
    ({}, "@scope:registry=https://two.test", None),
    ({}, "", None),
]


@pytest.mark.parametrize(("environ", "text", "registry"), REGISTRIES)
def test_without_npm_its_configuration_says_where_to_ask(
    tmp_path: Path, environ: dict[str, str], text: str, registry: str | None
) -> None:
    """The environment first, then the files; no registry is ours to choose."""
    (tmp_path / "npmrc").write_text(text)

    assert install.registry_of(environ, (tmp_path / "none", tmp_path / "npmrc")) == registry


def test_without_npm_and_registry_there_is_a_way_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says which."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(install, "registry_of", lambda *_: None)

    with pytest.raises(InstallError, match="give its file with --package"):
        install.fetch(lock(""), tmp_path)


def test_without_npm_the_registry_is_asked_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tarball lies where npm would look for it; a folder stands for a registry here."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("npm_config_registry", f"file://{tmp_path}/registry/")
    tarball = tmp_path / "registry/@a/b/-/b-1.0.0.tgz"
    tarball.parent.mkdir(parents=True)
    tarball.write_bytes(b"octets")

    assert install.fetch(lock(""), tmp_path).read_bytes() == b"octets"
    tarball.unlink()
    with pytest.raises(InstallError, match=r"b-1\.0\.0\.tgz: .*No such file"):
        install.fetch(lock(""), tmp_path)


def test_age(tmp_path: Path) -> None:
    """Days since the data's day; none where there is none."""
    cases: dict[str, Any] = {"2026-06-05": 5, "2026-06-10": 0, "": None, "June": None}
    today = date(2026, 6, 10)

    assert cases == {text: install.age_days(About(date=text), today) for text in cases}


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """Such as a file in its place."""
    (tmp_path / "place").write_text("")

    with pytest.raises(InstallError, match="place"):
        install.put(tmp_path / "place", WORLD)
