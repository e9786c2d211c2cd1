"""
One process that is our engine and nothing else.

`python -m tests.peers.meridian_process PORT ROUTING APEX FILE …`, where ROUTING is a file of JSON.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from meridian._engine import Engine
from tests.peers.groups import geo_table, groups, latency_table
from tests.peers.images import images
from tests.peers.routing import Routing
from tests.peers.server import HOST


def main(port: str, routing_file: str, rest: Sequence[str]) -> None:
    """Publish each zone, the first with the names that policies answer for, then serve until SIGTERM."""
    engine = Engine()
    routing = msgspec.json.decode(Path(routing_file).read_bytes(), type=Routing)
    if routing.networks:
        engine.set_place("geo", geo_table(routing))
        engine.set_place("latency", latency_table(routing))
    for index, (apex, file) in enumerate(zip(rest[::2], rest[1::2], strict=True)):
        routed = groups(routing) if index == 0 else {}
        head, shards = images(apex, Path(file), zone_id=f"Z{index:013d}", rank=index, routed=routed)
        engine.publish(head, shards)
    engine.listen([f"{HOST}:{port}"], [f"{HOST}:{port}"], threads=1)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    engine.stop()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
