"""Two servers' answers to one question: where they disagree, and which disagreements are understood."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import dns.flags
import dns.message
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.rrset
from dns.rdtypes.svcbbase import SVCBBase

from tests.peers.server import Server
from tests.peers.zones import MISSING_SERVER, Question

PAYLOAD = 1232  # octets, what the questions offer


class Rr(NamedTuple):
    """One record as it counts in a comparison: owner and data in lower case, data as text without compression."""

    owner: str
    type: str
    ttl: int
    data: str

    def __str__(self) -> str:
        return f"{self.owner} {self.ttl} {self.type} {self.data}"


Section = frozenset[Rr]


class Reply(NamedTuple):
    """
    An answer with its sections as sets.

    Attributes:
        truncated: Whether UDP was too small; everything else is then TCP's.
        authority: Without the zone's own NS set, which servers may add to a positive answer or leave
            out (R-SEL-7).
    """

    rcode: str
    authoritative: bool
    truncated: bool
    answer: Section
    authority: Section
    additional: Section

    @property
    def is_referral(self) -> bool:
        """Tell whether it leads to a zone below, at once or at the end of a chain."""
        return any(rr.type == "NS" for rr in self.authority)

    @property
    def has_soa(self) -> bool:
        """Tell whether it is negative in the manner of RFC 2308 §2."""
        return any(rr.type == "SOA" for rr in self.authority)


class Disagreement(NamedTuple):
    """One part of two answers that differs; `left` and `right` are the servers' names."""

    question: Question
    part: str
    left: str
    right: str
    replies: tuple[Reply, Reply]

    def __str__(self) -> str:
        mine, theirs = (getattr(reply, self.part) for reply in self.replies)
        head = f"{self.question}: {self.part} differs"
        if not isinstance(mine, frozenset):
            return f"{head}: {self.left} {mine}, {self.right} {theirs}"
        lines = [head]
        for name, only in ((self.left, mine - theirs), (self.right, theirs - mine)):
            lines += [f"    only {name}: {rr}" for rr in sorted(only)]
        return "\n".join(lines)


class Known(NamedTuple):
    """
    A difference that is understood.

    Attributes:
        servers: The two it is seen between, in either order; `*` stands for any.
        applies: Whether it explains a disagreement; asked with the replies of the first and the
            second of `servers`.
    """

    servers: tuple[str, str]
    part: str
    reason: str
    applies: Callable[[Question, Reply, Reply], bool]


def _stopped_in_a_chain(_: Question, shorter: Reply, longer: Reply) -> bool:
    """Tell whether the first reply is the beginning of the second's chain of at least five CNAMEs."""
    links = sum(rr.type == "CNAME" for rr in shorter.answer)
    return links >= 5 and shorter.answer < longer.answer and not shorter.has_soa


def _glue_from_a_wildcard(_: Question, ours: Reply, theirs: Reply) -> bool:
    """Tell whether they add addresses for a server that has no record of its own, and nothing else."""
    more = theirs.additional - ours.additional
    return ours.additional < theirs.additional and all(rr.owner.startswith(f"{MISSING_SERVER}.") for rr in more)


_CHAIN = "Knot stops in a chain of CNAMEs after the fifth and leaves the rest to the resolver"

# Each line says what differs and why both are right; a new line needs a reason that a reader can check.
KNOWN: list[Known] = [
    *(
        Known(("knot", "*"), part, _CHAIN, _stopped_in_a_chain)
        for part in ("rcode", "answer", "authority", "additional")
    ),
    Known(
        ("meridian", "*"),
        "additional",
        "NSD and Knot make glue from a wildcard below the cut; synthesis belongs to step 3c, which a referral "
        "never reaches (RFC 1034 §4.3.2), so our glue is the server's own records",
        _glue_from_a_wildcard,
    ),
]


def explanation(found: Disagreement) -> str | None:
    """The reason of a disagreement that is known, or None."""
    for known in KNOWN:
        for names, replies in (
            ((found.left, found.right), found.replies),
            ((found.right, found.left), found.replies[::-1]),
        ):
            matches = all(pattern in ("*", name) for pattern, name in zip(known.servers, names, strict=True))
            if matches and known.part == found.part and known.applies(found.question, *replies):
                return known.reason
    return None


def compare(question: Question, left: str, right: str, replies: tuple[Reply, Reply]) -> list[Disagreement]:
    """List the parts in which two replies to one question differ; additional records count in referrals: glue."""
    parts = ["rcode", "authoritative", "truncated", "answer", "authority"]
    if any(reply.is_referral for reply in replies):
        parts.append("additional")
    mine, theirs = replies
    differ = (part for part in parts if getattr(mine, part) != getattr(theirs, part))
    return [Disagreement(question, part, left, right, replies) for part in differ]


class OtherQuestion(Exception):
    """An answer whose question section is not the octets that were asked."""


