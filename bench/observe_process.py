"""
One process that is our engine, watched.

`python -m bench.observe_process ADDRESS APEX FILE WHAT…`, where WHAT is `zones` (questions are counted by zone),
`dnstap=SOCKET`, or `log=FILE`.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import msgspec

from meridian._engine import Engine
from meridian.compile.image import decode_head, encode
from meridian.querylog import EVERY, Files
from tests.peers.images import images

GROUP = "bench"
_ENDS = {signal.SIGTERM, signal.SIGINT}


def main(address: str, apex: str, file: str, whats: list[str]) -> None:
    """Publish the zone, then serve until SIGTERM, and print the counters."""
    engine = Engine(edge="bench")
    log: Path | None = None
    for what in whats:
        kind, _, path = what.partition("=")
        match kind:
            case "zones":
                engine.count_zones()
            case "dnstap":
                engine.open_dnstap(socket=path, identity="bench", version="Meridian")
            case "log":
                log = Path(path)
    head, shards = images(apex, Path(file), zone_id="Z0000000000000")
    if log is not None:
        head = encode(msgspec.structs.replace(decode_head(head), log=GROUP))
    engine.publish(head, shards)
    engine.listen([address], [address], threads=1)
    if log is None:
        signal.sigwait(_ENDS)
    else:
        _write(engine, log)
    engine.stop()
    kept = ("queries_udp", "dnstap_frames", "dnstap_dropped", "query_log_lines", "query_log_dropped")
    print({name: count for name, count in engine.counters().items() if name in kept}, flush=True)


def _write(engine: Engine, log: Path) -> None:
    """Pass lines on as an edge does, until SIGTERM."""
    files = Files(lambda _: log, 100_000_000, 0)
    while signal.sigtimedwait(_ENDS, EVERY) is None:
        for group, lines in engine.drain_log().items():
            files.write(group, lines)
    files.reopen()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
