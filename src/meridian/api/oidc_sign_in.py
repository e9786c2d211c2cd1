"""
Signing in to the console with an OpenID Connect provider: away to it, and back with a code.

A person follows links here, so what goes wrong is not shown as it is but told on the sign-in page, which asks once.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import msgspec
import structlog

from meridian.api import oidc_attempt, oidc_user
from meridian.api import session as cookies
from meridian.api.http import HttpReply, HttpRequest
from meridian.api.native import refusal, reply
from meridian.api.oidc_provider import Provider
from meridian.api.oidc_user import refused
from meridian.api.refusing import answer_or_refuse
from meridian.api.sign_in import begin
from meridian.clock import Clock
from meridian.errors import ApiError
from meridian.settings import Settings
from meridian.store import session

if TYPE_CHECKING:
    from meridian.model.account import User
    from meridian.store.database import Database

PATH = "/console/api/sign-in"
AWAY = f"{PATH}/oidc"
BACK = f"{AWAY}/callback"

_ATTEMPT = "meridian-sign-in"
_ATTEMPT_SECONDS = 600  # how long somebody may take to sign in there
_REFUSED = "meridian-refused"
_REFUSED_SECONDS = 60
_LONGEST_TEXT = 1000  # characters of a refusal; a cookie holds 4,096 octets

log = structlog.get_logger()


class OidcSignIn:
    """
    From a request about signing in with the provider to its reply.

    Args:
        secure: Whether the API is served over TLS, so that cookies are sent over nothing else.

    Raises:
        SettingsError: The file with the provider's secret cannot be read.
    """

    def __init__(self, database: Database, settings: Settings, clock: Clock, *, secure: bool) -> None:
        self._database, self._settings, self._clock, self._secure = database, settings, clock, secure
        redirect_uri = settings.base_url + BACK
        self._provider = Provider(settings, clock, redirect_uri) if settings.oidc_issuer else None

    def answer(self, request: HttpRequest, request_id: str) -> HttpReply:
        """Answer one request; whatever goes wrong is told on the sign-in page."""
        return answer_or_refuse(request, request_id, lambda: self._answer(request, request_id), self.refuse)

    def refuse(self, error: ApiError, request_id: str) -> HttpReply:
        """Send somebody to the sign-in page, which tells what was wrong."""
        log.warning("console.refused", by="oidc", code=error.code, reason=error.message, request_id=request_id)
        if error.status == 405:
            return refusal(error, request_id)
        told = {"code": error.code, "message": error.message[:_LONGEST_TEXT], "requestId": request_id}
        kept = base64.urlsafe_b64encode(msgspec.json.encode(told)).decode()
        ended = self._cookie(_ATTEMPT, "", 0, AWAY, "Lax")
        return _redirect(
            oidc_attempt.HOME, request_id, self._cookie(_REFUSED, kept, _REFUSED_SECONDS, PATH, "Strict"), ended
        )

    def _answer(self, request: HttpRequest, request_id: str) -> HttpReply:
        if request.method != "GET":
            raise ApiError("MethodNotAllowed", "This path takes GET.", status=405)
        path = request.path.decode("latin-1")
        if path == PATH:
            return self._ways(request, request_id)
        if self._provider is None:
            raise refused("This server knows no provider to sign in with; the setting oidc_issuer names one.")
        asked = {name: values[0] for name, values in parse_qs(request.query.decode("latin-1")).items()}
        if path == AWAY:
            return self._away(self._provider, asked.get("to", ""), request_id)
        return self._back(self._provider, request, asked, request_id)

    def _ways(self, request: HttpRequest, request_id: str) -> HttpReply:
        """What the sign-in page offers, and why the last sign-in came to nothing."""
        kept = cookies.cookie_of(request, _REFUSED)
        shown = {"provider": None if self._provider is None else self._provider.name, "refused": _told(kept)}
        forgotten = [("Set-Cookie", self._cookie(_REFUSED, "", 0, PATH, "Strict"))] if kept else []
        return reply(200, shown, request_id, ("Cache-Control", "no-store"), *forgotten)

    def _away(self, provider: Provider, to: str, request_id: str) -> HttpReply:
        attempt = oidc_attempt.begin(to)
        # Strict would not come along from the provider's pages.
        kept = self._cookie(_ATTEMPT, attempt.secret, _ATTEMPT_SECONDS, AWAY, "Lax")
        return _redirect(provider.address(attempt), request_id, kept)

    def _back(self, provider: Provider, request: HttpRequest, asked: dict[str, str], request_id: str) -> HttpReply:
        attempt = oidc_attempt.resume(cookies.cookie_of(request, _ATTEMPT) or "", asked.get("state", ""))
        if attempt is None:
            raise refused(
                "This sign-in was not begun in this browser, or too long ago. Begin again at "
                f"{self._settings.base_url}{oidc_attempt.HOME}, the setting public_url."
            )
        if asked.get("iss", self._settings.oidc_issuer) != self._settings.oidc_issuer:
            raise refused(f"The answer is not from {provider.name} but from {asked['iss']} (RFC 9207).")
        if "code" not in asked:
            reason = asked.get("error_description") or asked.get("error") or "it gives no reason"
            raise refused(f"{provider.name} did not sign you in: {reason}.")
        claims = provider.claims(asked["code"], attempt)
        user = self._user(claims)
        log.info("console.signed_in", by="oidc", user=user.name, subject=claims.get("sub"), request_id=request_id)
        kept = begin(self._database, user, self._clock, secure=self._secure)
        return _redirect(attempt.to, request_id, kept, self._cookie(_ATTEMPT, "", 0, AWAY, "Lax"))

    def _user(self, claims: oidc_user.Claims) -> User:
        with self._database.read() as conn:
            for name in oidc_user.names(claims, self._settings):
                found = session.named(conn, name)
                if found is not None:
                    return found
        raise oidc_user.nobody(claims, self._settings)

    def _cookie(self, name: str, value: str, seconds: int, path: str, same_site: str) -> str:
        flags = "; Secure" if self._secure else ""
        return f"{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite={same_site}{flags}"


def _told(kept: str | None) -> dict[str, str] | None:
    """What a cookie of ours says of a refusal; None if it says nothing."""
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(kept or ""), type=dict[str, str])
    except ValueError:
        return None


def _redirect(to: str, request_id: str, *kept: str) -> HttpReply:
    """Send a browser elsewhere, with cookies."""
    headers = [("x-amzn-RequestId", request_id), ("Location", to), ("Cache-Control", "no-store")]
    headers += [("Referrer-Policy", "no-referrer"), *(("Set-Cookie", cookie) for cookie in kept)]
    return HttpReply(303, tuple(headers), b"")
