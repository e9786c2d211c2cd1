"""Zone transfers: RFC 5936 (AXFR) and RFC 1995 (IXFR)."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import dns.edns
import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rdatatype
import pytest

from tests.conformance.streams import Stream
from tests.conformance.transfers import (
    APEX,
    KEY,
    STRANGER,
    ZONE,
    Record,
    Served,
    publish,
    question,
    read,
    records,
    sequence,
    serve,
    take,
)

LATER = ZONE.replace(" 100 7200", " 101 7200").replace("192.0.2.2\n", "192.0.2.20\n") + "new 60 A 192.0.2.9\n"
LAST = LATER.replace(" 101 7200", " 102 7200").replace("new 60 A 192.0.2.9\n", "").replace("@ 300 MX", "@ 600 MX")
# Some 9 MB in few records: more than the buffers of a connection hold.
LARGE = ZONE + "".join(f"h{at} 60 TXT " + f'"{"x" * 250}" ' * 180 + "\n" for at in range(200))


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """A server of the zone, in sixteen shards, in its first version."""
    for each in serve():
        publish(each.engine, shards=16)
        yield each


@pytest.fixture
def changing() -> Iterator[Served]:
    """A server of the zone whose versions come one after the other."""
    for each in serve():
        publish(each.engine)
        yield each


def over_udp(served: Served, query: dns.message.Message) -> dns.message.Message:
    """The reply to one datagram."""
    with socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.settimeout(20)
        udp.sendto(query.to_wire(), served.udp)
        return dns.message.from_wire(udp.recv(65_535), one_rr_per_rrset=True)


def told(message: dns.message.Message) -> tuple[str, int, str]:
    """RCODE, Extended DNS Error and its text."""
    (error,) = (option for option in message.options if isinstance(option, dns.edns.EDEOption))
    return dns.rcode.to_text(message.rcode()), int(error.code), error.text or ""


def soa(serial: int) -> Record:
    """The zone's SOA record."""
    return APEX, 900, "SOA", f"ns1.example.com. hostmaster.example.com. {serial} 7200 900 1209600 86400"


def test_the_whole_zone(served: Served) -> None:
    """A transfer is SOA, every record once in any order, and the SOA again: glue, what it hides, wildcards
    (RFC 5936 §2.2, §3.1, §3.3, §3.5)."""
    found = sequence(take(served, question()))
    assert (found[0], found[-1]) == (soa(100), soa(100))
    assert sorted(found[1:-1]) == records()


def test_header(served: Served) -> None:
    """Id, opcode and question are the query's; AA is set, TC, RA and AD are not (RFC 5936 §2.2.1, §2.2.2)."""
    query = question()
    (message,) = take(served, query)
    assert (message.id, message.opcode(), message.flags) == (query.id, dns.opcode.QUERY, dns.flags.QR | dns.flags.AA)
    assert message.question == query.question
    assert not message.authority
    assert not message.additional


def test_opt(served: Served) -> None:
    """The first message has OPT if the query had it, and later ones need none (RFC 5936 §2.2.5)."""
    first = take(served, question(edns=0))[0]
    assert (first.edns, first.payload) == (0, 1232)


def test_spelling(served: Served) -> None:
    """Owners keep the zone's spelling, whatever the query's is (RFC 5936 §3.4)."""
    message = take(served, question(name="EXAMPLE.com."))[0]
    assert str(message.question[0].name) == "EXAMPLE.com."
    assert {str(rrset.name) for rrset in message.answer} >= {"example.com.", "ns1.example.com."}
    assert all(str(rrset.name) == str(rrset.name).lower() for rrset in message.answer)


def test_several_messages() -> None:
    """What does not fit into one message goes into several, each with many records (RFC 5936 §2.2, §2.2.1)."""
    text = ZONE + "".join(f"h{at} 60 TXT {chr(34)}{'x' * 200}{chr(34)}\n" for at in range(1000))
    text += "large 60 TXT " + " ".join(f'"{"y" * 250}"' for _ in range(120)) + "\n"
    for each in serve():
        publish(each.engine, text, shards=16)
        messages = take(each, question())
        assert len(messages) > 10
        assert {message.id for message in messages} == {messages[0].id}
        assert sorted(sequence(messages)[1:-1]) == records(text)


def test_several_transfers_on_a_connection(served: Served) -> None:
    """One connection takes transfers and other queries one after the other (RFC 5936 §4.1, §4.1.1)."""
    other = dns.message.make_query("mail.example.com.", "A")
    first, second = question(), question("IXFR", serial=1)
    with Stream(served.tcp) as stream:
        stream.send(first.to_wire(), other.to_wire(), second.to_wire())
        stream.end()
        assert sorted(sequence(read(stream, first))[1:-1]) == records()
        assert dns.message.from_wire(stream.receive()).id == other.id
        assert sorted(sequence(read(stream, second))[1:-1]) == records()
        with pytest.raises(EOFError):
            stream.receive()


