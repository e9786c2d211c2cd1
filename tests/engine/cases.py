"""Runs the cases of tables through the engine's Python face; dnspython reads the replies."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import pytest

from meridian._engine import Engine
from tests.engine.table import Case, Record, Table, octets, octets_of, record

DRAWS = 600  # for a case whose answer is left to chance
FEW = 6  # for one whose answer must not depend on it

Answer = tuple[Record, ...]


def cases(tables: dict[str, Table]) -> list[Any]:
    """Each case of the tables as a parameter set of pytest: name of its table, and the case."""
    return [
        pytest.param(name, case, id=f"{name}: {case.what}") for name, table in tables.items() for case in table.case
    ]


# Sends the query of a case with a draw, and gives the reply if one is due.
Ask = Callable[[Case, bytes, int], bytes | None]


def check(engine: Engine, table: Table, case: Case) -> None:
    """Ask a case's question and compare everything that the reply says."""

    def ask(case: Case, packet: bytes, draw: int) -> bytes | None:
        return engine.respond(packet, case.client, tcp=case.transport == "tcp", draw=draw, now=case.now)

    engine.set_health([(slot, False) for slot in case.unhealthy])
    try:
        check_replies(ask, table, case)
        _check_odds(engine, case)
    finally:
        engine.set_health([(slot, True) for slot in case.unhealthy])


def check_replies(ask: Ask, table: Table, case: Case) -> None:
    """Ask a case's question, more than once where chance has a say, and compare everything that the replies say."""
    packet = case.octets()
    answers: set[Answer] = set()
    for draw in range(DRAWS if case.one_of or case.sample else FEW):
        reply = ask(case, packet, draw)
        assert case.silent == (reply is None)
        if reply is None:
            continue
        assert len(reply) <= case.size
        message = dns.message.from_wire(reply, one_rr_per_rrset=True)
        _check_frame(case, packet, reply, message)
        assert table.records(case.authority) == _records(message, 2)
        assert table.records(case.additional) == _records(message, 3)
        answers.add(tuple(_records(message, 1)))
    if not case.silent:
        _check_answers(table, case, answers)


def _check_frame(case: Case, packet: bytes, reply: bytes, message: dns.message.Message) -> None:
    """Compare everything but the sections."""
    expected = {"qr", *case.flags, *(["rd"] * case.rd), *(["cd"] * case.cd)}
    assert expected == set(dns.flags.to_text(message.flags).lower().split())
    assert case.opcode == message.opcode()
    assert case.rcode == dns.rcode.to_text(message.rcode(), tsig=False)
    assert packet[:2] == reply[:2]
    assert case.question == (reply[4:6] == b"\0\1")
    if case.question:
        end = 12 + len(octets(message.question[0].name)) + 4
        assert packet[12:end] == reply[12:end]
        _check_case(message)
    _check_edns(case, message, reply)


def _check_case(message: dns.message.Message) -> None:
    """An owner that is the name asked for keeps the asker's spelling (RFC 4343 §4.1)."""
    asked = message.question[0].name
    assert all(rrset.name.labels == asked.labels for rrset in message.answer if rrset.name == asked)


def _check_edns(case: Case, message: dns.message.Message, reply: bytes) -> None:
    edns = case.effective_edns
    assert (0 if edns else -1) == message.edns
    if edns:
        assert message.payload == 1232
        assert edns.do == bool(message.ednsflags & dns.flags.DO)
        ede = [] if case.ede is None else [(15, case.ede.to_bytes(2, "big") + case.ede_text.encode())]
        seen = [(int(option.otype), option.to_wire()) for option in message.options]
        if case.padded:
            _check_padding(reply, *seen.pop())
        assert sorted(octets_of(case.options) + ede + case.subnet_option(case.scope)) == sorted(seen)


def _check_padding(reply: bytes, code: int, data: bytes) -> None:
    """The last option is of zeros and makes the reply a multiple of 468 octets (RFC 8467 §4.1)."""
    assert (code, set(data) <= {0}) == (12, True)
    assert len(reply) % 468 == 0


def _check_answers(table: Table, case: Case, answers: set[Answer]) -> None:
    if case.sample:
        of = set(map(record, case.sample.of))
        assert {case.sample.size} == {len(set(answer)) for answer in answers}
        assert of == {one for answer in answers for one in answer}
        assert (len(of) > case.sample.size) == (len(answers) > 1)
    elif case.one_of:
        assert {tuple(table.records(lines)) for lines in case.one_of} == answers
    else:
        assert {tuple(table.records(case.answer))} == answers


def _check_odds(engine: Engine, case: Case) -> None:
    """Compare what the explanation says of the first group that decides."""
    if not case.probability and case.excluded is None and case.last_resort is None:
        return
    assert case.ask is not None
    query = dns.message.from_wire(case.octets())
    name, rdtype = octets(query.question[0].name), query.question[0].rdtype
    explained = json.loads(engine.explain(name, rdtype, case.client, draw=0, subnet=case.prefix))
    group = next(step for step in explained["steps"] if step["step"] == "group")
    odds = {arm["set_identifier"]: arm["probability"] for arm in group["arms"]}
    for identifier, probability in case.probability.items():
        assert abs(probability - odds[identifier]) < 1e-9
    excluded = {arm["set_identifier"]: arm["excluded"] for arm in group["arms"] if arm["excluded"]}
    assert case.excluded in (None, excluded)
    assert case.last_resort in (None, group["last_resort"])


def _records(message: dns.message.Message, section: int) -> list[Record]:
    return sorted(
        (octets(rrset.name).lower(), int(rrset.rdtype), rrset.ttl, octets(rrset[0]))
        for rrset in message.sections[section]
    )
