"""Everything that the model's shapes can hold goes through the stock client's serialiser and parser, and ours."""

from __future__ import annotations

from typing import Any

import pytest

from meridian.api.rest_xml import error_reply
from meridian.errors import ApiError
from tests.api.client import OPERATIONS, SERVICE, send, understand, understand_error
from tests.api.shapes import variants
from tests.api.test_rest_xml import CODECS, MODEL, read


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_request_arrives(name: str) -> None:
    """Each member alone and all together, lists of none, one and several, each value of each enumeration."""
    for arguments in variants(MODEL.operations[name].input):
        assert read(send(name, arguments)) == (name, arguments)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_reply_arrives(name: str) -> None:
    """The same for what is answered, with the operation's own status."""
    operation = MODEL.operations[name]
    for answer in variants(operation.output):
        reply = CODECS[name].write(answer, "request-1")
        assert (reply.status, understand(name, reply)) == (operation.status, answer)


@pytest.mark.parametrize("shape", SERVICE.error_shapes, ids=lambda shape: shape.name)
def test_every_error_arrives(shape: Any) -> None:
    """R-EEN-1, R-EEN-2, R-EEN-6: code, text, status and what else an error says, as the client's exception has them."""
    code = shape.error_code
    others = {name: inner for name, inner in shape.members.items() if name.lower() != "message"}
    cases = [{}, *({name: value} for name, inner in others.items() for value in variants(inner))]
    for members in cases:
        reply = error_reply(ApiError(code, "a < b & é", members=members), "request-1", MODEL)
        found = understand_error(code, reply)
        assert reply.status == shape.metadata.get("error", {}).get("httpStatusCode", 400)
        assert (found["Error"]["Code"], found["Error"]["Message"]) == (code, "a < b & é")
        assert {name: found.get(name) for name in members} == members
        assert found["ResponseMetadata"]["RequestId"] == "request-1"


def test_the_cases_are_many() -> None:
    """Guards the tests above: hundreds of requests and of replies, and no operation with a member has but one."""
    requests = {name: len(list(variants(operation.input))) for name, operation in MODEL.operations.items()}
    replies = {name: len(list(variants(operation.output))) for name, operation in MODEL.operations.items()}

    assert (sum(requests.values()) > 1000, sum(replies.values()) > 1000) == (True, True), (requests, replies)
    assert all(count > 2 for name, count in requests.items() if MODEL.operations[name].input.members)
