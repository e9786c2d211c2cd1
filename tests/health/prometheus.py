"""A real Prometheus server for tests, without anything to scrape."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.peers.server import free_port

PROGRAM = "prometheus"
_PATIENCE = 60.0  # seconds until it answers


def is_installed() -> bool:
    """Whether there is one to run."""
    return shutil.which(PROGRAM) is not None


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run a server with its data in a folder; give its URL."""
    config = folder / "prometheus.yml"
    config.write_text("global: {}\n")
    port = free_port()
    options = [f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [PROGRAM, *options, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=subprocess.STDOUT
        )
    try:
        _wait(f"http://127.0.0.1:{port}/-/ready", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(url, timeout=1):
                return
        except (URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError(f"{PROGRAM} did not become ready")
