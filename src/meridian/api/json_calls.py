"""The operations of the public API over JSON, for the console: the same functions, the same checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import botocore.validate

from meridian.api.context import Context, Operation
from meridian.api.gate import Gate
from meridian.api.http import HttpRequest
from meridian.api.ids import bare_id
from meridian.api.json_batch import decode, require_numbers
from meridian.api.model import PREFIXED_ID_SHAPES, load
from meridian.api.native import Native
from meridian.api.validate import compile_validator
from meridian.errors import ApiError, InvalidInput

PATH = "/console/api/call/{operation}"


class JsonCalls(Native):
    """
    From a request that names an operation in its path to that operation's reply.

    Args:
        operations: As the API in XML has them.
    """

    def __init__(self, gate: Gate, operations: Mapping[str, Operation]) -> None:
        super().__init__(gate, PATH, self._operate)
        self._operations = operations

    def _allow(self, context: Context, request: HttpRequest) -> Context:
        """Ask later: what the operation is about stands in its arguments."""
        return context

    def _operate(self, context: Context, request: HttpRequest) -> Any:
        name = request.parts["operation"]
        regions = tuple(sorted(context.settings.regions))
        model = load(regions)
        function = self._operations.get(name)
        if function is None:
            code = "NotImplemented" if name in model.operations else "UnknownOperationException"
            raise ApiError(code, f"{name} is no operation of this version of Meridian.")
        operation = model.operations[name]
        given, shape = decode(request.body or b"{}", dict[str, Any]), operation.input
        report = botocore.validate.ParamValidator().validate(given, shape)
        if report.has_errors():
            raise InvalidInput(report.generate_report())
        require_numbers(given, shape, "")
        arguments = _bare(given, shape)
        _validator(name, regions)(arguments)
        reply = function(self._gate.allow(context, name, arguments), arguments)
        return reply if operation.output is None else _bare(reply, operation.output)


def _bare(value: Any, shape: Any) -> Any:
    """Ids come with and without a prefix (R-API-9), and go without one: paths of pages are made of them."""
    match shape.type_name:
        case "structure":
            return {member: _bare(found, shape.members[member]) for member, found in value.items()}
        case "list":
            return [_bare(item, shape.member) for item in value]
        case "string" if shape.name in PREFIXED_ID_SHAPES:
            return bare_id(value)
        case _:
            return value


@cache
def _validator(name: str, regions: tuple[str, ...]) -> Callable[[Mapping[str, Any]], None]:
    return compile_validator(load(regions).operations[name].input)
