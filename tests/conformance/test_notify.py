"""NOTIFY: RFC 1996, as the edge sends it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rdatatype
import dns.tsig
import msgspec
from structlog.testing import capture_logs

from meridian.compile.image import Head, Records
from meridian.edge.notifier import PATIENCE, Notifier
from meridian.model.name import parse
from meridian.model.secondary import Address, Secondaries, Secondary, TsigKey
from tests.conformance.transfers import SECRET

Answer = Callable[[dns.message.Message], dns.message.Message | None]
_PATIENCE = 20.0  # seconds; reached only when a test fails

KEY = TsigKey(parse("xfr.example.net."), "hmac-sha512", SECRET)
TSIG = dns.tsig.Key("xfr.example.net.", SECRET, dns.tsig.HMAC_SHA512)


def head(serial: int, zone: str = "example.com.") -> Head:
    """The head of a zone with this serial."""
    soa = b"\3ns1\0\1h\0" + b"".join(number.to_bytes(4, "big") for number in (serial, 1, 2, 3, 4))
    return Head(1, "Z1", serial, parse(zone).wire, 0, Records(900, [soa]), Records(60, [b"\3ns1\0"]), [serial])


class Listening(asyncio.DatagramProtocol):
    """A secondary that answers as a test says, and keeps what it was told."""

    def __init__(self, answer: Answer) -> None:
        self.told: asyncio.Queue[dns.message.Message] = asyncio.Queue()
        self._answer = answer

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        """Keep the way back."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Keep and answer."""
        message = dns.message.from_wire(data, keyring=TSIG)
        reply = self._answer(message)
        if reply is not None:
            self._transport.sendto(reply.to_wire(), addr)
        self.told.put_nowait(message)

    async def next(self) -> dns.message.Message:
        """What it is told next."""
        return await asyncio.wait_for(self.told.get(), _PATIENCE)


def yes(message: dns.message.Message) -> dns.message.Message:
    """What a secondary answers (RFC 1996 §4.7)."""
    return dns.message.make_response(message)


@asynccontextmanager
async def listen(answer: Answer = yes) -> AsyncIterator[tuple[Listening, Address]]:
    """A secondary on loopback."""
    loop = asyncio.get_running_loop()
    transport, listening = await loop.create_datagram_endpoint(lambda: Listening(answer), ("127.0.0.1", 0))
    try:
        yield listening, Address("127.0.0.1", transport.get_extra_info("sockname")[1])
    finally:
        transport.close()


@asynccontextmanager
async def telling(*secondaries: Secondary, patience: Sequence[float] = PATIENCE) -> AsyncIterator[Notifier]:
    """A notifier that runs."""
    notifier = Notifier(Secondaries((), secondaries), patience)
    running = asyncio.create_task(notifier.run())
    try:
        yield notifier
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


def secondary(*addresses: Address, key: TsigKey | None = None, zones: tuple[str, ...] = ()) -> Secondary:
    """One that has these addresses."""
    return Secondary("ns2", addresses, (), key, tuple(map(parse, zones)))


def test_what_is_told() -> None:
    """Opcode, AA, the question, and the SOA served (RFC 1996 §3.6, §3.7, §4.5)."""

    async def test() -> None:
        async with listen() as (listening, address), telling(secondary(address)) as notifier:
            notifier.served(head(7))
            message = await listening.next()
        assert (message.opcode(), message.flags & ~0x7800) == (dns.opcode.NOTIFY, dns.flags.AA)
        assert [(str(asked.name), asked.rdtype) for asked in message.question] == [("example.com.", dns.rdatatype.SOA)]
        assert message.answer[0][0].serial == 7
        assert not message.had_tsig

    asyncio.run(test())


