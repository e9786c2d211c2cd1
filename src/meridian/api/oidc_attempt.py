"""One attempt to sign in with a provider: what goes there with somebody, and has to come back with the same person."""

from __future__ import annotations

import base64
import hashlib
import secrets

import msgspec

HOME = "/console/"


class Attempt(msgspec.Struct, frozen=True):
    """
    What one cookie holds, from leaving for the provider to coming back.

    Everything else follows from the secret, so that the server keeps nothing of somebody who never comes back.

    Attributes:
        secret: 43 characters that the browser alone has.
        to: The page of the console to open then.
    """

    secret: str
    to: str

    @property
    def state(self) -> str:
        """Ties the answer to this browser, and carries the page (RFC 6749 §10.12)."""
        return f"{self._derived(f'state {self.to}')}.{_encoded(self.to.encode())}"

    @property
    def nonce(self) -> str:
        """Ties the ID token to this attempt (OpenID Connect Core 1.0 §15.5.2)."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """Ties the code to this server, 43 characters (RFC 7636 §4.1)."""
        return self._derived("verifier")

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier, by S256 (RFC 7636 §4.2)."""
        return _encoded(hashlib.sha256(self.verifier.encode()).digest())

    def _derived(self, purpose: str) -> str:
        return _encoded(hashlib.sha256(f"{purpose} {self.secret}".encode()).digest())


def begin(to: str) -> Attempt:
    """Begin one; `to` counts only if it is a page of the console."""
    return Attempt(secrets.token_urlsafe(32), to if to.startswith(HOME) and to.isprintable() else HOME)


def resume(secret: str, state: str) -> Attempt | None:
    """The attempt that a browser comes back from; None if it is another browser's, or another attempt's."""
    try:
        to = base64.urlsafe_b64decode(state.rpartition(".")[2] + "==").decode()
    except ValueError:
        return None
    attempt = Attempt(secret, to)
    return attempt if secret and secrets.compare_digest(attempt.state.encode(), state.encode()) else None


def _encoded(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