class Client:
    """Asks one server about its first zone, or the one with this apex: UDP with EDNS, then TCP if cut off."""

    def __init__(self, server: Server, apex: str | None = None, patience: float = 2.0) -> None:
        self._server = server
        self._apex = (apex or next(iter(server.zones))).lower()
        self._patience = patience
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.connect(server.address)
        self._udp.settimeout(patience)

    def close(self) -> None:
        """Close the socket."""
        self._udp.close()

    def ask(self, question: Question) -> Reply:
        """
        Ask, over TCP again when truncated.

        Raises:
            TimeoutError: No answer came.
            dns.exception.DNSException: An answer that cannot be read.
            OtherQuestion: An answer to another question.
        """
        query = dns.message.make_query(question.name, question.type, use_edns=0, payload=PAYLOAD, flags=0)
        reply = self._read(query, self._over_udp(query))
        truncated = bool(reply.flags & dns.flags.TC)
        if truncated:
            reply = self._read(query, self._over_tcp(query))
        return _reply(reply, truncated, self._apex)

    def _read(self, query: dns.message.Message, packet: bytes) -> dns.message.Message:
        reply = dns.message.from_wire(packet)
        # The name's octets come back as they were sent, their case too (R-DNS-4).
        if not query.is_response(reply) or reply.question[0].name.labels != query.question[0].name.labels:
            raise OtherQuestion(f"{self._server.name}: {reply.question} for {query.question}")
        return reply

    def _over_udp(self, query: dns.message.Message) -> bytes:
        self._udp.send(query.to_wire())
        while True:
            packet = self._udp.recv(65535)
            if packet[:2] == query.id.to_bytes(2, "big"):
                return packet

    def _over_tcp(self, query: dns.message.Message) -> bytes:
        packet = query.to_wire()
        with socket.create_connection(self._server.address, self._patience) as tcp:
            tcp.sendall(len(packet).to_bytes(2, "big") + packet)
            return _exactly(tcp, int.from_bytes(_exactly(tcp, 2), "big"))


class Answers(NamedTuple):
    """All that one server said, in the order of the questions."""

    server: str
    replies: list[Reply]


def ask_all(questions: Iterable[Question], server: Server, apex: str | None = None) -> Answers:
    """Ask one server each question in turn, about its first zone or the one named."""
    client = Client(server, apex)
    try:
        return Answers(server.name, [client.ask(question) for question in questions])
    finally:
        client.close()


def differences(questions: Iterable[Question], left: Answers, right: Answers) -> Iterator[Disagreement]:
    """Go through the disagreements of two servers that were asked the same questions."""
    for question, *replies in zip(questions, left.replies, right.replies, strict=True):
        yield from compare(question, left.server, right.server, (replies[0], replies[1]))


class Verdict(NamedTuple):
    """All disagreements of a run: how many each known reason explains, and those that none does."""

    explained: Counter[str]
    unexplained: list[Disagreement]

    def __str__(self) -> str:
        lines = [f"{count:>6} × {reason}" for reason, count in self.explained.most_common()]
        lines.append(f"{len(self.unexplained):>6} not explained" + (", the first of them:" if self.unexplained else ""))
        return "\n".join([*lines, *(str(found) for found in self.unexplained[:20])])


def judge(found: Iterable[Disagreement]) -> Verdict:
    """Sort disagreements into explained and unexplained ones."""
    explained: Counter[str] = Counter()
    unexplained = []
    for disagreement in found:
        reason = explanation(disagreement)
        if reason is None:
            unexplained.append(disagreement)
        else:
            explained[reason] += 1
    return Verdict(explained, unexplained)


def _reply(message: dns.message.Message, truncated: bool, apex: str) -> Reply:
    answer, authority, additional = map(_section, (message.answer, message.authority, message.additional))
    own = {rr for rr in authority if rr.type == "NS" and rr.owner == apex}
    return Reply(
        dns.rcode.to_text(message.rcode()),
        bool(message.flags & dns.flags.AA),
        truncated,
        answer,
        authority - own,
        additional,
    )


def _section(rrsets: Iterable[dns.rrset.RRset]) -> Section:
    return frozenset(
        Rr(rrset.name.to_text().lower(), dns.rdatatype.to_text(rrset.rdtype), rrset.ttl, _data(rdata))
        for rrset in rrsets
        for rdata in rrset
    )


def _data(rdata: dns.rdata.Rdata) -> str:
    """Presentation form, names in it in lower case; SVCB's too, which RFC 4034 §6.2 does not list."""
    if isinstance(rdata, SVCBBase):
        rdata = rdata.replace(target=rdata.target.canonicalize())
    wire = rdata.to_digestable()
    return dns.rdata.from_wire(rdata.rdclass, rdata.rdtype, wire, 0, len(wire)).to_text()


def _exactly(tcp: socket.socket, count: int) -> bytes:
    octets = b""
    while len(octets) < count:
        part = tcp.recv(count - len(octets))
        if not part:
            raise ConnectionError("the server closed the connection within an answer")
        octets += part
    return octets
