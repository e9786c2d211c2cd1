"""
One process that answers over sockets and, for some of the addresses, by AF_XDP.

`python -m tests.engine.xdp_server INTERFACE MODE ADDRESSES XDP_ADDRESSES`, the addresses separated by
commas. It writes one line when it serves, and the counters as JSON for each line that it reads; at the
end of its input it stops.
"""

from __future__ import annotations

import json
import sys

from meridian._engine import Engine
from tests.engine.zone import head, plain, shards

GROUPS = {
    "www.example.com.": plain("192.0.2.1"),
    "*.wild.example.com.": plain("192.0.2.2"),
    "large.example.com.": plain(*(f"10.0.{i >> 8}.{i & 255}" for i in range(200))),
}


def main(interface: str, mode: str, addresses: list[str], taken: list[str]) -> None:
    """Serve until the input ends."""
    engine = Engine(udp_payload=4096)
    engine.publish(head(1, [1]), shards(1, 1, GROUPS))
    engine.listen(addresses, addresses, threads=1)
    try:
        print(engine.listen_xdp(interface, taken, mode=mode), flush=True)
    except OSError as error:
        raise SystemExit(f"OSError: {error}") from None
    for _ in sys.stdin:
        print(json.dumps(engine.counters()), flush=True)
    engine.stop()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3].split(","), sys.argv[4].split(","))
