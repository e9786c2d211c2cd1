"""The README's tour works line by line, as a newcomer would paste it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.site import Site
from tests.ports import free_port

pytestmark = pytest.mark.journey

ROOT = Path(__file__).parents[2]


def _tour() -> list[str]:
    """The shell lines of the README after `make demo`, block by block."""
    blocks = re.findall(r"```bash\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    return [block for block in blocks if block.strip() != "make demo"]


def test_the_tour_of_the_readme_can_be_pasted(tmp_path: Path) -> None:
    """Every line runs with the files that the demo writes, and the last is refused as Route 53 refuses it."""
    with Site(tmp_path / "meridian-data", command="demo", roles="control,edge,checker") as demo:
        demo.eventually(lambda: "dig @" in demo.log)
        script = "\n".join(["set -eu", *_tour()[:-1], "set +e", _tour()[-1]])
        changed = {
            "-p 5300": f"-p {demo.dns[1]}",
            "8099": str(free_port()),
            "$PWD/.venv/bin": str(Path(sys.executable).parent),
        }
        for here, there in changed.items():
            script = script.replace(here, there)
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}

        told = subprocess.run(
            ["bash", "-c", script], cwd=tmp_path, env=clean, capture_output=True, text=True, check=False, timeout=300
        )

    assert "RRSet of type CNAME with DNS name tour.example. is not permitted at apex" in told.stderr, told.stderr
    for expected in ('"Name": "example.com."', "192.0.2.10", "192.0.2.80", "weighted group app.tour.example."):
        assert expected in told.stdout
    main, spare = told.stdout.index("\n192.0.2.1\n"), told.stdout.index("\n192.0.2.2\n")
    assert main < told.stdout.index("unhealthy") < spare < told.stdout.index("0 of 1 checker sees it healthy; 1 needed")