def test_private_zones_are_not_told_of() -> None:
    """Secondaries are told of what everybody sees alone, not of a network view's zones (RFC 1996 §3.5, R-PVT-6)."""

    async def test() -> None:
        async with listen() as (listening, address), telling(secondary(address)) as notifier:
            notifier.served(msgspec.structs.replace(head(9, "corp.example."), view="vpc-a", views=["vpc-a"]))
            notifier.served(head(7))
            message = await listening.next()
        assert [str(asked.name) for asked in message.question] == ["example.com."]
        assert listening.told.empty()

    asyncio.run(test())


def test_told_again_until_it_answers() -> None:
    """Silence is told again; an answer, of whatever RCODE, ends it (RFC 1996 §3.6, §4.8)."""
    silent = 2

    def answer(message: dns.message.Message) -> dns.message.Message | None:
        nonlocal silent
        silent -= 1
        reply = yes(message)
        reply.set_rcode(dns.rcode.REFUSED)
        return None if silent >= 0 else reply

    async def test() -> None:
        patience = (0.05, 0.05, _PATIENCE, _PATIENCE)
        with capture_logs() as logs:
            async with (
                listen(answer) as (listening, address),
                telling(secondary(address), patience=patience) as notifier,
            ):
                notifier.served(head(7))
                told = [await listening.next() for _ in range(3)]
                notifier.served(head(8, "after.example."))
                told.append(await listening.next())
        assert [(str(each.question[0].name), each.answer[0][0].serial) for each in told] == [
            *[("example.com.", 7)] * 3,
            ("after.example.", 8),
        ]
        assert {"event": "notify.refused", "rcode": "REFUSED"}.items() <= logs[0].items()

    asyncio.run(test())


def test_given_up() -> None:
    """Who never answers is given up, and told of the next change (RFC 1996 §3.6)."""

    async def test() -> None:
        with capture_logs() as logs:
            async with (
                listen(lambda _: None) as (listening, address),
                telling(secondary(address), patience=(0.01, 0.01)) as notifier,
            ):
                notifier.served(head(7))
                assert [(await listening.next()).answer[0][0].serial for _ in range(2)] == [7, 7]
                async with asyncio.timeout(_PATIENCE):
                    while not logs:
                        await asyncio.sleep(0.001)
                notifier.served(head(9))
                assert (await listening.next()).answer[0][0].serial == 9
        assert logs[0]["event"] == "notify.unanswered"

    asyncio.run(test())


def test_signed() -> None:
    """With a key NOTIFY is signed, and the answer's signature has to hold (RFC 1996 §5, RFC 8945 §5)."""

    async def test() -> None:
        with capture_logs() as logs:
            async with listen() as (listening, address), telling(secondary(address, key=KEY)) as notifier:
                for serial in (7, 8):
                    notifier.served(head(serial))
                    message = await listening.next()
                    assert (message.had_tsig, message.answer[0][0].serial) == (True, serial)
        assert logs == []

    asyncio.run(test())


def test_who_is_told() -> None:
    """Each secondary is told of the zones that it may take, at each of its addresses (RFC 1996 §3.2, §3.5)."""

    async def test() -> None:
        async with listen() as (one, first), listen() as (two, second), listen() as (three, third):
            some = secondary(third, zones=("example.net.",))
            async with telling(secondary(first, second), some) as notifier:
                notifier.served(head(7))
                notifier.served(head(8, "example.net."))
                for listening in (one, two):
                    told = {str((await listening.next()).question[0].name) for _ in range(2)}
                    assert told == {"example.com.", "example.net."}
                assert str((await three.next()).question[0].name) == "example.net."
                assert three.told.empty()

    asyncio.run(test())


def test_nobody_listens() -> None:
    """An address where nobody listens holds up no other (RFC 1996 §3.5, §4.3)."""

    async def test() -> None:
        with socket.socket(type=socket.SOCK_DGRAM) as closed:
            closed.bind(("127.0.0.1", 0))
            nobody = Address(*closed.getsockname())
        async with listen() as (listening, address), telling(secondary(nobody, address)) as notifier:
            for serial in (7, 8):
                notifier.served(head(serial))
                assert (await listening.next()).answer[0][0].serial == serial

    asyncio.run(test())