def test_one_version() -> None:
    """A transfer is of the version that it began with, whatever comes meanwhile (RFC 5936 §2.2, §6)."""
    for each in serve():
        publish(each.engine, LARGE, shards=16)
        query = question()
        with Stream(each.tcp) as stream:
            stream.send(query.to_wire())
            begun = stream.receive()
            publish(each.engine, LATER, version=2, shards=16)
            messages = [dns.message.from_wire(begun, xfr=True, one_rr_per_rrset=True)]
            while len(messages) == 1 or sequence(messages[-1:])[-1] != soa(100):
                messages.append(dns.message.from_wire(stream.receive(), xfr=True, one_rr_per_rrset=True))
        assert sum(len(message.answer) for message in messages) == len(LARGE.splitlines()) + 1
        assert sequence(take(each, question()))[0] == soa(101)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (question(name="mail.example.com.", edns=0), ("NOTAUTH", 20, "no zone of this name is served here")),
        (question(name="example.net.", edns=0), ("NOTAUTH", 20, "no zone of this name is served here")),
        (question("IXFR", edns=0), ("FORMERR", 0, "IXFR without an SOA record in the authority section")),
    ],
)
def test_no_such_zone(served: Served, query: dns.message.Message, expected: tuple[str, int, str]) -> None:
    """NOTAUTH where the name is no zone of ours; FORMERR for IXFR without a serial (RFC 5936 §2.2.1, RFC 1995 §3)."""
    (message,) = take(served, query)
    assert told(message) == expected
    assert not message.answer


@pytest.mark.parametrize(
    ("networks", "key", "zones", "allowed"),
    [
        ([], None, [], True),
        ([("127.0.0.0", 8)], None, [], True),
        ([("192.0.2.0", 24), ("127.0.0.1", 32)], None, [], True),
        ([("192.0.2.0", 24)], None, [], False),
        ([("::", 0)], None, [], False),
        ([], 0, [], False),
        ([("127.0.0.0", 8)], None, [b"\7example\3com\0", b"\3net\0"], True),
        ([("127.0.0.0", 8)], None, [b"\3com\0"], False),
    ],
)
def test_for_whom(networks: list[tuple[str, int]], key: int | None, zones: list[bytes], *, allowed: bool) -> None:
    """REFUSED to those who may not, by address, key and zone (RFC 5936 §5)."""
    for each in serve([(networks, key, zones)]):
        publish(each.engine)
        (message,) = take(each, question(edns=0))
        if allowed:
            assert sorted(sequence([message])[1:-1]) == records()
        else:
            assert told(message)[:2] == ("REFUSED", 18)


def test_with_which_key() -> None:
    """A key alone, or a key from a network: both are asked for (RFC 5936 §5, RFC 8945 §5.2)."""
    for each in serve([([], 0, []), ([("192.0.2.0", 24)], 1, [])]):
        publish(each.engine)
        assert sequence(take(each, question(), KEY))[0] == soa(100)
        refused = question(edns=0)
        (message,) = take(each, refused)
        assert told(message)[:2] == ("REFUSED", 18)
    for each in serve([([("192.0.2.0", 24)], 0, [])]):
        publish(each.engine)
        (message,) = take(each, question(edns=0), KEY)
        assert told(message)[:2] == ("REFUSED", 18)
        stranger = question(edns=0)
        stranger.use_tsig(STRANGER)
        with Stream(each.tcp) as stream:
            stream.send(stranger.to_wire())
            assert stream.receive()[3] & 0x0F == dns.rcode.NOTAUTH


def test_policies() -> None:
    """A zone with routing policies is REFUSED: a copy would answer otherwise (RFC 5936 §6, R-POL-1)."""
    for each in serve():
        publish(each.engine, policy=True)
        for query in (question(edns=0), question("IXFR", serial=1, edns=0)):
            (message,) = take(each, query)
            assert told(message)[:2] == ("REFUSED", 21)
            assert "policies" in told(message)[2]


def test_not_over_udp(served: Served) -> None:
    """There is no AXFR over UDP (RFC 5936 §4.2)."""
    assert told(over_udp(served, question(edns=0))) == ("REFUSED", 21, "AXFR is answered over TCP")


def test_incremental_over_udp(served: Served) -> None:
    """IXFR over UDP gets the SOA of the version served: whether TCP is worth it (RFC 1995 §2)."""
    for serial in (1, 99, 100, 4_000_000_000):
        message = over_udp(served, question("IXFR", serial=serial))
        assert sequence([message]) == [soa(100)]
        assert message.flags == dns.flags.QR | dns.flags.AA
    assert told(over_udp(served, question("IXFR", name="example.net.", serial=1, edns=0)))[:2] == ("NOTAUTH", 20)


