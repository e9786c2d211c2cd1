"""Who may come in: checks signatures, rates and policies, and gives each call its context."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from meridian.api import access, session, sigv4
from meridian.api.authorize import require
from meridian.api.context import ANYONE, Caller, Context
from meridian.api.http import HttpRequest
from meridian.api.throttle import Throttle
from meridian.api.trail import Trail
from meridian.clock import Clock
from meridian.model.account import Credential
from meridian.model.audit import Actor, Changed
from meridian.model.authorization import EVERYTHING
from meridian.model.iam import Policy
from meridian.settings import Settings
from meridian.store import policy
from meridian.store import session as sessions

if TYPE_CHECKING:
    from meridian.store.database import Database

FindCredential = Callable[[str], Credential | None]


class Gate:
    """
    One for all calls of a server, so that an account's rate is one, whatever it calls.

    Args:
        find_secret: The credential of an access key id, or None. Called for each signed request, from
            worker threads.
        surroundings: What else the operations find in their `Context`, by its fields' names.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        clock: Clock,
        find_secret: FindCredential,
        **surroundings: Any,
    ) -> None:
        self._throttle = Throttle(settings.requests_per_second, clock)
        self._context = Context(database, settings, clock, ANYONE, "", **surroundings)
        self._find_secret, self._clock = find_secret, clock

    def admit(
        self, request: HttpRequest, request_id: str, *, public: bool = False, throttling: str = "Throttling"
    ) -> Context:
        """
        Let a request in.

        Args:
            public: Whether it may come without a signature (R-SIG-5).
            throttling: What a refusal for its rate is called.

        Raises:
            ApiError: The signature is missing or wrong, or the account calls too often.
        """
        caller = self._caller(request, public)
        self._throttle.take(caller.account_id, throttling)
        return msgspec.structs.replace(
            self._context, caller=caller, request_id=request_id, policies=self._policies(caller)
        )

    def allow(self, context: Context, operation: str, arguments: Mapping[str, Any]) -> Context:
        """
        Let an admitted request do what it asks, and keep a trail of it.

        Raises:
            ApiError: AccessDenied.
        """
        action = f"{access.SERVICE}:{operation}"
        about = access.resources(operation, arguments, context.caller.account_id)
        require(context, action, about, access.values(operation, arguments))
        kind, _, id_ = about[0].rpartition(":")[2].partition("/")
        return _with_trail(context, action, Changed(kind if id_ else "request", id_, None, arguments))

    def allow_native(self, context: Context, path: str, request: HttpRequest) -> Context:
        """
        Let an admitted request make a call of our own, unless the call asks by itself, and keep a trail of it.

        Args:
            path: With the names of its parts in braces.

        Raises:
            ApiError: AccessDenied.
        """
        rule = access.NATIVE.get((request.method, path), access.UNLISTED)
        action, resource = f"meridian:{request.method} {path}", EVERYTHING
        if rule is not None:
            action, resource = rule.action, rule.resource(request.parts, context.caller.account_id)
            require(context, action, [resource])
        kind, _, id_ = resource.rpartition(":")[2].partition("/")
        asked = Changed(kind if id_ else "request", id_, None, _json(request.body))
        return _with_trail(context, action, asked)

    def _policies(self, caller: Caller) -> tuple[Policy, ...]:
        if caller.owner or caller == ANYONE:
            return ()
        with self._context.database.read() as conn:
            return policy.policies(conn, caller.account_id, caller.user)

    def _caller(self, request: HttpRequest, public: bool) -> Caller:
        if not sigv4.is_signed(request):
            token = session.token(request)
            if token is not None:
                return self._signed_in(token)
            if public:
                return ANYONE
        credential = sigv4.verify(request, self._find_secret, self._clock.now())
        return Caller(credential.account_id, credential.user, credential.access_key_id, credential.owner)

    def _signed_in(self, token: str) -> Caller:
        with self._context.database.read() as conn:
            user = sessions.find(conn, token, self._clock.now())
        if user is None:
            raise session.not_signed_in()
        return Caller(user.account_id, user.name, "", user.owner)


def _with_trail(context: Context, action: str, asked: Changed) -> Context:
    caller = context.caller
    actor = Actor(caller.account_id, caller.user, caller.access_key_id, context.request_id, action)
    trail = Trail(actor, context.clock, asked)
    database = context.database.with_writes_in(trail.around)
    return msgspec.structs.replace(context, trail=trail, database=database)


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return {}
