"""
An event loop whose time jumps: where all would wait, time moves on to what is due next.

    run(test, seconds=3600)     an hour, in as long as its work takes

What runs in threads is waited for in real time, and no time passes for it. Sockets are not meant
to be used: nobody can say how long they take.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")

_START = datetime(2026, 1, 1, tzinfo=UTC)


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """The loop."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._in_threads = 0
        super().__init__(_Selector(self._pass_time))

    def time(self) -> float:
        return self._seconds

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        self._in_threads += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._is_back)
        return future

    def _is_back(self, _: object) -> None:
        self._in_threads -= 1

    def _pass_time(self, timeout: float | None) -> float | None:
        """Let time pass if nobody is at work; give how long to wait in real time."""
        if self._in_threads:
            return timeout if timeout == 0 else None
        if timeout is None:
            raise RuntimeError("all wait for ever")
        self._seconds += timeout
        return 0.0


class _Selector(selectors.DefaultSelector):
    def __init__(self, pass_time: Callable[[float | None], float | None]) -> None:
        super().__init__()
        self._pass_time = pass_time

    def select(self, timeout: float | None = None) -> Any:
        return super().select(0) or super().select(self._pass_time(timeout))


class LoopClock:
    """A clock that goes with the running loop. `step` moves the wall clock alone."""

    def __init__(self) -> None:
        self._stepped = timedelta()

    def now(self) -> datetime:
        return _START + timedelta(seconds=self.monotonic()) + self._stepped

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    def step(self, seconds: float) -> None:
        """Set the wall clock on, or back."""
        self._stepped += timedelta(seconds=seconds)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, in virtual time."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(main)
