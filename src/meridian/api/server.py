"""
The API as a web application.

A request's way is `Api.answer`, from top to bottom. It runs in a worker thread, so that operations
may block; the event loop only reads bodies and sends replies.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import structlog
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from meridian.api import json_calls, oidc_sign_in, session
from meridian.api.context import Context, Operation
from meridian.api.gate import FindCredential, Gate
from meridian.api.http import HttpReply, HttpRequest, HttpStream
from meridian.api.json_calls import JsonCalls
from meridian.api.model import API_VERSION, OperationModel, ServiceModel, load
from meridian.api.native import Native, NativeCall
from meridian.api.oidc_sign_in import OidcSignIn
from meridian.api.refusing import answer_or_refuse
from meridian.api.rest_xml import compile_codec, error_reply
from meridian.api.route import Router
from meridian.api.sign_in import SignIn
from meridian.clock import Clock
from meridian.errors import ApiError
from meridian.settings import Settings

if TYPE_CHECKING:
    from meridian.store.database import Database

BODY_SECONDS = 60.0  # how long a body may take to arrive
WORKERS = 15  # requests being answered at the same time: as many as the database has connections; more wait

log = structlog.get_logger()


def build_app(
    *,
    operations: Mapping[str, Operation],
    database: Database,
    settings: Settings,
    clock: Clock,
    find_secret: FindCredential,
    native: Mapping[str, NativeCall] = MappingProxyType({}),
    extra_routes: Sequence[BaseRoute] = (),
    **surroundings: Any,
) -> Starlette:
    """
    Build the application that serves the API at every path that no other route takes.

    Args:
        operations: What each call does, by the model's name for it. Calls without an entry answer 501.
        find_secret: The credential of an access key id, or None. Called for each signed request, from
            worker threads.
        native: Calls of our own, by their paths; a part of a path in braces becomes one of `HttpRequest.parts`.
        extra_routes: Pages beside the API, such as the console.
        surroundings: What else the operations find in their `Context`, by its fields' names.

    Raises:
        ValueError: `operations` names something that the model does not have.
        SettingsError: The secret of the sign-in provider cannot be read.
    """
    gate = Gate(database, settings, clock, find_secret, **surroundings)
    api = Api(operations, gate, clock, load(settings.regions))
    ours = [Route(path, Endpoint(Native(gate, path, call), settings.max_body)) for path, call in native.items()]
    secure = bool(settings.tls_certificate)
    with_provider = Endpoint(OidcSignIn(database, settings, clock, secure=secure), settings.max_body)
    console = [
        Route(session.PATH, Endpoint(SignIn(database, clock, secure=secure), settings.max_body)),
        *(Route(path, with_provider) for path in (oidc_sign_in.PATH, oidc_sign_in.AWAY, oidc_sign_in.BACK)),
        Route(json_calls.PATH, Endpoint(JsonCalls(gate, operations), settings.max_body)),
    ]
    route53 = Endpoint(api, settings.max_body)
    # First, so that Route 53's calls do not look at every path of ours; it also has what no route takes.
    app = Starlette(routes=[Route(f"/{API_VERSION}{{path:path}}", route53), *ours, *console, *extra_routes])
    app.router.default = route53
    return app


class Api:
    """From a request of Route 53's API to its reply; everything but the socket."""

    def __init__(self, operations: Mapping[str, Operation], gate: Gate, clock: Clock, model: ServiceModel) -> None:
        self._model = model
        unknown = sorted(set(operations) - set(self._model.operations))
        if unknown:
            raise ValueError(f"operations that are not in the service model: {', '.join(unknown)}")
        self._codecs = {name: compile_codec(found, self._model) for name, found in self._model.operations.items()}
        self._router = Router(self._model.operations.values())
        self._operations, self._gate, self._clock = operations, gate, clock

    def answer(self, request: HttpRequest, request_id: str) -> HttpReply:
        """Answer one request; whatever goes wrong is a reply too."""
        started = self._clock.monotonic()
        reply = answer_or_refuse(request, request_id, lambda: self._answer(request, request_id), self.refuse)
        log.debug(
            "api.answered",
            request_id=request_id,
            method=request.method,
            path=request.path.decode("latin-1"),
            status=reply.status,
            took_ms=round((self._clock.monotonic() - started) * 1000, 1),
        )
        return reply

    def refuse(self, error: ApiError, request_id: str) -> HttpReply:
        """Put an error into the API's envelope."""
        return error_reply(error, request_id, self._model)

    def _answer(self, request: HttpRequest, request_id: str) -> HttpReply:
        """The steps in their order. The route comes first because it says whether a signature is needed (R-SIG-5)."""
        route = self._router.find(request.method, request.path)
        operation = route.operation
        context = self._gate.admit(request, request_id, public=operation.public, throttling=_throttling_code(operation))
        codec = self._codecs[operation.name]
        arguments = codec.read(route, request.query, request.body)
        codec.validate(arguments)
        if not operation.public:
            context = self._gate.allow(context, operation.name, arguments)
        reply = self._dispatch(operation, arguments, context)
        return codec.write(reply, request_id)

    def _dispatch(self, operation: OperationModel, arguments: dict[str, Any], context: Context) -> dict[str, Any]:
        function = self._operations.get(operation.name)
        if function is None:
            text = (
                f"{operation.name} is not implemented in this version of Meridian. The changelog of each version "
                "lists the operations it adds; until then, do without this call."
            )
            raise ApiError("NotImplemented", text)
        return function(context, arguments)