def test_nothing_new(served: Served) -> None:
    """Who has this version or a newer one gets its SOA record alone (RFC 1995 §2)."""
    for serial in (100, 101, 2_000_000_000):
        assert sequence(take(served, question("IXFR", serial=serial))) == [soa(100)]


def test_not_at_hand(served: Served) -> None:
    """Where the difference is not at hand, the whole zone is sent instead (RFC 1995 §4)."""
    found = sequence(take(served, question("IXFR", serial=7)))
    assert (found[0], found[-1]) == (soa(100), soa(100))
    assert sorted(found[1:-1]) == records()


def test_differences(changing: Served) -> None:
    """Each version's difference: old SOA, what went, new SOA, what came; the oldest first (RFC 1995 §4)."""
    publish(changing.engine, LATER, version=2)
    second = [
        soa(101),
        soa(100), ("mail.example.com.", 300, "A", "192.0.2.2"),
        soa(101), ("mail.example.com.", 300, "A", "192.0.2.20"), ("new.example.com.", 60, "A", "192.0.2.9"),
        soa(101),
    ]  # fmt: skip
    found = sequence(take(changing, question("IXFR", serial=100)))
    assert (found[:4], sorted(found[4:6]), found[6:]) == (second[:4], second[4:6], second[6:])

    publish(changing.engine, LAST, version=3)
    found = sequence(take(changing, question("IXFR", serial=100)))
    assert (found[0], found[-1]) == (soa(102), soa(102))
    assert (found[1:4], sorted(found[4:6])) == (second[1:4], second[4:6])
    assert (found[6], found[9]) == (soa(101), soa(102))
    mx = "10 mail.example.com."
    assert sorted(found[7:9]) == [("example.com.", 300, "MX", mx), ("new.example.com.", 60, "A", "192.0.2.9")]
    assert found[10:] == [("example.com.", 600, "MX", mx), soa(102)]
    assert sequence(take(changing, question("IXFR", serial=101)))[1:] == found[6:]


def test_no_difference_across_a_policy(changing: Served) -> None:
    """After a version that could not be sent, the whole zone is (RFC 1995 §4)."""
    publish(changing.engine, LATER, version=2, policy=True)
    publish(changing.engine, LAST, version=3)
    assert sorted(sequence(take(changing, question("IXFR", serial=100)))[1:-1]) == records(LAST)


def test_serials_that_do_not_grow(changing: Served) -> None:
    """A version with an older or the same serial begins the journal anew (RFC 1995 §2, RFC 1982 §3.2)."""
    publish(changing.engine, LATER, version=2)
    publish(changing.engine, LATER + "more 60 A 192.0.2.7\n", version=3)
    assert sequence(take(changing, question("IXFR", serial=101))) == [soa(101)]
    assert sorted(sequence(take(changing, question("IXFR", serial=100)))[1:-1]) == records(
        LATER + "more 60 A 192.0.2.7\n"
    )


def test_journal_is_bounded(changing: Served) -> None:
    """A difference larger than the zone is not kept, and the zone is sent in its place (RFC 1995 §4, §5)."""
    for version in range(2, 40):
        publish(
            changing.engine,
            ZONE.replace(" 100 7200", f" {98 + version} 7200") + f"n{version} 60 A 192.0.2.9\n",
            version=version,
        )
    last = sequence(take(changing, question("IXFR", serial=136)))
    assert (last[1], last[-1]) == (soa(136), soa(137))
    first = sequence(take(changing, question("IXFR", serial=100)))
    assert first[1] != soa(100)
    assert len(first) == len(records()) + 3


def test_too_many_at_once() -> None:
    """Transfers beyond the limit are told to come again; what is under way goes on (RFC 5936 §4.1, §5)."""
    for each in serve(at_once=1):
        publish(each.engine, LARGE, shards=16)
        query = question()
        with Stream(each.tcp) as slow:
            slow.send(query.to_wire())
            slow.receive()  # It has begun, and has more to send than all buffers on the way take.
            (message,) = take(each, question(edns=0))
            assert told(message) == ("SERVFAIL", 0, "too many zone transfers at once; try again later")
        taken = take(each, question(name="example.net.", edns=0))
        assert told(taken[0])[0] == "NOTAUTH"


def test_counted(served: Served) -> None:
    """Transfers are counted by what was asked for (RFC 5936 §2.1, RFC 1995 §3)."""
    before = served.engine.counters()
    take(served, question())
    take(served, question("IXFR", serial=1))
    after = served.engine.counters()
    assert (after["axfr"] - before["axfr"], after["ixfr"] - before["ixfr"]) == (1, 1)
    assert (after["queries_tcp"] - before["queries_tcp"], dns.rdatatype.AXFR) == (2, 252)
