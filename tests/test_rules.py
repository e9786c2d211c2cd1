"""Each behaviour rule is cited by a test, or has a reason why not."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parent.parent / "scripts" / "rules-without-test"


def test_every_rule_has_a_test() -> None:
    """`scripts/rules-without-test` finds none that is forgotten, and no excuse that is out of date."""
    result = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout + result.stderr
