"""
The feed: how the control plane's results reach the edges, and the edges' answers come back.

It carries state, never events (architecture §4): the last value of a key is the whole truth of that
key, and every key is listed by a parent key, so that a reader that was away for a week reads what
is. `keys.py` says which keys there are.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import NamedTuple, Protocol


class Entry(NamedTuple):
    """
    A value to put.

    Attributes:
        version: Grows with each new value of the key.
        replaces: The version that the value held must have, 0 for none, or the put is ignored; None: any older one.
    """

    key: str
    value: bytes
    version: int
    replaces: int | None = None

    def follows(self, held: int | None) -> bool:
        """Whether it takes the place of a value with this version; None: there is no value."""
        version = 0 if held is None else held
        return (held is None or self.version > held) and self.replaces in (None, version)


class Position(NamedTuple):
    """Where in the changes of a bucket something stands (`bucket.py`)."""

    identity: str
    sequence: int


class Feed(Protocol):
    """Last values by key. Every call may be made from many tasks at once."""

    async def put(self, *entries: Entry) -> None:
        """
        Set values; no reader sees a later one of them without the earlier ones.

        A version that is not newer than the one held is ignored (fencing), so that two writers or a
        repeated call do no harm; so is one that replaces another than that.
        """
        ...

    async def get(self, key: str) -> tuple[bytes, int] | None:
        """The last value of a key and its version; None where there is none."""
        ...

    async def get_all(self, keys: Sequence[str]) -> list[tuple[bytes, int] | None]:
        """What `get` gives for each of these keys, in their order, got one after the other."""
        ...

    async def delete(self, *keys: str) -> None:
        """Forget keys, with their versions; those that are not there are passed over."""
        ...

    async def keys(self, prefix: str) -> list[str]:
        """All keys that begin with `prefix`, sorted."""
        ...

    def watch(self, prefix: str) -> AsyncGenerator[str, None]:
        """
        Give each present key that begins with `prefix`, then, without end, each that is put or deleted.

        A key that changes several times before it is taken comes once, as far as the changes have
        arrived; a key may come that has not changed.
        """
        ...
