"""The comparison of two servers' answers."""

from __future__ import annotations

import dns.name
import pytest
from dns.rdatatype import RdataType

from tests.peers.compare import Reply, Rr, compare, explanation
from tests.peers.zones import Question

WWW = Question(dns.name.from_text("www.seeded.test."), RdataType.A)
ONE = Rr("www.seeded.test.", "A", 60, "192.0.2.1")
TWO = Rr("www.seeded.test.", "A", 60, "192.0.2.2")
SOA = Rr("seeded.test.", "SOA", 300, "ns1.seeded.test. hostmaster.seeded.test. 1 7200 900 1209600 300")
CUT = Rr("cut.seeded.test.", "NS", 60, "ns.cut.seeded.test.")
GLUE = Rr("ns.cut.seeded.test.", "A", 60, "192.0.2.9")
NONE: frozenset[Rr] = frozenset()

FOUND = Reply("NOERROR", True, False, frozenset({ONE}), NONE, NONE)
NEGATIVE = Reply("NXDOMAIN", True, False, NONE, frozenset({SOA}), NONE)
REFERRAL = Reply("NOERROR", False, False, NONE, frozenset({CUT}), frozenset({GLUE}))


@pytest.mark.parametrize(
    ("left", "right", "parts"),
    [
        (FOUND, FOUND, []),
        (FOUND, FOUND._replace(answer=frozenset({ONE, TWO})), ["answer"]),
        (FOUND, FOUND._replace(answer=frozenset({ONE._replace(ttl=61)})), ["answer"]),
        (FOUND, FOUND._replace(authoritative=False), ["authoritative"]),
        (FOUND, FOUND._replace(truncated=True), ["truncated"]),
        (FOUND, FOUND._replace(additional=frozenset({GLUE})), []),
        (NEGATIVE, NEGATIVE._replace(rcode="NOERROR"), ["rcode"]),
        (NEGATIVE, NEGATIVE._replace(authority=frozenset({SOA._replace(ttl=900)})), ["authority"]),
        (NEGATIVE, NEGATIVE._replace(authority=NONE), ["authority"]),
        (REFERRAL, REFERRAL, []),
        (REFERRAL, REFERRAL._replace(additional=NONE), ["additional"]),
        (REFERRAL, NEGATIVE, ["rcode", "authoritative", "authority", "additional"]),
    ],
)
def test_parts_that_differ(left: Reply, right: Reply, parts: list[str]) -> None:
    """Every part that says something counts; additional records count beside referrals alone."""
    assert [found.part for found in compare(WWW, "ours", "theirs", (left, right))] == parts


def test_a_disagreement_reads_as_a_sentence_and_its_records() -> None:
    """The question, the part, and what only one of them says."""
    (found,) = compare(WWW, "ours", "nsd", (FOUND, FOUND._replace(answer=frozenset({TWO}))))
    assert str(found) == (
        "www.seeded.test. A: answer differs\n"
        "    only ours: www.seeded.test. 60 A 192.0.2.1\n"
        "    only nsd: www.seeded.test. 60 A 192.0.2.2"
    )
    (found,) = compare(WWW, "ours", "nsd", (NEGATIVE, NEGATIVE._replace(rcode="NOERROR")))
    assert str(found) == "www.seeded.test. A: rcode differs: ours NXDOMAIN, nsd NOERROR"


def test_known_differences_hold_for_their_servers_alone() -> None:
    """What Knot does is no excuse for another."""
    links = frozenset(Rr(f"c{i}.seeded.test.", "CNAME", 60, f"c{i + 1}.seeded.test.") for i in range(5))
    stopped, whole = FOUND._replace(answer=links), FOUND._replace(answer=links | {ONE})
    (by_knot,) = compare(WWW, "nsd", "knot", (whole, stopped))
    (by_other,) = compare(WWW, "nsd", "ours", (whole, stopped))
    (by_knot_too_early,) = compare(WWW, "nsd", "knot", (FOUND, FOUND._replace(answer=NONE)))
    assert explanation(by_knot) is not None
    assert explanation(by_other) is None
    assert explanation(by_knot_too_early) is None
