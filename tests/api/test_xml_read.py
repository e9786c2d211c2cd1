from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.api.model import load
from meridian.api.xml_read import compile_body_reader
from meridian.errors import ApiError
from tests.effort import calls

MODEL = load()
NS = MODEL.namespace
READERS = {name: compile_body_reader(operation, NS) for name, operation in MODEL.operations.items()}


def change(record_set: str, action: str = "UPSERT") -> str:
    return f"<Change><Action>{action}</Action><ResourceRecordSet>{record_set}</ResourceRecordSet></Change>"


def batch(changes: str, root: str = "ChangeResourceRecordSetsRequest", namespace: str = NS) -> bytes:
    return f'<{root} xmlns="{namespace}"><ChangeBatch><Changes>{changes}</Changes></ChangeBatch></{root}>'.encode()


def read(body: bytes) -> dict[str, Any]:
    return READERS["ChangeResourceRecordSets"](body)


def record_set(inside: str) -> dict[str, Any]:
    found = read(batch(change(f"<Name>a</Name><Type>A</Type>{inside}")))["ChangeBatch"]["Changes"][0][
        "ResourceRecordSet"
    ]
    return {key: value for key, value in found.items() if key not in ("Name", "Type")}


@pytest.mark.parametrize(
    ("inside", "members"),
    [
        ("<TTL>60</TTL>", {"TTL": 60}),
        ("<TTL> +60\n</TTL>", {"TTL": 60}),
        ("<TTL>-1</TTL>", {"TTL": -1}),
        ("<MultiValueAnswer>true</MultiValueAnswer>", {"MultiValueAnswer": True}),
        ("<MultiValueAnswer>0</MultiValueAnswer>", {"MultiValueAnswer": False}),
        ("<SetIdentifier/>", {"SetIdentifier": ""}),
        ("<SetIdentifier> a  b\n</SetIdentifier>", {"SetIdentifier": " a  b\n"}),
        ("<SetIdentifier>&lt;&amp;&#233;&#xe9;é</SetIdentifier>", {"SetIdentifier": "<&ééé"}),
        ("<SetIdentifier>a<!-- no -->b<?no no?>c</SetIdentifier>", {"SetIdentifier": "abc"}),
        ("<SetIdentifier><![CDATA[<a>]]></SetIdentifier>", {"SetIdentifier": "<a>"}),
        ("<SetIdentifier><![CDATA[<!DOCTYPE x>]]></SetIdentifier>", {"SetIdentifier": "<!DOCTYPE x>"}),
        ("<GeoLocation/>", {"GeoLocation": {}}),
        ("<ResourceRecords/>", {"ResourceRecords": []}),
        (
            "<ResourceRecords>\n <ResourceRecord><Value>1</Value></ResourceRecord>\n"
            "<ResourceRecord><Value>2</Value></ResourceRecord></ResourceRecords>",
            {"ResourceRecords": [{"Value": "1"}, {"Value": "2"}]},
        ),
        (
            "<AliasTarget><EvaluateTargetHealth>false</EvaluateTargetHealth><DNSName>x</DNSName>"
            "<HostedZoneId>/hostedzone/Z1</HostedZoneId></AliasTarget>",
            {"AliasTarget": {"EvaluateTargetHealth": False, "DNSName": "x", "HostedZoneId": "Z1"}},
        ),
        ('<TTL xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="long">1</TTL>', {"TTL": 1}),
        (f'<p:TTL xmlns:p="{NS}">1</p:TTL>', {"TTL": 1}),
        ('<TTL xmlns="">1</TTL>', {"TTL": 1}),
    ],
)
def test_elements_are_read(inside: str, members: dict[str, Any]) -> None:
    """Elements become members of the model's types; blanks between elements mean nothing, inside text they do."""
    assert record_set(inside) == members


@pytest.mark.parametrize(
    "body",
    [
        batch(change("<Type>A</Type><Name>a</Name>")),
        batch(change("<Name>a</Name><Type>A</Type>")),
        batch(
            "<Change><ResourceRecordSet><Name>a</Name><Type>A</Type></ResourceRecordSet><Action>UPSERT</Action></Change>"
        ),
        batch(change("<Name>a</Name><Type>A</Type>"), namespace=""),
        b'<?xml version="1.0" encoding="UTF-8"?>\n' + batch(change("<Name>a</Name><Type>A</Type>")) + b"\n",
        b"\xef\xbb\xbf" + batch(change("<Name>a</Name><Type>A</Type>")),
    ],
)
def test_order_namespace_and_declaration_are_free(body: bytes) -> None:
    """Element order is free and the namespace may be missing (R-API-1, R-API-6, R-CHG-19)."""
    expected = {"Action": "UPSERT", "ResourceRecordSet": {"Name": "a", "Type": "A"}}

    assert read(body) == {"ChangeBatch": {"Changes": [expected]}}


