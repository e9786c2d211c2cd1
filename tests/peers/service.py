"""The whole of Meridian, control plane and edge in one process, as `meridian demo` starts it."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import dns.message

from meridian.client import Api, connect
from tests.peers.meridian import ROOT, Meridian
from tests.peers.server import HOST, Server, exchange
from tests.ports import free_port


class Service(Server):
    """
    All roles on SQLite in a temporary folder; zones come and go through the API.

    Args:
        settings: Further settings by name, as MERIDIAN_… variables take them.
        core: The core that everything is kept on; None for any.
    """

    name = "meridian"

    def __init__(self, settings: Mapping[str, str] | None = None, *, core: int | None = None) -> None:
        super().__init__({}, core=core, patience=120.0)
        self.api_port = free_port()
        self._settings = dict(settings or {})

    def command(self) -> list[str]:
        """`meridian demo`, which makes a first access key and writes it in AWS's file formats."""
        settings = {
            "data_dir": str(self.folder / "data"),
            "dns_listen": f"{HOST}:{self.port}",
            "dns_threads": "1",
            "api_listen": f"{HOST}:{self.api_port}",
            **self._settings,
        }
        variables = [f"MERIDIAN_{key.upper()}={value}" for key, value in settings.items()]
        return ["env", *variables, *_program(), "demo"]

    @classmethod
    def version(cls) -> str:
        """Such as `meridian 0.1.0`."""
        return Meridian.version()

    def is_ready(self, ask: socket.socket) -> bool:
        """Tell whether the demo zone is answered, the last thing that starting does."""
        query = dns.message.make_query("many.example.com.", "A").to_wire()
        return bool(dns.message.from_wire(exchange(ask, query)).answer)

    def client(self) -> Any:
        """A boto3 client of this service, made from the files that it has written."""
        session = botocore.session.Session()
        session.set_config_variable("credentials_file", str(self._aws("credentials")))
        session.set_config_variable("config_file", str(self._aws("config")))
        return boto3.Session(botocore_session=session).client("route53")

    def api(self) -> Api:
        """A client of Meridian's own calls, with the same key."""
        return connect(f"http://{HOST}:{self.api_port}", self.folder / "data" / "aws", {})

    def import_zone(self, apex: str, file: Path) -> None:
        """
        Put a master file in with `meridian import`, and wait until it is answered.

        Raises:
            subprocess.CalledProcessError: It was refused; `stderr` says why.
        """
        options = ["--create", "--apex", "--insync", "--data-dir", str(self.folder / "data")]
        api = ["--api-listen", f"{HOST}:{self.api_port}"]
        command = [*_program(), "import", apex, str(file.absolute()), *options, *api]
        subprocess.run(command, check=True, capture_output=True, text=True)
        self.zones[apex] = file

    def _aws(self, file: str) -> Path:
        return self.folder / "data" / "aws" / file


def _program() -> list[str]:
    """The `meridian` command, from this source tree."""
    return ["env", f"PYTHONPATH={ROOT / 'src'}", sys.executable, "-m", "meridian.cli"]
