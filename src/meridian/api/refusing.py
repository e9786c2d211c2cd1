"""Whatever goes wrong with a request is a reply too."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import structlog

from meridian.api.http import HttpReply, HttpRequest
from meridian.errors import ApiError

log = structlog.get_logger()

R = TypeVar("R")


def answer_or_refuse(
    request: HttpRequest, request_id: str, answer: Callable[[], R], refuse: Callable[[ApiError, str], HttpReply]
) -> R | HttpReply:
    """Give what `answer` gives, or what `refuse` makes of its error; an error of ours is logged."""
    try:
        return answer()
    except ApiError as error:
        return refuse(error, request_id)
    except Exception:
        path = request.path.decode("latin-1")
        log.exception("api.failed", request_id=request_id, method=request.method, path=path)
        text = f"The server failed on this request. Its log says why under request id {request_id}."
        return refuse(ApiError("InternalFailure", text), request_id)
