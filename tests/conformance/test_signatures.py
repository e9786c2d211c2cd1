"""Transaction signatures: RFC 8945, with dnspython on the other side."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.tsig
import pytest

from tests.conformance.streams import Stream
from tests.conformance.transfers import (
    APEX,
    KEY,
    KEYS,
    SECRET,
    STRANGER,
    ZONE,
    Served,
    publish,
    question,
    records,
    sequence,
    serve,
    take,
)

_TIME = slice(0, 6)  # octets of the time in the data of BADTIME


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """A server of the zone that lets those take it who have one of three keys."""
    for each in serve([([], at, []) for at in range(3)]):
        publish(each.engine)
        yield each


def signed(key: dns.tsig.Key, name: str = APEX, rtype: str = "SOA", **more: Any) -> tuple[dns.message.Message, bytes]:
    """A question and its octets, signed now."""
    query = dns.message.make_query(name, rtype, use_edns=0, payload=1232)
    query.use_tsig(key, **more)
    return query, query.to_wire()


def ask(served: Served, wire: bytes, *, ahead: int = 0, tcp: bool = False) -> bytes:
    """The reply to these octets, if our clock is so many seconds ahead of theirs."""
    reply = served.engine.respond(wire, "192.0.2.53", tcp=tcp, now=int(time.time()) + ahead)
    assert reply is not None
    return reply


def told(reply: bytes) -> tuple[str, int, int, bytes]:
    """RCODE, the signature's error, octets of its MAC, and its other data; nothing is verified."""
    message = dns.message.from_wire(reply, keyring=False, continue_on_error=True)
    assert message.tsig is not None
    tsig = message.tsig[0]
    return dns.rcode.to_text(message.rcode()), int(tsig.error), len(tsig.mac), tsig.other


@pytest.mark.parametrize("key", KEYS, ids=[str(key.algorithm) for key in KEYS])
def test_answers_are_signed(served: Served, key: dns.tsig.Key) -> None:
    """Whatever a key of ours has asked is answered with its signature, which holds (RFC 8945 §5.3, §6)."""
    for name, rtype, tcp in ((APEX, "SOA", False), ("nobody.example.com.", "A", False), (APEX, "MX", True)):
        query, wire = signed(key, name, rtype)
        reply = dns.message.from_wire(ask(served, wire, tcp=tcp), keyring=key, request_mac=query.mac or b"")
        assert reply.had_tsig
        assert reply.flags & dns.flags.AA
        assert reply.tsig is not None
        assert (reply.tsig.name, reply.tsig_error) == (key.name, 0)


@pytest.mark.parametrize("key", KEYS, ids=[str(key.algorithm) for key in KEYS])
def test_every_message_is_signed(key: dns.tsig.Key) -> None:
    """Each message of a transfer is signed, with the MAC of the one before (RFC 8945 §5.3.1)."""
    text = ZONE + "".join(f"h{at} 60 TXT {chr(34)}{'x' * 200}{chr(34)}\n" for at in range(1000))
    for each in serve([([], KEYS.index(key), [])]):
        publish(each.engine, text, shards=16)
        messages = take(each, question(edns=0), key)
        assert len(messages) > 10
        assert all(message.had_tsig for message in messages)
        assert sorted(sequence(messages)[1:-1]) == records(text)
        assert sequence(take(each, question("IXFR", serial=100), key)) == sequence(messages)[:1]


def test_transfer_with_a_wrong_key(served: Served) -> None:
    """A transfer that a wrong key asks for is one message, and the connection stays (RFC 8945 §5.2)."""
    strange, other = question(), dns.message.make_query(APEX, "SOA")
    strange.use_tsig(STRANGER)
    with Stream(served.tcp) as stream:
        stream.send(strange.to_wire(), other.to_wire())
        assert told(stream.receive()) == ("NOTAUTH", dns.rcode.BADKEY, 0, b"")
        assert dns.message.from_wire(stream.receive()).id == other.id


def test_unknown_key(served: Served) -> None:
    """NOTAUTH, BADKEY and no MAC for a key that we do not have, by name or algorithm (RFC 8945 §5.2.1, §5.3.2)."""
    other = dns.tsig.Key(KEY.name, SECRET, dns.tsig.HMAC_SHA512)
    for key in (STRANGER, other, dns.tsig.Key(KEY.name, SECRET, dns.tsig.HMAC_SHA1)):
        assert told(ask(served, signed(key)[1])) == ("NOTAUTH", 17, 0, b"")


def test_wrong_secret(served: Served) -> None:
    """NOTAUTH, BADSIG and no MAC where it is of another secret or message (RFC 8945 §5.2.2, §5.3.2)."""
    wrong = dns.tsig.Key(KEY.name, bytes(32), KEY.algorithm)
    assert told(ask(served, signed(wrong)[1])) == ("NOTAUTH", 16, 0, b"")
    wire = signed(KEY)[1]
    assert told(ask(served, wire.replace(b"\7example", b"\7exbmple", 1))) == ("NOTAUTH", 16, 0, b"")


def test_wrong_time(served: Served) -> None:
    """NOTAUTH and BADTIME with our time, signed, where the clocks differ by more than the fudge (RFC 8945 §5.2.3)."""
    for ahead in (-3600, 3600):
        query, wire = signed(KEY)
        reply = ask(served, wire, ahead=ahead)
        rcode, error, octets, other = told(reply)
        assert (rcode, error, octets) == ("NOTAUTH", 18, 32)
        assert abs(int.from_bytes(other[_TIME], "big") - time.time() - ahead) < 60
        # It holds: dnspython verifies before it tells the error.
        with pytest.raises(dns.tsig.PeerBadTime):
            dns.message.from_wire(reply, keyring=KEY, request_mac=query.mac or b"")
    assert told(ask(served, signed(KEY)[1], ahead=290))[:2] == ("NOERROR", 0)
    assert told(ask(served, signed(KEY, fudge=10)[1], ahead=100))[:2] == ("NOTAUTH", 18)


