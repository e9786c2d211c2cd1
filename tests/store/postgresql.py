"""A PostgreSQL server of one's own, from Debian's package: its folder, its socket, nothing on the network."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

_ACCOUNT = "postgres"  # whom it runs as, where we are root: it will not run as root
_PATIENCE = 60  # seconds


def programs() -> Path | None:
    """Where the newest server's programs are; None where none is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    return found[-1].parent if found else None


@contextmanager
def server(bin_: Path) -> Iterator[str]:
    """A running server's SQLAlchemy URL; what it held is gone afterwards. It keeps nothing safe, and is quick."""
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    data = folder / "data"
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, _ACCOUNT, _ACCOUNT)
        _run(bin_ / "initdb", "-D", data, "-U", _ACCOUNT, "-A", "trust", "--no-sync", "-E", "UTF8", folder=folder)
        options = f"-c listen_addresses='' -c fsync=off -c full_page_writes=off -k {folder}"
        log = folder / "log"
        _run(bin_ / "pg_ctl", "-D", data, "-o", options, "-l", log, "-w", "start", folder=folder)
        try:
            yield f"postgresql+psycopg://{_ACCOUNT}@/postgres?host={folder}"
        finally:
            _run(bin_ / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop", folder=folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def create(server: str, name: str, template: str | None = None) -> str:
    """A new database on a server, and its URL: a copy of another one, or an empty one."""
    # One that sorts as people do, so that listings in byte order do not come by luck.
    source = template or "template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE {source}"))
    engine.dispose()
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)


def _run(*command: Path | str, folder: Path) -> None:
    lower = ["setpriv", f"--reuid={_ACCOUNT}", f"--regid={_ACCOUNT}", "--clear-groups"] if os.geteuid() == 0 else []
    ran = subprocess.run(
        [*lower, *map(str, command)],
        cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=_PATIENCE, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout
