"""DNS over a TCP connection, octet by octet: frames in and out (RFC 1035 §4.2.2)."""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Self

_PATIENCE = 20.0  # seconds


class Stream:
    """One connection to a server, from `source` if that is given."""

    def __init__(self, address: tuple[str, int], source: str = "") -> None:
        self._socket = socket.create_connection(address, _PATIENCE, (source, 0))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def send(self, *packets: bytes) -> None:
        """Send messages, each with its length before it, in one piece."""
        self.send_octets(b"".join(len(packet).to_bytes(2, "big") + packet for packet in packets))

    def send_octets(self, octets: bytes) -> None:
        """Send octets as they are."""
        self._socket.sendall(octets)

    def end(self) -> None:
        """Say that nothing more will be sent; replies still come."""
        self._socket.shutdown(socket.SHUT_WR)

    def receive(self) -> bytes:
        """
        The next message.

        Raises:
            EOFError: The server has closed the connection.
            TimeoutError: Nothing came.
        """
        return self._exactly(int.from_bytes(self._exactly(2), "big"))

    def _exactly(self, count: int) -> bytes:
        octets = b""
        while len(octets) < count:
            part = self._socket.recv(count - len(octets))
            if not part:
                raise EOFError("the server has closed the connection")
            octets += part
        return octets
