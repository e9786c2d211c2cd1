"""
Group commit: writers that wait for each other share one transaction, and with it one wait for the disk.

Writers take turns, in the order in which they came, each behind a savepoint, so that one that fails takes nothing
of the others with it. Who leaves while others wait hands the open transaction on; else it is committed. Nobody
hears how its own work ended before the transaction has ended, because what it saw may be of others.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from meridian.errors import ApiError
from meridian.store.transaction import begin


class GroupCommit:
    """
    The turn to write. Safe to use from many threads.

    Args:
        engine: Where transactions begin.
        longest: Seconds from the begin of a transaction after which nobody joins it any more; 0: nobody ever does.
        committed: Called after each commit, by the thread that made it, before anybody hears of it.
    """

    def __init__(self, engine: Engine, longest: float, committed: Callable[[], None]) -> None:
        self._engine = engine
        self._longest = longest
        self._committed = committed
        self._lock = threading.Lock()  # of the two that follow
        self._is_taken = False
        self._waiting: deque[threading.Event] = deque()
        self._open: _Transaction | None = None  # for who has the turn

    @contextmanager
    def turn(self, patience: float) -> Iterator[Connection]:
        """
        Give the connection that may write. When the block has been left, what it wrote is on the disk.

        Args:
            patience: Seconds to wait for others.

        Raises:
            ApiError: PriorRequestNotComplete, after so long (R-CHG-11).
            DBAPIError: The transaction could not be committed; nothing of it was written.
        """
        self._take(patience)
        transaction = self._begun()
        try:
            with transaction.part() as conn:
                yield conn
        finally:
            self._leave(transaction)
            transaction.wait()

    def _take(self, patience: float) -> None:
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return
            turn = threading.Event()
            self._waiting.append(turn)
        if turn.wait(patience):
            return
        with self._lock:
            if turn in self._waiting:  # or else it has come at this very moment
                self._waiting.remove(turn)
                raise _busy()

    def _begun(self) -> _Transaction:
        """The transaction under way, or a new one."""
        if self._open is None:
            try:
                self._open = _Transaction(self._engine)
            except BaseException as error:
                self._free()
                if isinstance(error, OperationalError) and "locked" in str(error.orig):
                    raise _busy() from error
                raise
        return self._open

    def _leave(self, transaction: _Transaction) -> None:
        is_joinable = transaction.is_sound and time.monotonic() - transaction.begun < self._longest
        if is_joinable and self._hand_on():
            return
        self._open = None
        is_committed = transaction.end()
        self._free()
        if is_committed:
            self._committed()
        transaction.ended.set()

    def _hand_on(self) -> bool:
        """Give the turn to who has waited longest; tell whether anybody did."""
        with self._lock:
            if not self._waiting:
                return False
            self._waiting.popleft().set()
            return True

    def _free(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_taken = False


class _Transaction:
    """
    One transaction of several writers.

    Attributes:
        begun: When, by the monotonic clock.
        ended: Set when it has been committed or rolled back.
    """

    def __init__(self, engine: Engine) -> None:
        self.begun = time.monotonic()
        self.ended = threading.Event()
        self._error: BaseException | None = None
        self._is_written = False
        self._conn = engine.connect()
        try:
            self._transaction = begin(self._conn, writing=True)
        except BaseException:
            self._conn.close()
            raise

    @property
    def is_sound(self) -> bool:
        """Whether it can still be committed."""
        return self._error is None

    @contextmanager
    def part(self) -> Iterator[Connection]:
        """Give the connection for one writer's work: all of it or nothing."""
        self._tell("SAVEPOINT part")
        try:
            yield self._conn
        except BaseException:
            self._tell("ROLLBACK TO SAVEPOINT part")
            self._tell("RELEASE SAVEPOINT part")
            raise
        self._tell("RELEASE SAVEPOINT part")
        self._is_written = True

    def end(self) -> bool:
        """Commit, if there is anything to commit, and tell whether that was so."""
        try:
            if self.is_sound and self._is_written:
                self._transaction.commit()
                return True
            self._transaction.rollback()
        except Exception as error:
            self._error = self._error or error
            self._conn.invalidate()  # SQLite is still in the transaction, and SQLAlchemy does not know
        finally:
            with suppress(Exception):
                self._conn.close()
        return False

    def wait(self) -> None:
        """
        Wait for the end.

        Raises:
            DBAPIError: It was not committed.
        """
        self.ended.wait()
        if self._error is not None:
            raise self._error

    def _tell(self, statement: str) -> None:
        """If it fails all is lost: SQLite itself goes back to the begin where a disk is full, past every savepoint."""
        try:
            self._conn.exec_driver_sql(statement)
        except BaseException as error:
            self._error = error
            raise


def _busy() -> ApiError:
    text = "The request was rejected because Route 53 was still processing a prior request."
    return ApiError("PriorRequestNotComplete", text)
