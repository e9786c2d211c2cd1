"""
The compiled engine's face. Arguments are bytes, numbers and short strings; nothing is kept.

Every call detaches from the interpreter while it works. Query threads are born in Rust and never
enter it.
"""

from collections.abc import Sequence
from typing import Self, final

__all__ = ["Engine", "ImageError", "PlaceError"]

class ImageError(ValueError):
    """An image that cannot be served: bad encoding, unknown format, wrong shard count."""

class PlaceError(ValueError):
    """A table of places that cannot be used: damaged, of another format, or of no known kind."""

@final
class Engine:
    """The data plane of one process. Rates: `publish_all` with each change, `respond` in tests and benches only."""

    def __new__(
        cls,
        *,
        udp_payload: int = 1232,
        udp_payload_without_cookie: int = 0,
        reciprocal_bias: bool = False,
        coordinates: tuple[int, int] | None = None,
        cookie_secrets: Sequence[bytes] = ...,
        cookies_required: bool = False,
        identity: str = "",
        version: str = "",
        allow: Sequence[tuple[str, int]] | None = None,
        deny: Sequence[tuple[str, int]] = ...,
        rate_limit: tuple[int, int, int] | None = None,
        rate_limit_exempt: Sequence[tuple[str, int]] = ...,
        edge: str = "-",
    ) -> Self:
        """Make an engine that serves nothing yet.

        Args:
            udp_payload: The largest UDP answer in octets, 512 to 4096.
            udp_payload_without_cookie: The same for clients that show no cookie of ours; 0: `udp_payload`.
            reciprocal_bias: Stretch distances by a negative bias as guides up to 2023 had it (R-GPX-5).
            coordinates: Latitude and longitude of this edge in hundredths of a degree; they stand in
                for those of clients whose place is unknown (R-GPX-13).
            cookie_secrets: Of 16 octets each: the first makes DNS cookies, a second one is known as well
                (RFC 9018 §5). None: cookies in queries are passed over.
            cookies_required: UDP queries with a cookie that is not ours get BADCOOKIE in place of an answer.
            identity: What the server calls itself, 128 octets at most: NSID, `id.server`, `hostname.bind`;
                empty: nothing.
            version: What it says to `version.server` and `version.bind`, 255 octets at most; empty: nothing.
            allow: Networks, address and prefix length each, whose questions are answered; None: everybody's.
            deny: Networks whose questions are REFUSED, even where `allow` has them.
            rate_limit: Rate, burst and slip: answers of one kind a second over UDP to one client network (/24, /56)
                on one address, answers at once, and that one in so many beyond it is sent truncated (0: none).
                Clients with a cookie of ours are exempt. None: no limit.
            rate_limit_exempt: Networks that are exempt as well.
            edge: What this edge is called in lines of query logs, one word (R-LOG-2).
        """

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

    def publish_all(self, images: Sequence[tuple[bytes, Sequence[bytes]]]) -> list[str | None]:
        """Serve a version of each of several zones, by head and shards, swapping them in at one moment.

        Each is treated as `publish` would: what stops one holds up none of the others.

        Returns:
            For each zone None, or why it cannot be served: the text of its ImageError.
        """

    def stage(self, head: bytes, shards: Sequence[bytes]) -> None:
        """Build some shards of a zone ahead of `publish`, so that not all octets of a large one are held at once.

        `needs` and `publish` count them as held, until the zone is published or retired.

        Raises:
            ImageError: An image cannot be read, or the head does not name a shard in this version.
        """

    def retire(self, zone_id: str) -> bool:
        """Stop serving a zone. False: it was not served."""

    def zones(self) -> dict[str, int]:
        """Each zone held and its version."""

    def set_health(self, pairs: Sequence[tuple[int, bool]]) -> None:
        """Set slots of the health table; slots never set are healthy. Slot 0 cannot be set."""

    def set_place(self, kind: str, data: bytes) -> None:
        """Put a table of places in force; queries see the old one or the new one.

        Args:
            kind: `geo` (place/table.py writes it), `latency` (place/latency.py), `views` (place/views.py),
                or `cidr/` and a collection's id (place/cidr.py).
            data: The table; no octets: it is gone, and what it said is unknown again.

        Raises:
            PlaceError: It cannot be used; what was in force still is.
        """

    def set_outside(self, name: bytes, qtype: int, data: bytes) -> None:
        """Say what an outside alias target answers for a type; queries see the old answer or the new one.

        Args:
            name: Wire form, uncompressed.
            data: The answer (connect/answer.py writes it); no octets: the name is no target any more.

        Raises:
            ImageError: It cannot be used; what was in force still is.
        """

    def set_transfers(
        self,
        keys: Sequence[tuple[bytes, str, bytes]],
        secondaries: Sequence[tuple[Sequence[tuple[str, int]], int | None, Sequence[bytes]]],
        *,
        at_once: int,
    ) -> None:
        """Say who may take zones (AXFR, IXFR), and which keys are shared with them (TSIG). Once, before zones.

        Args:
            keys: Each a name in wire form, `hmac-sha256`, `-sha384` or `-sha512`, and the secret.
            secondaries: Each the networks it asks from, by address and length (none: any), the number of the key
                that it signs with (None: it need not), and the zones it may take, names in wire form (none: all).
            at_once: Transfers at one time; more are told to come again.

        Raises:
            ValueError: Something is no network, no name, no such algorithm or no such key.
        """

    def explain(
        self,
        name: bytes,
        qtype: int,
        client: str,
        draw: int | None = None,
        subnet: tuple[str, int] | None = None,
        *,
        health: Sequence[tuple[int, bool]] = ...,
        image: tuple[bytes, Sequence[bytes]] | None = None,
        only: str | None = None,
    ) -> str:
        """Answer a question and say why, as JSON (docs/reference/explain.md).

        What is overridden holds for this call alone; what is served stays as it is.

        Args:
            name: Wire form, uncompressed.
            client: The resolver's address.
            draw: The random draw, 64 bits; None for one that the engine takes.
            subnet: Address and prefix length of an EDNS client subnet; None for a query without.
            health: Slots of the health table, and whether they are to be healthy.
            image: Head and shards of a zone, in place of what is served of it. Shards that are held
                in the version that the head names may be left out.
            only: The id of a zone; answers as if it alone were served, and to everybody.

        Raises:
            ImageError: The image cannot be served, or shards of it are missing.
            ValueError: Something is no name or no address.
        """

    def respond(
        self, packet: bytes, client: str, *, tcp: bool = False, draw: int | None = None, now: int | None = None
    ) -> bytes | None:
        """The reply to one packet, or None where none is due (a response, a runt).

        Args:
            draw: Where chance is taken from; None: fresh bits.
            now: Seconds since 1970, for cookies; None: the system's clock.
        """

    def counters(self) -> dict[str, int]:
        """Sums over all threads since start, by name."""

    def count_zones(self) -> None:
        """Count questions by zone as well, of zones and in threads that come after this: 8 octets a zone and thread."""

    def types(self) -> dict[int | None, int]:
        """Questions by type number, over all threads since start.

        None stands for all types from 271 on, which share a count.
        """

    def busiest(self, most: int) -> list[tuple[str, bytes, int]]:
        """Of the zones that are served, those with most questions, most first: id, name in wire form, questions.

        Looks at every zone: some 50 ms for a million.
        """

    def drain_log(self) -> dict[str, bytes]:
        """Take the lines of query logs that have come together, by log group (R-LOG-2).

        A thread holds 1 MiB of them; what comes beyond until the next call is lost, and counted as
        `query_log_dropped`.
        """

    def open_dnstap(
        self,
        *,
        socket: str | None = None,
        file: str | None = None,
        identity: str = "",
        version: str = "",
        queries: bool = True,
        responses: bool = True,
    ) -> None:
        """Write what is asked and answered, as dnstap frames; call it before `listen`.

        Args:
            socket: The path of a Unix socket that a reader listens on, now or later.
            file: A file, in place of a socket. One that is there is kept, with `.1` at the end of its name.
            identity: Who tells, for the reader.
            version: With what, for the reader.
            queries: Whether questions are told.
            responses: Whether replies are told.

        Raises:
            OSError: The file cannot be written.
            ValueError: Neither or both of socket and file.
        """

    def reopen_dnstap(self) -> None:
        """Begin a new file or connection soon."""

    def listen(
        self,
        udp: Sequence[str],
        tcp: Sequence[str],
        *,
        threads: int = 0,
        tcp_connections: int = 500,
        tcp_connections_per_client: int = 50,
        tcp_idle: float = 10.0,
        tcp_idle_when_busy: float = 2.0,
        tcp_unread: int = 65_536,
    ) -> list[str]:
        """Open sockets and serve. Addresses are `192.0.2.1:53` or `[2001:db8::1]:53`; port 0 takes a free one.

        Args:
            threads: UDP threads for each address; 0 for one a core.
            tcp_connections: Connections at once; for a further one, the one that is idle longest is closed.
            tcp_connections_per_client: Connections at once of one IPv4 address or IPv6 /64; more are closed at once.
            tcp_idle: Seconds for which a connection may ask nothing, or leave replies unread.
            tcp_idle_when_busy: The same while more than half of `tcp_connections` are taken.
            tcp_unread: Octets of replies that wait for a client; beyond them no more of its questions are read.

        Returns:
            The addresses opened, `udp://…` and `tcp://…`, with their real ports, in the order asked.

        Raises:
            OSError: An address cannot be bound.
        """

    def listen_xdp(self, interface: str, addresses: Sequence[str], *, mode: str = "auto") -> str:
        """Answer what comes over an Ethernet interface for these UDP addresses past the kernel's network stack.

        What is not taken there (TCP, fragments, other addresses) goes to sockets, so call `listen` as well.

        Args:
            addresses: As for `listen`, ports given; 0.0.0.0 and [::] stand for all addresses of this machine.
            mode: native (in the interface's driver), generic (behind it), or auto: the first where the driver can.

        Returns:
            Such as `xdp://eth0 (native, queues: 4)`.

        Raises:
            OSError: The interface is of no use for it, a right is missing, or another program is there; says which.
        """

    def stop(self) -> None:
        """Close all sockets and end the threads."""
