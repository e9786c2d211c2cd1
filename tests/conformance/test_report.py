"""Each case is filed under an RFC and a section."""

from __future__ import annotations

import re

from tests.conformance.report import DISAGREEMENTS, FOLDER, cases, sections, text

# What must have cases.
RFCS = {
    1034, 1035, 1995, 1996, 2181, 2308, 3597, 4343, 4592, 4892, 5001, 5936, 6604, 6672, 6891, 7766, 7828, 7830, 7871,
    7873, 8020, 8467, 8482, 8914, 8945, 9018, 9210, 9460, 9471, 9619,
}  # fmt: skip


def test_every_case_names_rfc_and_section() -> None:
    """A case names an RFC with a section itself, or its table does."""
    assert [case.what for case in cases() if not case.sections] == []


def test_every_rfc_has_cases() -> None:
    """No RFC of the list is without a case, and each is in the printed table."""
    assert {rfc for case in cases() for rfc, _ in case.sections} >= RFCS
    printed = {int(number) for number in re.findall(r"^(\d+) ", text(), re.MULTILINE)}
    assert printed >= RFCS


def test_table_files_are_named_after_an_rfc() -> None:
    """A table's name begins with the RFC of the section that it is filed under, or of one of its cases."""
    for file in FOLDER.glob("*.toml"):
        number = re.match(r"rfc(\d+)_", file.name)
        assert number, file.name
        named = {rfc for case in cases() if case.file == file.name for rfc, _ in case.sections}
        assert int(number[1]) in named, file.name


def test_sections_of_a_text() -> None:
    """Sections of one RFC stand behind it between commas."""
    assert sections("a fact (RFC 6891 §6.1.1, §6.2.3, R-DNS-1; RFC 9018 §A.1)") == {
        (6891, "§6.1.1"), (6891, "§6.2.3"), (9018, "§A.1"),
    }  # fmt: skip


def test_disagreements_name_their_section() -> None:
    """Each is about a section, and says why."""
    assert all(sections(each.section) and each.reason for each in DISAGREEMENTS)