@pytest.mark.parametrize(
    ("name", "body", "found"),
    [
        ("UpdateHostedZoneComment", b"", {}),
        ("UpdateHostedZoneComment", b"<UpdateHostedZoneCommentRequest/>", {}),
        ("GetHostedZone", b"anything at all", {}),
        ("ActivateKeySigningKey", b"<x/>", {}),
    ],
)
def test_bodies_that_are_empty_or_not_looked_at(name: str, body: bytes, found: dict[str, Any]) -> None:
    """No octets are an empty element; calls without a body ignore what comes."""
    assert READERS[name](body) == found


NAME_AND_TYPE = "<Name>a</Name><Type>A</Type>"
BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
).encode()
MALFORMED = "The request body is not well-formed XML: "
DOCTYPE = "The request body has a document type; leave out <!DOCTYPE …>"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"hello", MALFORMED),
        (b"{}", MALFORMED),
        (b" ", MALFORMED),
        (b"\x00\xff", MALFORMED),
        (b"<a>", MALFORMED),
        (b"<a></b>", MALFORMED),
        (b"<a/><b/>", MALFORMED),
        (b"<a>&b;</a>", MALFORMED),
        (b"<a>\x01</a>", MALFORMED),
        (b"<a>\xff</a>", MALFORMED),
        (b"<a b='1' b='2'/>", MALFORMED),
        ("<a/>".encode("utf-16"), MALFORMED),
        (b"<a>" * 300 + b"</a>" * 300, MALFORMED),
        (batch("")[:-1], MALFORMED),
        (b"<!DOCTYPE x>" + batch(""), DOCTYPE),
        (b'<!DOCTYPE x [<!ENTITY e "1">]>' + batch(change("<Name>&e;</Name>")), DOCTYPE),
        (b'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">' + batch(""), DOCTYPE),
        (b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + batch(change("<Name>&e;</Name>")), DOCTYPE),
        (BOMB + batch(change("<Name>&i;</Name>")), MALFORMED),
        (b"<ChangeBatch/>", "ChangeBatch is not valid, expected ChangeResourceRecordSetsRequest"),
        (batch("", root="Wrong"), "Wrong is not valid, expected ChangeResourceRecordSetsRequest"),
        (
            batch("", namespace="https://route53.amazonaws.com/doc/2012-12-12/"),
            "{https://route53.amazonaws.com/doc/2012-12-12/}ChangeResourceRecordSetsRequest is not valid, "
            "expected ChangeResourceRecordSetsRequest",
        ),
    ],
)
def test_what_is_no_request_is_malformed(body: bytes, message: str) -> None:
    """What is not XML, has a document type or another root is MalformedInput (R-API-7)."""
    with pytest.raises(ApiError) as raised:
        read(body)

    assert raised.value.code == "MalformedInput"
    assert raised.value.message.startswith(message)


@pytest.mark.parametrize("place", ["<Name>&i;</Name>", "<Name a='&i;'/>", "<Name>&i;&i;&i;&i;</Name>"])
def test_entity_bombs_are_cheap(place: str) -> None:
    """A document that would grow a billionfold costs next to nothing: it is refused with its first declaration."""

    def refuse() -> None:
        with pytest.raises(ApiError, match="MalformedInput"):
            read(BOMB + batch(change(place)))

    refuse()  # what the first call loads is not counted
    tracemalloc.start()
    refuse()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert calls(refuse) < 1000
    assert most < 100_000


