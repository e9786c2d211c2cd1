"""A proxy that leads every connection to one address: how a tool whose endpoint is fixed is pointed elsewhere."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self


class Tunnel:
    """
    Answers CONNECT (RFC 9110 §9.3.6) on a port of its own, whatever host is asked for.

    Args:
        target: Host and port that all octets go to and come from.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._port = 0
        self._server: asyncio.Server | None = None
        self.asked: list[str] = []
        """Hosts and ports that were asked for."""

    @property
    def url(self) -> str:
        """What `HTTPS_PROXY` is to be."""
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        """Listen."""
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(30)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        """End all connections."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def _end(self) -> None:
        assert self._server is not None
        self._server.close()
        await asyncio.sleep(0)  # so that whoever has just come is served, and so sent away
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with _cut_off_with_us(writer):
            head = await reader.readuntil(b"\r\n\r\n")
            method, host, _ = head.decode().split(" ", 2)
            if method != "CONNECT":
                writer.write(b"HTTP/1.1 405 Method Not Allowed\r\n\r\n")
                writer.close()
                return
            self.asked.append(host)
            there, out = await asyncio.open_connection(*self._target)
            with _cut_off_with_us(out):
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
                async with asyncio.TaskGroup() as both:
                    both.create_task(_pass(reader, out))
                    both.create_task(_pass(there, writer))


@contextmanager
def _cut_off_with_us(writer: asyncio.StreamWriter) -> Iterator[None]:
    try:
        yield
    except BaseException:  # to be cancelled is one
        writer.transport.abort()
        raise


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while octets := await reader.read(65536):
            writer.write(octets)
            await writer.drain()
    writer.close()
