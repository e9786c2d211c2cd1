"""
Signing in to the console: a cookie stands for a signature.

The cookie is out of reach of scripts and is not sent from other sites. A request that changes
something also needs a header that no other origin can set without asking first, and nothing here
answers such a question (CORS).
"""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie

from meridian.api.http import HttpRequest
from meridian.errors import ApiError

PATH = "/console/api/session"
COOKIE = "meridian-session"
CONSOLE_HEADER = b"x-meridian-console"
_SAFE = frozenset({"GET", "HEAD"})


def token(request: HttpRequest) -> str | None:
    """
    The session that a request belongs to; None if it names none.

    Raises:
        ApiError: It would change something, and might come from another site.
    """
    found = cookie_of(request, COOKIE)
    if found is not None and request.method not in _SAFE and not request.header(CONSOLE_HEADER):
        raise ApiError("AccessDenied", "A request with a cookie needs the header X-Meridian-Console.", status=403)
    return found


def cookie(token: str, seconds: int, *, secure: bool) -> str:
    """The header that keeps a session, or ends it with 0 seconds."""
    flags = "; Secure" if secure else ""
    return f"{COOKIE}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{flags}"


def not_signed_in() -> ApiError:
    """What the console takes for a reason to show its sign-in."""
    return ApiError("SignInNeeded", "Nobody is signed in, or the session has ended.", status=401)


def cookie_of(request: HttpRequest, name: str) -> str | None:
    """The value of a cookie; None if there is none."""
    try:
        found = SimpleCookie(request.header(b"cookie")).get(name)
    except CookieError:
        return None
    return None if found is None else found.value
