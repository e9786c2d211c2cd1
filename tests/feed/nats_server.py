"""A NATS server of one's own, with JetStream, on loopback and in a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.ports import free_port

_PATIENCE = 30.0  # seconds
_SBIN = os.pathsep + "/usr/sbin"  # where Debian has it, off the path of ordinary users


class NatsServer:
    """
    One `nats-server`.

    Args:
        folder: What it stores; what stands there from an earlier start is served again.
        config: Further lines of its configuration.
    """

    def __init__(self, folder: Path, config: str = "") -> None:
        self.folder = folder
        self.port = free_port()
        self.config = config
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"nats://127.0.0.1:{self.port}"

    def start(self, *, jetstream: bool = True) -> Self:
        """Start it, and wait until it takes connections."""
        program = shutil.which("nats-server", path=os.environ.get("PATH", "") + _SBIN)
        assert program is not None, "nats-server is missing: sudo apt-get install -y nats-server"
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "nats.conf"
        store = f'jetstream {{ store_dir: "{self.folder / "store"}" }}\n' if jetstream else ""
        file.write_text(f"listen: 127.0.0.1:{self.port}\n{store}{self.config}\n")
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen([program, "-c", file], stdout=log, stderr=log)
        end = time.monotonic() + _PATIENCE
        while not self._greets():
            assert self._process.poll() is None, (self.folder / "log").read_text()[-4000:]
            assert time.monotonic() < end, (self.folder / "log").read_text()[-4000:]
            time.sleep(0.005)
        return self

    def stop(self) -> None:
        """End it as an operator would."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self._end(signal.SIGKILL)

    def wipe(self) -> None:
        """Lose all that it has stored; while it is stopped."""
        shutil.rmtree(self.folder / "store")

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def __enter__(self) -> Self:
        """Start it."""
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        """End it."""
        self.kill()

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
            self._process.wait(_PATIENCE)

    def _greets(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                return connection.recv(4) == b"INFO"
        except OSError:
            return False