def _throttling_code(operation: OperationModel) -> str:
    """Some calls have their own name for it in the model (R-TAG-5)."""
    return "ThrottlingException" if "ThrottlingException" in operation.errors else "Throttling"


class Endpoint:
    """
    The ASGI side: reads a request, has it answered in a worker thread, sends the reply.

    Args:
        max_body: Octets a body may have.
    """

    def __init__(self, api: Api | Native | SignIn | OidcSignIn, max_body: int) -> None:
        self._api = api
        self._max_body = max_body
        self._workers: anyio.CapacityLimiter | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. There is nothing here to open a WebSocket to."""
        if scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
            return
        request_id = str(uuid.uuid4())
        try:
            request = await self._read(scope, receive)
        except ClientDisconnect:
            return
        except ApiError as error:
            reply: HttpReply | HttpStream = self._api.refuse(error, request_id)
        else:
            reply = await anyio.to_thread.run_sync(self._api.answer, request, request_id, limiter=self._limiter())
        await _send(reply, scope, receive, send)

    def _limiter(self) -> anyio.CapacityLimiter:
        """Made at the first request, because it belongs to the running event loop."""
        if self._workers is None:
            self._workers = anyio.CapacityLimiter(WORKERS)
        return self._workers

    async def _read(self, scope: Scope, receive: Receive) -> HttpRequest:
        return HttpRequest(
            method=scope["method"],
            path=scope["raw_path"],
            query=scope["query_string"],
            headers=tuple((bytes(name), bytes(value)) for name, value in scope["headers"]),
            body=await self._read_body(receive),
            parts=scope.get("path_params", {}),
        )

    async def _read_body(self, receive: Receive) -> bytes:
        """Read the body to its end, keeping no more than the limit, so that the client gets to read the reply."""
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise ClientDisconnect
                    chunk = message.get("body", b"")
                    size += len(chunk)
                    if size <= self._max_body:
                        chunks.append(chunk)
                    if not message.get("more_body", False):
                        break
        except TimeoutError:
            text = f"The request body did not arrive within {BODY_SECONDS:.0f} seconds."
            raise ApiError("RequestTimeout", text) from None
        if size > self._max_body:
            text = f"The request body is larger than {self._max_body} octets, the setting max_body of this server."
            raise ApiError("RequestEntityTooLarge", text)
        return b"".join(chunks)


async def _send(reply: HttpReply | HttpStream, scope: Scope, receive: Receive, send: Send) -> None:
    if isinstance(reply, HttpStream):
        response: Response = StreamingResponse(reply.chunks)
    else:
        response = Response(reply.body, reply.status)
    for name, value in reply.headers:
        response.headers.append(name, value)
    await response(scope, receive, send)
