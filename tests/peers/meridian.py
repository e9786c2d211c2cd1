"""Our own engine, alone in a process, beside its peers."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from tests.peers.routing import NOTHING, Failover, Geolocation, Nearest, Routing, Tree, Weighted
from tests.peers.server import Server

ROOT = Path(__file__).parents[2]


class Meridian(Server):
    """The engine with one UDP thread, serving images of the same master files. No control plane runs."""

    name = "meridian"
    policies = frozenset({Weighted, Failover, Geolocation, Nearest, Tree})

    def __init__(
        self,
        zones: Mapping[str, Path],
        *,
        routing: Routing = NOTHING,
        port: int = 0,
        core: int | None = None,
        patience: float = 300.0,
    ) -> None:
        """The same as for every server; reading and compiling 100,000 records takes Python some ten seconds."""
        super().__init__(zones, routing=routing, port=port, core=core, patience=patience)

    def command(self) -> list[str]:
        """The engine's process, with the repository and its sources to import from."""
        routing = self.folder / "routing.json"
        routing.write_bytes(msgspec.json.encode(self.routing))
        zones = [part for apex, file in self.zones.items() for part in (apex, str(file.absolute()))]
        path = f"{ROOT}:{ROOT / 'src'}"
        return [
            "env", f"PYTHONPATH={path}", sys.executable, "-m", "tests.peers.meridian_process", str(self.port),
            str(routing), *zones,
        ]  # fmt: skip

    @classmethod
    def version(cls) -> str:
        """Such as `meridian 0.1.0`."""
        try:
            return f"meridian {version('meridian')}"
        except PackageNotFoundError:
            return "meridian, from this source tree"

    @staticmethod
    def is_built() -> bool:
        """Tell whether the engine can be imported here."""
        try:
            return importlib.util.find_spec("meridian._engine") is not None
        except ModuleNotFoundError:
            return False
