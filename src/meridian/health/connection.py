"""
One TCP connection of a probe, later perhaps with TLS, on the event loop.

Plain sockets rather than streams: a probe is four system calls and a handshake, and asyncio's
transports would cost more than these. Deadlines are on the event loop's own clock, as its timers are.

An operation whose time is up is tried once more before it counts as too late. Where this process was
held up itself – a busy machine, a suspended one – what the endpoint sent meanwhile is there, and the
pause was not the endpoint's.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import Callable
from functools import partial
from ipaddress import IPv4Address, IPv6Address
from typing import TypeVar

T = TypeVar("T")

_RECEIVE = 16_384  # octets at a time
# What connect(2) says at once when the fault is on our side: no descriptor, buffer, port, address or route.
_OURS = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
    | {errno.ENETUNREACH, errno.ENETDOWN, errno.EPERM, errno.EACCES}
)


class NoSight(Exception):
    """This machine cannot look at the endpoint; it says nothing of the endpoint (R-HCP-15). The message says why."""


class Connection:
    """
    A connection that has been opened with `connect`; `close` it in any case.

    Every call but `close` may raise OSError, and TimeoutError once its deadline has passed.
    """

    def __init__(self, sock: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
        self._socket = sock
        self._loop = loop

    @classmethod
    async def connect(cls, address: IPv4Address | IPv6Address, port: int, deadline: float) -> Connection:
        """
        Open a connection.

        Raises:
            NoSight: This machine cannot.
        """
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        try:
            sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        except OSError as error:
            raise NoSight(error.strerror) from None
        connection = cls(sock, asyncio.get_running_loop())
        try:
            await connection._connect((str(address), port), deadline)
        except BaseException:
            connection.close()
            raise
        return connection

    async def secure(self, context: ssl.SSLContext, name: str | None, deadline: float) -> None:
        """Begin TLS; `name` is sent as SNI."""
        secured = context.wrap_socket(self._socket, server_hostname=name, do_handshake_on_connect=False)
        self._socket = secured
        await self._attempt(secured.do_handshake, deadline)

    @property
    def certificate(self) -> bytes | None:
        """What the endpoint showed, as DER; None without TLS."""
        return self._socket.getpeercert(binary_form=True) if isinstance(self._socket, ssl.SSLSocket) else None

    async def send(self, octets: bytes, deadline: float) -> None:
        """Send all of it."""
        while octets:
            sent = await self._attempt(partial(self._socket.send, octets), deadline, writes=True)
            octets = octets[sent:]

    async def receive(self, deadline: float) -> bytes:
        """What has come, some thousand octets at most; none at the end."""
        return await self._attempt(partial(self._socket.recv, _RECEIVE), deadline)

    def close(self) -> None:
        """Close it, whatever state it is in."""
        self._socket.close()

    async def _connect(self, address: tuple[str, int], deadline: float) -> None:
        number = self._socket.connect_ex(address)
        if number in _OURS:
            raise NoSight(os.strerror(number))
        if number not in (0, errno.EINPROGRESS):
            raise OSError(number, os.strerror(number))
        await self._attempt(self._look_whether_connected, deadline, writes=True)

    def _look_whether_connected(self) -> None:
        number = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number:
            raise OSError(number, os.strerror(number))
        try:
            self._socket.getpeername()
        except OSError as error:
            raise (BlockingIOError() if error.errno == errno.ENOTCONN else error) from None

    async def _attempt(self, operation: Callable[[], T], deadline: float, *, writes: bool = False) -> T:
        """Do what does not block, as soon as it can be done; when time is up, once more."""
        is_late = False
        while True:
            try:
                return operation()
            except ssl.SSLWantReadError:
                waits_to_write = False
            except ssl.SSLWantWriteError:
                waits_to_write = True
            except BlockingIOError:
                waits_to_write = writes
            if is_late:
                raise TimeoutError
            is_late = not await self._is_ready(waits_to_write, deadline)

    async def _is_ready(self, to_write: bool, deadline: float) -> bool:
        """Wait until the socket is ready; False if the time is up before."""
        loop, number = self._loop, self._socket.fileno()
        future: asyncio.Future[bool] = loop.create_future()
        timer = loop.call_at(deadline, _settle, future, False)
        (loop.add_writer if to_write else loop.add_reader)(number, _settle, future, True)
        try:
            return await future
        finally:
            timer.cancel()
            (loop.remove_writer if to_write else loop.remove_reader)(number)


def _settle(future: asyncio.Future[bool], is_ready: bool) -> None:
    if not future.done():
        future.set_result(is_ready)
