"""
XML request bodies to dictionaries, by the shapes of the model.

Elements may stand in any order (R-API-6), and the namespace may be left out (R-API-1). Each shape
is compiled once into a function from an element to a value. What a schema would refuse is refused
in the words of Route 53's own schema checker (R-ERR-33, R-ERR-34).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lxml import etree

from meridian.api.model import OperationModel
from meridian.api.scalar import is_scalar, parser_of
from meridian.api.validate import LONGEST_VALUE_SHOWN
from meridian.errors import ApiError, InvalidInput

_Element = etree._Element  # what lxml calls the class of its elements
_Reader = Callable[[_Element], Any]

# Lists that the schema lets be no shorter than the model's least length; of others the service sees to it (R-HCF-21).
_COUNTED = frozenset({"HealthCheckRegionList"})
_SCHEMA_TYPES = {"timestamp": "dateTime"}  # XML Schema's name where it is not the model's
_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"  # its attributes are allowed anywhere


def compile_body_reader(operation: OperationModel, namespace: str) -> Callable[[bytes], dict[str, Any]]:
    """
    Compile the function that reads this operation's bodies.

    It takes the body as it came and gives the members found in it. It raises ApiError: MalformedInput
    for what is not XML or has another root (R-API-7), InvalidInput for what the schema refuses.
    A body is not looked at if the operation has none; no octets at all are an empty element.
    """
    root_name = operation.body_root
    if root_name is None:
        return lambda body: {}
    names = _Names(namespace)
    read_members = _structure(operation.input, names, _body_members(operation.input))
    accepted = names.spellings(root_name)

    def read(body: bytes) -> dict[str, Any]:
        root = parse(body) if body else etree.Element(root_name)
        if root.tag not in accepted:
            raise ApiError("MalformedInput", f"{names.shown(root.tag)} is not valid, expected {root_name}")
        found: dict[str, Any] = read_members(root)
        return found

    return read


def parse(body: bytes) -> _Element:
    """
    Read XML, in UTF-8, without document type, entities or network; at most 256 levels deep.

    Raises:
        ApiError: MalformedInput.
    """
    # A parser serves one thread at a time, so each body has its own: about 10 µs.
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise ApiError("MalformedInput", f"The request body is not well-formed XML: {error.msg}") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise ApiError("MalformedInput", "The request body has a document type; leave out <!DOCTYPE …>")
    return root


class _Names:
    """How elements are called: in our namespace or in none, and what they are called in errors."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace

    def spellings(self, name: str) -> tuple[str, str]:
        """Both tags that mean this name; the usual one first."""
        return f"{{{self._namespace}}}{name}", name

    def shown(self, tag: str) -> str:
        """A tag without our namespace; with it if it is another one."""
        return _cut(tag.removeprefix(f"{{{self._namespace}}}"))

    def one_of(self, names: Iterable[str]) -> str:
        """The list of names in the schema checker's form."""
        return "'{" + ", ".join(f'"{self._namespace}":{name}' for name in names) + "}'"


def _body_members(shape: Any) -> dict[str, Any]:
    return {name: inner for name, inner in shape.members.items() if "location" not in inner.serialization}


def _reader(shape: Any, names: _Names) -> _Reader:
    if shape.type_name == "structure":
        return _structure(shape, names, shape.members)
    if shape.type_name == "list":
        return _list(shape, names)
    if is_scalar(shape):
        return _scalar(shape, names)
    raise ValueError(f"{shape.name} is a {shape.type_name}, which this reader does not know")


def _structure(shape: Any, names: _Names, members: Mapping[str, Any]) -> _Reader:
    elements = {member: inner.serialization.get("name", member) for member, inner in members.items()}
    fields = {
        tag: (member, _reader(inner, names))
        for member, inner in members.items()
        for tag in names.spellings(elements[member])
    }
    required = tuple(member for member in shape.required_members if member in members)

    def read(element: _Element) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for child in _children(element, names):
            member, read_member = fields.get(child.tag, ("", None))
            if read_member is None or member in found:
                raise _unexpected(child, names, (elements[other] for other in elements if other not in found))
            found[member] = read_member(child)
        missing = [elements[member] for member in required if member not in found]
        if missing:
            raise _incomplete(element, names, missing)
        return found

    return read


