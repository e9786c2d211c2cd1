"""Who may come in: checks signatures and rates, and gives each call its context."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from meridian.api import sigv4
from meridian.api.context import ANYONE, Caller, Context
from meridian.api.http import HttpRequest
from meridian.api.throttle import Throttle
from meridian.clock import Clock
from meridian.model.account import Credential
from meridian.settings import Settings

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
        return msgspec.structs.replace(self._context, caller=caller, request_id=request_id)

    def _caller(self, request: HttpRequest, public: bool) -> Caller:
        if public and not sigv4.is_signed(request):
            return ANYONE
        credential = sigv4.verify(request, self._find_secret, self._clock.now())
        return Caller(credential.account_id, credential.user, credential.access_key_id)
