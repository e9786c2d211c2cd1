"""How many cases there are of each RFC and section, and where we do otherwise than an RFC has it."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.engine.table import Table, load
from tests.peers.compare import KNOWN

FOLDER = Path(__file__).parent

# Modules whose test functions are cases: what only a connection or a socket can show.
MODULES = ("test_connections", "test_notify", "test_signatures", "test_transfers")

_SECTION = re.compile(r"RFC (\d+) (§[\w.]+(?:, §[\w.]+)*)")


class Case(NamedTuple):
    """One case: the sections it is filed under, the file it is in, and the fact that it states."""

    sections: frozenset[tuple[int, str]]
    file: str
    what: str


class Disagreement(NamedTuple):
    """What an RFC has and we have otherwise; `strength` is the RFC's own word for it."""

    section: str
    strength: str
    otherwise: str
    reason: str


DISAGREEMENTS = (
    Disagreement(
        "RFC 7873 §5.4",
        "SHOULD",
        "A query without a question, sent for a cookie alone, gets FORMERR.",
        "Any query brings the cookie as well; a query without a question is not worth a way of its own so far.",
    ),
    Disagreement(
        "RFC 7830 §4",
        "MUST",
        "Over UDP a reply is not padded.",
        "The RFC means encrypted transports (§6); longer replies over UDP would only make forged queries worth more.",
    ),
    Disagreement(
        "RFC 6672 §3.2",
        "MUST",
        "DNAME is not synthesized from.",
        "Route 53 has no such type and the API takes none, so no zone holds one; a question for it is no data.",
    ),
    Disagreement(
        "RFC 6891 §7",
        "MUST",
        "FORMERR for a question or an OPT that cannot be read comes without OPT.",
        "What cannot be read may not be OPT at all; a header alone is what a server without EDNS would send, and what "
        "every resolver understands.",
    ),
    Disagreement(
        "RFC 1034 §4.3.2",
        "step 3a",
        "A chain of CNAMEs is followed for 16 names and inside one zone alone.",
        "A resolver asks on from there; a longer chain is a mistake or an attack on the one who follows it (R-SEL-9).",
    ),
    Disagreement(
        "RFC 9460 §4.1",
        "SHOULD",
        "A target that a wildcard stands for, or a routing policy decides by more than one record set, adds nothing.",
        "The additional section is help and never owed; the resolver asks for it by name.",
    ),
)


def sections(text: str) -> frozenset[tuple[int, str]]:
    """The RFCs and sections that a text names: `RFC 1034 §3.6, §4` gives two."""
    found = _SECTION.findall(text)
    return frozenset((int(rfc), section) for rfc, listed in found for section in listed.split(", "))


def cases() -> list[Case]:
    """All cases: rows of tables, and functions of the modules."""
    return [*_rows(load("conformance")), *_functions()]


def _rows(tables: Mapping[str, Table]) -> Iterator[Case]:
    for name, table in tables.items():
        for case in table.case:
            yield Case(sections(case.what) or sections(table.section), f"{name}.toml", case.what)


def _functions() -> Iterator[Case]:
    for module in MODULES:
        tree = ast.parse((FOLDER / f"{module}.py").read_text())
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                what = ast.get_docstring(node) or ""
                yield Case(sections(what), f"{module}.py", what)


def text() -> str:
    """The table for people: cases by RFC with their sections, then disagreements with RFCs and with peers."""
    filed = cases()
    by_rfc = Counter(rfc for case in filed for rfc in {rfc for rfc, _ in case.sections})
    rows = [f"{'RFC':<8}{'cases':>6}  sections"]
    for rfc, count in sorted(by_rfc.items()):
        named = sorted({section for case in filed for number, section in case.sections if number == rfc})
        rows.append(f"{rfc:<8}{count:>6}  {' '.join(named)}")
    rows.append(f"{'':<8}{len(filed):>6}  cases, some of more than one RFC; the tests hold that all agree")
    rows += ["", f"{len(DISAGREEMENTS)} disagreements, none by accident:"]
    rows += [f"- {each.section} ({each.strength}): {each.otherwise} {each.reason}" for each in DISAGREEMENTS]
    known = dict.fromkeys((" and ".join(each.servers), each.reason) for each in KNOWN)
    rows += ["", "With peers, over generated zones (`*`: any other):"]
    rows += [f"- {servers}: {reason}." for servers, reason in known]
    return "\n".join(rows)