def _list(shape: Any, names: _Names) -> _Reader:
    item = shape.member.serialization.get("name", "member")
    tags = names.spellings(item)
    read_item = _reader(shape.member, names)
    least = shape.metadata.get("min", 0) if shape.name in _COUNTED else 0

    def read(element: _Element) -> list[Any]:
        found = []
        for child in _children(element, names):
            if child.tag not in tags:
                raise _unexpected(child, names, (item,))
            found.append(read_item(child))
        if len(found) < least:
            raise _incomplete(element, names, (item,))
        return found

    return read


def _scalar(shape: Any, names: _Names) -> _Reader:
    parse_text = parser_of(shape)
    allowed = frozenset(getattr(shape, "enum", ()))
    schema_type = _SCHEMA_TYPES.get(shape.type_name, shape.type_name)

    def read(element: _Element) -> Any:
        text = _text(element, names)
        try:
            value = parse_text(text)
        except ValueError:
            what = f"cvc-datatype-valid.1.2.1: '{_cut(text)}' is not a valid value for '{schema_type}'."
            raise _invalid(what) from None
        if allowed and value not in allowed:
            raise _not_in_enumeration(value, shape.enum)
        return value

    return read


def _text(element: _Element, names: _Names) -> str:
    if len(element):
        name = names.shown(element.tag)
        what = f"Element '{name}' is a simple type, so it must have no element information item [children]."
        raise _invalid(f"cvc-type.3.1.2: {what}")
    _expect_no_attributes(element, names)
    return element.text or ""


def _children(element: _Element, names: _Names) -> list[_Element]:
    """The child elements of an element that may hold nothing else."""
    _expect_no_attributes(element, names)
    children = list(element)
    for text in (element.text, *(child.tail for child in children)):
        if text and not text.isspace():
            name = names.shown(element.tag)
            what = (
                f"Element '{name}' cannot have character [children], because the type's content type is element-only."
            )
            raise _invalid(f"cvc-complex-type.2.3: {what}")
    return children


def _expect_no_attributes(element: _Element, names: _Names) -> None:
    for attribute in map(str, element.attrib):
        if not attribute.startswith(_INSTANCE):
            name = names.shown(element.tag)
            what = f"Attribute '{_cut(attribute)}' is not allowed to appear in element '{name}'."
            raise _invalid(f"cvc-complex-type.3.2.2: {what}")


def _unexpected(child: _Element, names: _Names, expected: Iterable[str]) -> InvalidInput:
    what = f"Invalid content was found starting with element '{names.shown(child.tag)}'."
    rest = tuple(expected)
    if not rest:
        return _invalid(f"cvc-complex-type.2.4.d: {what} No child element is expected at this point.")
    return _invalid(f"cvc-complex-type.2.4.a: {what} One of {names.one_of(rest)} is expected.")


def _incomplete(element: _Element, names: _Names, missing: Iterable[str]) -> InvalidInput:
    what = f"The content of element '{names.shown(element.tag)}' is not complete."
    return _invalid(f"cvc-complex-type.2.4.b: {what} One of {names.one_of(missing)} is expected.")


def _not_in_enumeration(value: str, allowed: Iterable[str]) -> InvalidInput:
    what = f"Value '{_cut(value)}' is not facet-valid with respect to enumeration '[{', '.join(allowed)}]'."
    return _invalid(f"cvc-enumeration-valid: {what} It must be a value from the enumeration.")


def _cut(text: str) -> str:
    """What is shown of a text, so that a reply is never as long as a request."""
    return text[:LONGEST_VALUE_SHOWN]


def _invalid(what: str) -> InvalidInput:
    return InvalidInput(f"Invalid XML ; {what}")
