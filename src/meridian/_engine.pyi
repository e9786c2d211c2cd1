"""
The compiled engine's face. Arguments are bytes, numbers and short strings; nothing is kept.

Every call detaches from the interpreter while it works. Query threads are born in Rust and never
enter it.
"""

from collections.abc import Sequence
from typing import Self, final

__all__ = ["Engine", "ImageError"]

class ImageError(ValueError):
    """An image that cannot be served: bad encoding, unknown format, wrong shard count."""

@final
class Engine:
    """The data plane of one process. Rates: `publish` with each change, `respond` in tests and benches only."""

    def __new__(cls, *, udp_payload: int = 1232) -> Self:
        """Make an engine that serves nothing yet. `udp_payload` is the largest UDP answer in octets, 512 to 4096."""

    def needs(self, head: bytes) -> list[int] | None:
        """Which shards this head asks for that are not held yet; None if its version is not newer than the one served.

        Raises:
            ImageError: The head cannot be read.
        """

    def publish(self, head: bytes, shards: Sequence[bytes]) -> bool:
        """Serve this version of a zone; shards that are held already may be left out. False: not newer, nothing done.

        Blocks for the time it takes to build the given shards; queries go on meanwhile and see the
        old version or the new one, never a mixture.

        Raises:
            ImageError: An image cannot be read, or a shard that the head names is missing.
        """

    def retire(self, zone_id: str) -> bool:
        """Stop serving a zone. False: it was not served."""

    def zones(self) -> dict[str, int]:
        """Each zone held and its version."""

    def set_health(self, pairs: Sequence[tuple[int, bool]]) -> None:
        """Set slots of the health table; slots never set are healthy. Slot 0 cannot be set."""

    def explain(self, name: bytes, qtype: int, client: str, draw: int | None = None) -> str:
        """Answer a question and say why, as JSON (docs/reference/explain.md).

        Args:
            name: Wire form, uncompressed.
            client: The resolver's address.
            draw: The random draw, 64 bits; None for one that the engine takes.
        """

    def respond(self, packet: bytes, client: str, *, tcp: bool = False, draw: int | None = None) -> bytes | None:
        """The reply to one packet, or None where none is due (a response, a runt)."""

    def counters(self) -> dict[str, int]:
        """Sums over all threads since start, by name."""

    def listen(self, udp: Sequence[str], tcp: Sequence[str], *, threads: int = 0) -> list[str]:
        """Open sockets and serve. Addresses are `192.0.2.1:53` or `[2001:db8::1]:53`; port 0 takes a free one.

        Args:
            threads: UDP threads for each address; 0 for one a core.

        Returns:
            The addresses opened, `udp://…` and `tcp://…`, with their real ports, in the order asked.

        Raises:
            OSError: An address cannot be bound.
        """

    def stop(self) -> None:
        """Close all sockets and end the threads."""
