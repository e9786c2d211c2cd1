"""Telling the service manager how the program is: systemd's `sd_notify(3)`, or whatever set NOTIFY_SOCKET."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

import structlog

log = structlog.get_logger()


def tell(state: str, environ: Mapping[str, str] = os.environ) -> None:
    """
    Tell a state, such as `READY=1` or `STOPPING=1`; without a service manager nothing is done.

    Never raises: who does not listen does not stop the program.
    """
    address = environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]  # of the abstract namespace, unix(7)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifying:
            notifying.connect(address)
            notifying.send(state.encode())
    except OSError as error:
        log.warning("service_manager.unreachable", address=address, reason=error.strerror)