def expected(*names: str) -> str:
    return "One of '{" + ", ".join(f'"{NS}":{name}' for name in names) + "}' is expected."


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            batch(
                change(f"{NAME_AND_TYPE}<AliasTarget><HostedZoneId>Z</HostedZoneId><DNSName>x</DNSName></AliasTarget>")
            ),
            "cvc-complex-type.2.4.b: The content of element 'AliasTarget' is not complete. "
            + expected("EvaluateTargetHealth"),
        ),
        (
            batch(change("")),
            "cvc-complex-type.2.4.b: The content of element 'ResourceRecordSet' is not complete. "
            + expected("Name", "Type"),
        ),
        (
            b"",
            "cvc-complex-type.2.4.b: The content of element 'ChangeResourceRecordSetsRequest' is not complete. "
            + expected("ChangeBatch"),
        ),
        (
            batch(change(NAME_AND_TYPE, action="upsert")),
            "cvc-enumeration-valid: Value 'upsert' is not facet-valid with respect to enumeration "
            "'[CREATE, DELETE, UPSERT]'. It must be a value from the enumeration.",
        ),
        (
            batch(change("<Name>a</Name><Type/>")),
            "cvc-enumeration-valid: Value '' is not facet-valid with respect to enumeration '[SOA, A, TXT, ",
        ),
        (
            batch("<Change><Action>CREATE</Action><Set/></Change>"),
            "cvc-complex-type.2.4.a: Invalid content was found starting with element 'Set'. "
            + expected("ResourceRecordSet"),
        ),
        (
            batch(f"{change(NAME_AND_TYPE)}<change/>"),
            f"cvc-complex-type.2.4.a: Invalid content was found starting with element 'change'. {expected('Change')}",
        ),
        (
            batch("<Change><Action>CREATE</Action><Action>CREATE</Action></Change>"),
            "cvc-complex-type.2.4.a: Invalid content was found starting with element 'Action'. "
            + expected("ResourceRecordSet"),
        ),
        (
            batch(change(NAME_AND_TYPE)[: -len("</Change>")] + "<More/></Change>"),
            "cvc-complex-type.2.4.d: Invalid content was found starting with element 'More'. "
            "No child element is expected at this point.",
        ),
        (
            batch(change('<Name xmlns="urn:x">a</Name>')),
            "cvc-complex-type.2.4.a: Invalid content was found starting with element '{urn:x}Name'. ",
        ),
        (
            batch(change(f"{NAME_AND_TYPE}<TTL>1.5</TTL>")),
            "cvc-datatype-valid.1.2.1: '1.5' is not a valid value for 'long'.",
        ),
        (batch(change(f"{NAME_AND_TYPE}<TTL/>")), "cvc-datatype-valid.1.2.1: '' is not a valid value for 'long'."),
        (
            batch(change(f"{NAME_AND_TYPE}<TTL>{'9' * 5000}</TTL>")),
            f"cvc-datatype-valid.1.2.1: '{'9' * 1024}' is not a valid value for 'long'.",
        ),
        (
            batch(change(f"{NAME_AND_TYPE}<MultiValueAnswer>True</MultiValueAnswer>")),
            "cvc-datatype-valid.1.2.1: 'True' is not a valid value for 'boolean'.",
        ),
        (
            batch(change(f"{NAME_AND_TYPE}<TTL><b/></TTL>")),
            "cvc-type.3.1.2: Element 'TTL' is a simple type, so it must have no element information item [children].",
        ),
        (
            batch(f"text{change(NAME_AND_TYPE)}"),
            "cvc-complex-type.2.3: Element 'Changes' cannot have character [children], because the type's content type "
            "is element-only.",
        ),
        (
            batch(f"<{'x' * 5000}/>", namespace=""),
            f"cvc-complex-type.2.4.a: Invalid content was found starting with element '{'x' * 1024}'. ",
        ),
        (batch(f"{change(NAME_AND_TYPE)}text"), "cvc-complex-type.2.3: Element 'Changes' cannot have character"),
        (
            batch(change("<Name a='1'>a</Name><Type>A</Type>")),
            "cvc-complex-type.3.2.2: Attribute 'a' is not allowed to appear in element 'Name'.",
        ),
        (
            batch(change(NAME_AND_TYPE).replace("<Change>", "<Change a='1'>")),
            "cvc-complex-type.3.2.2: Attribute 'a' is not allowed to appear in element 'Change'.",
        ),
    ],
)
def test_what_the_schema_refuses_is_invalid(body: bytes, message: str) -> None:
    """Unknown, doubled, missing and ill-typed elements are InvalidInput in a schema's words (R-API-6, R-ERR-33..34)."""
    with pytest.raises(ApiError) as raised:
        read(body)

    assert raised.value.code == "InvalidInput"
    assert raised.value.message.startswith(f"Invalid XML ; {message}")


@given(body=st.binary() | st.text().map(lambda text: batch(change(text))) | st.text().map(batch))
def test_no_body_does_anything_but_be_read_or_refused(body: bytes) -> None:
    """Any octets are a request or one of two errors."""
    try:
        assert set(read(body)) == {"ChangeBatch"}
    except ApiError as error:
        assert error.code in ("MalformedInput", "InvalidInput")  # noqa: PT017  both ends are right


@pytest.mark.parametrize("regions", ["", "<Region>us-east-1</Region><Region>us-west-1</Region>"])
def test_too_few_checker_regions_are_told_by_the_schema(regions: str) -> None:
    """R-HCF-21: of this list the schema checks the least length; others are left to those who read them."""
    root = f'<UpdateHealthCheckRequest xmlns="{NS}"><Regions>{regions}</Regions></UpdateHealthCheckRequest>'
    with pytest.raises(ApiError) as refused:
        READERS["UpdateHealthCheck"](root.encode())

    text = "cvc-complex-type.2.4.b: The content of element 'Regions' is not complete."
    assert (refused.value.code, refused.value.message) == (
        "InvalidInput",
        f"Invalid XML ; {text} {expected('Region')}",
    )
