"""The addresses the program listens on, and what to do where it cannot."""

from __future__ import annotations

import errno
import os
import re
import socket

import structlog

from meridian._engine import Engine
from meridian.edge.engine import listen
from meridian.errors import SettingsError
from meridian.settings import Settings, split_address

log = structlog.get_logger()

_NO_IPV6 = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
_REMEDIES = {
    errno.EADDRINUSE: "another program listens there: stop it, or choose another port with {key}",
    errno.EACCES: "ports below 1024 need the right to bind them (setcap cap_net_bind_service=+ep, or a service "
    "manager): give it, or choose a higher port with {key}",
    errno.EADDRNOTAVAIL: "no interface of this machine has this address: choose one that `ip address` shows with {key}",
}


def listen_http(key: str, address: str) -> socket.socket:
    """
    Open an address for HTTP, which the setting `key` has as ADDRESS:PORT.

    Raises:
        SettingsError: It cannot be opened; says what to do.
    """
    host, port = split_address(address, key)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise _cannot_listen(key, address, error) from None
    # asyncio sets this only on sockets that it has made; without it a reply's body waits for an ACK of its head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def listen_dns(engine: Engine, settings: Settings) -> list[str]:
    """
    Have the engine answer on its addresses and interfaces; give their URLs.

    Raises:
        SettingsError: One cannot be opened; says what to do.
    """
    opened: list[str] = []
    for address in settings.dns_listen:
        try:
            opened += listen(engine, address, settings)
        except OSError as error:
            if split_address(address, "dns_listen")[0] == "::1" and _number(error) in _NO_IPV6:
                log.warning("dns.address_skipped", address=address, reason="this machine has no IPv6")
                continue
            raise _cannot_listen("dns_listen", address, error) from None
    return opened + _listen_xdp(engine, settings, opened)


def _listen_xdp(engine: Engine, settings: Settings, opened: list[str]) -> list[str]:
    addresses = [url.removeprefix("udp://") for url in opened if url.startswith("udp://")]
    try:
        return [engine.listen_xdp(interface, addresses, mode=settings.xdp_mode) for interface in settings.xdp]
    except OSError as error:
        raise SettingsError(f"xdp: {error}; or leave the setting out (docs/guides/xdp.md)") from None


def _cannot_listen(key: str, address: str, error: OSError) -> SettingsError:
    number = _number(error)
    remedy = _REMEDIES.get(number, "choose another address with {key}").format(key=key)
    return SettingsError(f"{key}: cannot listen on {address}: {os.strerror(number) if number else error}; {remedy}")


def _number(error: OSError) -> int:
    """The system's number for an error, 0 if unknown. The engine's errors have it only in their text."""
    found = re.search(r"\(os error (\d+)\)", str(error))
    return error.errno or (int(found[1]) if found else 0)
