"""
Two name servers' answers for the same zone, question by question: what would change with a switch.

Each is asked, over DNS, for every name and type that a zone has; names below its wildcards too. Where
answers are drawn at random, each side is asked several times, and what it has said in all is compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype

from meridian.errors import MeridianError
from meridian.model.name import Name, plain
from meridian.model.record import RecordSet

Server = tuple[str, int]  # address and port
_Said = dict[str, set[str]]  # records by RCODE
Answer = tuple[str, frozenset[str]]
"""RCODE, and the records of the answer, or those of a referral, each as a line of text."""

_AT_ONCE = 16  # questions under way
_TIMES = 24  # how often names with a random policy are asked for, in each of so many rounds at most
_ROUNDS = 10
_SECONDS = 5.0  # for one answer, and tries of them
_TRIES = 3
_BELOW = b"meridian-compare"  # the label that is asked for below a wildcard
_RANDOM = frozenset({"weighted", "multivalue"})
_NO_RECURSION = ~dns.flags.RD


class Question(NamedTuple):
    """A name and a type; `times` is more than one where answers are drawn."""

    name: Name
    type: str
    times: int


class Difference(NamedTuple):
    """A question that the two sides answer differently, with all that each has said."""

    question: Question
    subnet: str
    source: frozenset[Answer]
    target: frozenset[Answer]


def questions(record_sets: Iterable[RecordSet], apex: Name) -> list[Question]:
    """
    What to ask for: each name and type once, in their order.

    SOA and NS of the apex are left out: each side has its own.
    """
    found: dict[tuple[Name, str], set[str]] = {}
    for held in record_sets:
        if not (held.name == apex and held.type in ("SOA", "NS")):
            kinds = found.setdefault((_asked_for(held.name), held.type), set())
            kinds.add("weighted" if held.alias is not None else held.policy)  # an alias may lead to what is drawn
    return [Question(name, type, _TIMES if kinds & _RANDOM else 1) for (name, type), kinds in found.items()]


def compare(
    asked: Sequence[Question], source: Server, target: Server, subnets: Sequence[str] = ("",)
) -> Iterator[Difference]:
    """
    Ask both sides everything, for a client of each subnet; give what differs, in the order of the questions.

    Raises:
        MeridianError: A side does not answer.
    """
    with ThreadPoolExecutor(_AT_ONCE, "compare") as line:
        turns = [(question, subnet) for subnet in subnets for question in asked]
        for found in line.map(lambda turn: _difference(turn[0], turn[1], source, target), turns):
            if found.source != found.target:
                yield found


def lines(found: Difference) -> Iterator[str]:
    """Say what differs, for people."""
    client = f" for a client of {found.subnet}" if found.subnet else ""
    drawn = " (drawn at random: compare what can be drawn)" if found.question.times > 1 else ""
    yield f"{plain(found.question.name)} {found.question.type}{client}{drawn}"
    for side, answers in (("source", found.source), ("target", found.target)):
        for rcode, records in sorted(answers, key=lambda answer: (answer[0], sorted(answer[1]))):
            yield f"  {side}: {rcode}" + "".join(f"\n    {record}" for record in sorted(records))


def _asked_for(name: Name) -> Name:
    return Name((_BELOW, *name.labels[1:])) if name.is_wildcard else name


def _difference(question: Question, subnet: str, source: Server, target: Server) -> Difference:
    """Ask both; where answers are drawn, again and again while one has said what the other has not."""
    said: tuple[_Said, _Said] = {}, {}
    for _ in range(_ROUNDS if question.times > 1 else 1):
        for server, answers in zip((source, target), said, strict=True):
            for _ in range(question.times):
                rcode, records = _ask(question, subnet, server)
                answers.setdefault(rcode, set()).update(records)
        if said[0] == said[1]:
            break
    return Difference(
        question, subnet, *(frozenset((code, frozenset(held)) for code, held in one.items()) for one in said)
    )


def _ask(question: Question, subnet: str, server: Server) -> Answer:
    options: list[dns.edns.Option] = [_subnet(subnet)] if subnet else []
    name = dns.name.Name((*question.name.labels, b""))
    query = dns.message.make_query(name, question.type, use_edns=0, payload=1232, options=options)
    query.flags &= _NO_RECURSION
    for _ in range(_TRIES):
        try:
            reply, _ = dns.query.udp_with_fallback(query, server[0], _SECONDS, server[1])
        except (dns.exception.Timeout, OSError):
            continue
        return dns.rcode.to_text(reply.rcode()), frozenset(_records(reply))
    raise MeridianError(f"{server[0]} port {server[1]} does not answer {plain(question.name)} {question.type}")


def _records(reply: dns.message.Message) -> Iterator[str]:
    """The answer; of a referral, where it refers to."""
    referral = [rrset for rrset in reply.authority if rrset.rdtype == dns.rdatatype.NS]
    for rrset in reply.answer or ([] if reply.flags & dns.flags.AA else referral):
        yield from (f"{rrset.name} {rrset.ttl} {dns.rdatatype.to_text(rrset.rdtype)} {item}" for item in rrset)


def _subnet(text: str) -> dns.edns.Option:
    try:
        return dns.edns.ECSOption.from_text(text)
    except ValueError as error:
        raise MeridianError(f"'{text}' is no client subnet, such as 198.51.100.0/24: {error}") from None
