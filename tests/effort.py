"""How much work something is, counted in function calls: the same on a slow machine as on a fast one."""

from __future__ import annotations

from collections.abc import Callable
from cProfile import Profile


def calls(work: Callable[[], object]) -> int:
    """How many functions, of Python or built in, are called while `work` runs."""
    profile = Profile()
    profile.runcall(work)
    return sum(entry.callcount for entry in profile.getstats())
