"""
One process that is our engine and nothing else, over sockets and, if an interface is named, by AF_XDP.

`python -m bench.xdp_process ADDRESS APEX FILE [INTERFACE MODE]`
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from meridian._engine import Engine
from tests.peers.images import images


def main(address: str, apex: str, file: str, taken: list[str]) -> None:
    """Publish the zone, then serve until SIGTERM."""
    engine = Engine()
    head, shards = images(apex, Path(file), zone_id="Z0000000000000")
    engine.publish(head, shards)
    if taken:
        interface, mode = taken
        print(engine.listen_xdp(interface, [address], mode=mode), flush=True)
    engine.listen([address], [address], threads=1)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    engine.stop()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
