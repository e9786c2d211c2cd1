"""What an answer costs in instructions: a count, the same in every run, that a change may not raise unseen."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import engine
from tests.peers import install_line, missing

_LACKING = missing(["instructions"])

pytestmark = pytest.mark.skipif(bool(_LACKING), reason=f"not installed; as root: {install_line(_LACKING)}")


def test_no_answer_costs_more_than_it_did(tmp_path: Path) -> None:
    """Of five workloads; what costs more on purpose is written down with `python -m bench.engine --update`."""
    known = engine.figures()
    if known.compiler != engine.compiler():
        pytest.skip(f"the figures are those of {known.compiler}, and this is {engine.compiler()}")
    engine.build()
    found = engine.counted(tmp_path)
    table = engine.comparison(found, known)
    print(table)
    assert not engine.exceeding(found, known), (
        f"more than {engine.TOLERANCE:.0%} over the figure:\n{table}\n"
        "If that is meant, say why in the commit and write the figures anew: .venv/bin/python -m bench.engine --update"
    )


def test_a_figure_that_is_exceeded_is_seen() -> None:
    """So is a workload without a figure; what has become cheaper is no fault."""
    known = engine.Figures("rustc", {"static": 1000, "tree": 1000})
    found = engine.Figures("rustc", {"static": 1030, "tree": 1031, "new": 1, "nxdomain": 0})
    assert engine.exceeding(found, known) == ["tree", "new"]
    assert engine.exceeding(engine.Figures("rustc", {"static": 900}), known) == []
