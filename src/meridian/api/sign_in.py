"""The console's session: begun with a password, asked about, ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import structlog

from meridian.api import session as cookies
from meridian.api.http import HttpReply, HttpRequest
from meridian.api.json_batch import decode
from meridian.api.native import refusal, reply
from meridian.api.refusing import answer_or_refuse
from meridian.api.throttle import Throttle
from meridian.clock import Clock
from meridian.errors import ApiError
from meridian.model.account import User
from meridian.store import session

if TYPE_CHECKING:
    from meridian.store.database import Database

ATTEMPTS_PER_SECOND = 0.5  # for each user: a word list gets nowhere

log = structlog.get_logger()


class Given(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody signs in with."""

    user: str
    password: str


class SignIn:
    """
    From a request about the session to its reply.

    Args:
        secure: Whether the API is served over TLS, so that the cookie is sent over nothing else.
    """

    def __init__(self, database: Database, clock: Clock, *, secure: bool) -> None:
        self._database, self._clock, self._secure = database, clock, secure
        self._attempts = Throttle(ATTEMPTS_PER_SECOND, clock)

    def answer(self, request: HttpRequest, request_id: str) -> HttpReply:
        """Answer one request; whatever goes wrong is a reply too."""
        return answer_or_refuse(request, request_id, lambda: self._answer(request, request_id), self.refuse)

    def refuse(self, error: ApiError, request_id: str) -> HttpReply:
        """Write an error as calls of our own do."""
        return refusal(error, request_id)

    def _answer(self, request: HttpRequest, request_id: str) -> HttpReply:
        match request.method:
            case "GET":
                return reply(200, _shown(self._signed_in(request)), request_id)
            case "POST":
                return self._begin(request, request_id)
            case "DELETE":
                return self._end(request, request_id)
            case _:
                raise ApiError("MethodNotAllowed", "This path takes GET, POST and DELETE.", status=405)

    def _signed_in(self, request: HttpRequest) -> User:
        token = cookies.token(request)
        with self._database.read() as conn:
            found = None if token is None else session.find(conn, token, self._clock.now())
        if found is None:
            raise cookies.not_signed_in()
        return found

    def _begin(self, request: HttpRequest, request_id: str) -> HttpReply:
        if not request.header(cookies.CONSOLE_HEADER):
            raise ApiError("AccessDenied", "Signing in needs the header X-Meridian-Console.", status=403)
        given = decode(request.body, Given)
        self._attempts.take(given.user)
        with self._database.read() as conn:
            user = session.verified(conn, given.user, given.password)
        if user is None:
            log.warning("console.refused", user=given.user, request_id=request_id)
            raise ApiError("SignInFailed", "There is no such user, or the password is another one.", status=403)
        kept = begin(self._database, user, self._clock, secure=self._secure)
        return reply(200, _shown(user), request_id, ("Set-Cookie", kept))

    def _end(self, request: HttpRequest, request_id: str) -> HttpReply:
        token = cookies.token(request)
        if token is not None:
            with self._database.write() as conn:
                session.end(conn, token)
        return reply(200, {}, request_id, ("Set-Cookie", cookies.cookie("", 0, secure=self._secure)))


def begin(database: Database, user: User, clock: Clock, *, secure: bool) -> str:
    """Sign a user in, and give the header of the cookie that keeps the session."""
    with database.write() as conn:
        token = session.begin(conn, user, clock.now())
    return cookies.cookie(token, int(session.LIVES.total_seconds()), secure=secure)


def _shown(user: User) -> dict[str, object]:
    return {"user": user.name, "accountId": user.account_id, "owner": user.owner}