def cut(wire: bytes, octets: int) -> bytes:
    """The same message with a MAC of so many octets."""
    end = len(wire) - 6  # original id, error, length of other data
    mac = wire[end - 32 : end]
    data = wire.rindex(b"\0\xfa\0\xff\0\0\0\0") + 8
    length = int.from_bytes(wire[data : data + 2], "big") - 32 + octets
    head = wire[:data] + length.to_bytes(2, "big") + wire[data + 2 : end - 34]
    return head + octets.to_bytes(2, "big") + (mac + bytes(32))[:octets] + wire[end:]


def test_cut_short(served: Served) -> None:
    """BADTRUNC, signed, for a MAC that is right but short; FORMERR where none may be so (RFC 8945 §5.2.2.1, §5.2.4)."""
    wire = signed(KEY)[1]
    assert cut(wire, 32) == wire
    assert told(ask(served, cut(wire, 16))) == ("NOTAUTH", 22, 32, b"")
    for octets in (0, 9, 15, 33):
        assert ask(served, cut(wire, octets))[3] & 0x0F == dns.rcode.FORMERR


def test_out_of_place(served: Served) -> None:
    """A signature that is not the last record, or is there twice, is FORMERR (RFC 8945 §5.2)."""
    wire = signed(KEY)[1]
    record = wire[wire.rindex(KEY.name.to_wire() or b"") :]
    count = int.from_bytes(wire[10:12], "big")
    opt = b"\0\0\x29\x04\xd0\0\0\0\0\0\0"
    for packet in (
        wire[:10] + (count + 1).to_bytes(2, "big") + wire[12:] + record,
        wire[:10] + (count + 1).to_bytes(2, "big") + wire[12:] + opt,
        wire[:6] + b"\0\1\0\0\0\1" + wire[12:],
        wire + b"\0",
        wire.replace(b"\0\xfa\0\xff\0\0\0\0", b"\0\xfa\0\1\0\0\0\0"),
        wire.replace(b"\0\xfa\0\xff\0\0\0\0", b"\0\xfa\0\xff\0\0\0\1"),
    ):
        assert ask(served, packet)[3] & 0x0F == dns.rcode.FORMERR


def test_another_id(served: Served) -> None:
    """A forwarder may change the id: what was signed has the original one (RFC 8945 §5.2, §5.5)."""
    wire = signed(KEY)[1]
    assert told(ask(served, b"\x12\x34" + wire[2:]))[:2] == ("NOERROR", 0)


def test_compressed_name() -> None:
    """The key's name may be compressed as any owner may; what is signed is the name (RFC 8945 §4.3.3)."""
    key = dns.tsig.Key("xfr.example.com.", SECRET, dns.tsig.HMAC_SHA256)
    for each in serve():
        each.engine.set_transfers([(key.name.to_wire() or b"", "hmac-sha256", SECRET)], [], at_once=1)
        publish(each.engine)
        wire = signed(key)[1]
        assert b"\3xfr\xc0\x0c" in wire
        assert told(ask(each, wire))[:2] == ("NOERROR", 0)


def test_room_for_the_signature() -> None:
    """Over UDP a signed reply keeps to the client's size; what does not fit is truncated (RFC 8945 §5.3)."""
    text = ZONE + "big 60 TXT " + " ".join(f'"{"y" * 100}"' for _ in range(11)) + "\n"
    for each in serve():
        publish(each.engine, text)
        query, wire = signed(KEY, "big.example.com.", "TXT")
        octets = ask(each, wire)
        reply = dns.message.from_wire(octets, keyring=KEY, request_mac=query.mac or b"")
        assert reply.flags & dns.flags.TC
        assert len(octets) <= 1232
        unsigned = dns.message.make_query("big.example.com.", "TXT", use_edns=0, payload=1232)
        assert not dns.message.from_wire(ask(each, unsigned.to_wire())).flags & dns.flags.TC


def test_padding(served: Served) -> None:
    """Padding makes up for the signature as well: the whole reply is of blocks (RFC 8467 §4.1)."""
    padding = dns.edns.GenericOption(dns.edns.OptionType.PADDING, b"")
    query = dns.message.make_query(APEX, "SOA", use_edns=0, options=[padding])
    query.use_tsig(KEY)
    assert len(ask(served, query.to_wire(), tcp=True)) == 468


def test_no_keys_at_all() -> None:
    """A server without keys answers a signed query with BADKEY, not as if it were not signed (RFC 8945 §5.2.1)."""
    for each in serve():
        each.engine.set_transfers([], [], at_once=1)
        publish(each.engine)
        assert told(ask(each, signed(KEY)[1])) == ("NOTAUTH", 17, 0, b"")


def test_names_that_leave_no_room(served: Served) -> None:
    """Where the names in a signature leave no room in a datagram, FORMERR is all (RFC 8945 §5.2)."""
    label = "x" * 60
    key = dns.tsig.Key(".".join([label] * 4) + ".", SECRET, dns.tsig.HMAC_SHA256)
    query = dns.message.make_query(".".join([label[1:]] * 4) + ".", "A")
    query.use_tsig(key)
    wire = query.to_wire()
    assert ask(served, wire) == wire[:2] + b"\x81\x01" + bytes(8)
    assert told(ask(served, wire, tcp=True))[:2] == ("NOTAUTH", 17)
