"""The API's certificate, which may change while the server runs."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from meridian.errors import SettingsError

LOOK_SECONDS = 5.0  # how often the files are looked at

log = structlog.get_logger()


class Certificate:
    """
    A certificate with its key, read anew when the files change.

    New connections get what was read last and fits together; those that are open stay as they are.

    Args:
        certificate: PEM, with the chain behind the certificate.
        key: PEM; may be the same file.

    Raises:
        SettingsError: The files cannot be read, or do not fit together.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        self._files = (certificate, key)
        self._seen = _stamps(self._files)
        self._current = _load(*self._files)
        self._woken = asyncio.Event()
        self.context = _load(*self._files)
        """What connections begin with; each is handed over to the newest one at once."""
        self.context.sni_callback = self._hand_over

    def wake(self) -> None:
        """Look now, whether or not the files seem to have changed. On the event loop only."""
        self._seen = ()
        self._woken.set()

    def look(self) -> bool:
        """Read the files again if they have changed, and tell whether they are in use now."""
        stamps = _stamps(self._files)
        if stamps == self._seen:
            return False
        self._seen = stamps
        try:
            self._current = _load(*self._files)
        except SettingsError as error:
            log.warning("tls.not_reloaded", reason=str(error))
            return False
        log.info("tls.reloaded", certificate=str(self._files[0]))
        return True

    async def run(self) -> None:
        """Look every few seconds, and when woken, until cancelled."""
        while True:
            self._woken.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), LOOK_SECONDS)
            await asyncio.to_thread(self.look)

    def _hand_over(self, connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, context: ssl.SSLContext) -> None:
        connection.context = self._current


def _load(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    for setting, file in (("tls_certificate", certificate), ("tls_key", key)):
        try:
            file.read_bytes()
        except OSError as error:
            raise SettingsError(
                f"{setting}: {file}: {error.strerror}; name a PEM file that this user can read"
            ) from None
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (ssl.SSLError, ValueError) as error:
        reason = getattr(error, "reason", None) or str(error)
        raise SettingsError(
            f"tls_certificate: {certificate} and {key}: {reason}; give a certificate in PEM with the key that fits it"
        ) from None
    return context


def _no_password() -> str:
    raise ValueError("the key is locked by a password")


def _stamps(files: Sequence[Path]) -> tuple[object, ...]:
    """What tells that a file is another one, or has other contents; links are followed."""
    found: list[object] = []
    for file in files:
        try:
            stat = file.stat()
        except OSError:
            found.append(None)
        else:
            found.append((stat.st_ino, stat.st_mtime_ns, stat.st_size))
    return tuple(found)
