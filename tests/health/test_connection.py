"""Waiting for a socket with a deadline, to the very last moment."""

from __future__ import annotations

import asyncio
import socket

import pytest

from meridian.health.connection import Connection


def test_what_comes_at_the_last_moment_is_taken() -> None:
    """When the time is up, what is there is there: the octets come after the first look, and before the timer."""

    async def receive() -> bytes:
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            loop.call_soon(theirs.send, b"well")
            return await Connection(ours, loop).receive(loop.time())

    assert asyncio.run(receive()) == b"well"


def test_the_time_is_up() -> None:
    """Without anything to receive, and with nobody who takes what is sent, the deadline ends the wait."""

    async def wait() -> None:
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            connection = Connection(ours, loop)
            with pytest.raises(TimeoutError):
                await connection.receive(loop.time() + 0.01)
            with pytest.raises(TimeoutError):
                await connection.send(bytes(2**24), loop.time() + 0.01)

    asyncio.run(wait())
