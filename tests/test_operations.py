"""The table of operations says what is so."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def table() -> str:
    script = ROOT / "scripts" / "operations"
    return subprocess.run([sys.executable, script], capture_output=True, text=True, check=True).stdout


def test_the_table_is_fresh() -> None:
    """`scripts/operations --write` brings docs/reference/operations.md in step."""
    assert (ROOT / "docs" / "reference" / "operations.md").read_text() == table()


def test_what_is_built_is_tested() -> None:
    """Every operation that answers is called by a test of its own."""
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table().splitlines() if line.startswith("| ")]
    built = [row for row in rows[1:] if row[2] == "yes"]

    assert len(built) >= 68
    assert [row[0] for row in built if row[3] != "yes"] == []
