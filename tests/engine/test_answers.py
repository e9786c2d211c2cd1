from __future__ import annotations

from functools import cache

import pytest

from meridian._engine import Engine
from tests.engine.cases import cases, check
from tests.engine.table import Case, load

TABLES = load("conformance")


@cache
def served(table: str, shards: int) -> Engine:
    """An engine that serves a table's zones, made once."""
    return TABLES[table].serve(shards)


@pytest.mark.parametrize("shards", [1, 16])
@pytest.mark.parametrize(("table", "case"), cases(TABLES))
def test_answer(table: str, case: Case, shards: int) -> None:
    """A zone's reply is what the RFCs and the behaviour rules say, in one shard and in sixteen."""
    check(served(table, shards), TABLES[table], case)
