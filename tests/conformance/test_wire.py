"""The cases of all tables again, through real sockets: what the engine makes is what comes out of them."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import msgspec
import pytest

from tests.conformance.streams import Stream
from tests.engine.cases import cases, check_replies
from tests.engine.table import Case, Table, load

_PATIENCE = 10.0  # seconds

# Cases that depend on who asks or when cannot be asked from here, from one address and now.
TABLES = {
    name: msgspec.structs.replace(table, case=[case for case in table.case if not case.now and not case.unhealthy])
    for name, table in load("conformance").items()
    if not (table.settings.allow or table.settings.deny)
}

# A query that is answered whatever is served: after it, silence to the one before is known without waiting.
_LAST = bytes.fromhex("feed 0000 0001 0000 0000 0000 00 0001 0003")


class Served:
    """A table's zones on a UDP and a TCP port of loopback, and a client of each."""

    def __init__(self, table: Table) -> None:
        self._engine = table.serve(16)
        udp, tcp = self._engine.listen(["127.0.0.1:0"], ["127.0.0.1:0"], threads=1)
        self._tcp = _address(tcp)
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.settimeout(_PATIENCE)
        self._udp.connect(_address(udp))

    def ask(self, case: Case, packet: bytes, _draw: int) -> bytes | None:
        """Send a case's query as it is to be sent; None if only what is sent after it is answered."""
        if case.transport == "tcp":
            with Stream(self._tcp) as stream:
                stream.send(packet)
                return stream.receive()
        self._udp.send(packet)
        self._udp.send(_LAST)
        reply = self._udp.recv(65_535)
        if reply[:2] == _LAST[:2]:
            return None
        assert self._udp.recv(65_535)[:2] == _LAST[:2]
        return reply

    def close(self) -> None:
        """Close all sockets."""
        self._udp.close()
        self._engine.stop()


_opened: dict[str, Served] = {}


def served(table: str) -> Served:
    """A table's zones on sockets, opened once."""
    if table not in _opened:
        _opened[table] = Served(TABLES[table])
    return _opened[table]


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    yield
    while _opened:
        _opened.popitem()[1].close()


@pytest.mark.parametrize(("table", "case"), cases(TABLES))
def test_on_the_wire(table: str, case: Case) -> None:
    """A reply from a socket is what the tables say, whatever chance decides."""
    check_replies(served(table).ask, TABLES[table], case)


def _address(url: str) -> tuple[str, int]:
    host, port = url.split("//")[1].rsplit(":", 1)
    return host, int(port)
