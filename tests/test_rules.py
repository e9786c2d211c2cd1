"""Each behaviour rule is cited by a test, or has a reason why not."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "scripts" / "rules-without-test"
# Vectors of routing.md that are about what the API refuses: their tables are read by Python alone.
OF_THE_API = {8, 11, 33}


def test_every_rule_has_a_test() -> None:
    """`scripts/rules-without-test` finds none that is forgotten, and no excuse that is out of date."""
    result = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout + result.stderr


def test_every_vector_is_a_row_that_both_languages_read() -> None:
    """The vectors of routing.md appendix C stand in the tables that Rust and Python go through, or in the API's."""
    expected = set(map(int, re.findall(r"\| \*\*R-TV-(\d+)\*\*", (ROOT / "docs/behaviour/routing.md").read_text())))

    assert len(expected) == 35
    assert expected - cited("conformance", "vectors/decisions") == OF_THE_API
    assert cited("vectors/changes") >= OF_THE_API


def cited(*folders: str) -> set[int]:
    """Numbers of the vectors that cases of these tables name."""
    files = [file for folder in folders for file in (ROOT / "tests" / folder).glob("*.toml")]
    cases: list[dict[str, Any]] = [case for file in files for case in tomllib.loads(file.read_text())["case"]]
    texts = [str(case.get(key, "")) for case in cases for key in ("what", "fact", "rule")]
    return {int(number) for text in texts for number in re.findall(r"R-TV-(\d+)", text)}
