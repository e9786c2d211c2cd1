"""A real Prometheus server for tests."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.ports import free_port

PROGRAM = "prometheus"
_PATIENCE = 60.0  # seconds until it answers


def is_installed() -> bool:
    """Whether there is one to run."""
    return shutil.which(PROGRAM) is not None


@contextmanager
def running(folder: Path, *targets: str) -> Iterator[str]:
    """Run a server with its data in a folder, which scrapes `127.0.0.1:9100` and the like; give its URL."""
    config = folder / "prometheus.yml"
    config.write_text(json.dumps(_config(targets)))  # JSON is YAML
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


def _config(targets: Sequence[str]) -> dict[str, object]:
    jobs = [{"job_name": "test", "static_configs": [{"targets": list(targets)}]}] if targets else []
    return {"global": {"scrape_interval": "250ms", "scrape_timeout": "250ms"}, "scrape_configs": jobs}


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(url, timeout=1):
                return
        except (URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError(f"{PROGRAM} did not become ready")
