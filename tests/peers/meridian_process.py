"""One process that is our engine and nothing else: `python -m tests.peers.meridian_process PORT APEX FILE …`."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from meridian._engine import Engine
from tests.peers.images import images
from tests.peers.server import HOST


def main(port: str, rest: Sequence[str]) -> None:
    """Publish each zone, then serve with one UDP thread until SIGTERM."""
    engine = Engine()
    for index, (apex, file) in enumerate(zip(rest[::2], rest[1::2], strict=True)):
        head, shards = images(apex, Path(file), zone_id=f"Z{index:013d}", rank=index)
        engine.publish(head, shards)
    engine.listen([f"{HOST}:{port}"], [f"{HOST}:{port}"], threads=1)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    engine.stop()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main(sys.argv[1], sys.argv[2:])
