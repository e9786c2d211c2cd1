"""What a running program consists of."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple


class Part(NamedTuple):
    """Something that runs until it is cancelled, or until `stop` was called if it has one."""

    run: Callable[[], Coroutine[Any, Any, None]]
    stop: Callable[[], None] | None = None
