r"""
Record data: the API's text to wire octets and back (R-TYP-1..18, R-TXT-1..7).

dnspython checks and encodes. What the API writes differently from a zone file is read here: `\ooo`
is octal, names are always absolute, strings need their quotes. Names are lower-cased, which is also
their canonical form for signatures (RFC 4034 §6.2).

Most values are of a few types and written plainly. These are read without dnspython, by quick ways
that give the same octets or nothing: whatever they do not take goes the long way.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from functools import partial
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from typing import Any, NamedTuple

import dns.exception
import dns.ipv4
import dns.ipv6
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype

from meridian.model import name as names
from meridian.model.name import Name
from meridian.model.record import TYPES

MAX_VALUE = 4000  # characters of one value (R-TYP-17)
MAX_STRING = 255  # octets of one character-string, RFC 1035 §3.3

_IN = dns.rdataclass.IN
_COUNTS = ("No", "Single", "Two", "Three", "Four", "Five", "Six", "Seven")  # as in MXRRDATANotTwoFields

# Words and quoted strings without a blank between them make one field.
_FIELD = re.compile(r'(?:[^ "\\]|\\.|"(?:[^"\\]|\\.)*")+')
_FIELDS_ONLY = re.compile(rf" *(?:{_FIELD.pattern}(?: +|$))*")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_STRINGS_ONLY = re.compile(rf" *(?:{_STRING.pattern} *)+")  # `"a""b"` is two strings: Terraform sends such
_PLAIN_STRING = re.compile(r'"([ !#-\[\]-~]{0,255})"')
_PLAIN_STRINGS = re.compile(r'"[ !#-\[\]-~]{0,255}"(?: +"[ !#-\[\]-~]{0,255}")*')
_BLANKS = re.compile(r"[ \t]+")
_PLAIN_MX = re.compile(r"([0-9]{1,5}) ([^ ]+)")
_PLAIN_SRV = re.compile(r"([0-9]{1,5}) ([0-9]{1,5}) ([0-9]{1,5}) ([^ ]+)")
_ESCAPE = re.compile(r'\\(?:([0-3][0-7]{2})|(["\\])|.?)')
_DECIMAL_ESCAPE = re.compile(r"\\(?:([0-9]{3})|.)")
_MASTER_FILE_ONLY = re.compile(r"[;()]")  # comments and line breaks there, nothing in the API
_NUMBER = re.compile(r"[0-9]{1,10}")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_TAG = re.compile(r"[0-9A-Za-z]{1,255}")


class BadValue(ValueError):
    """
    A value that its type does not allow.

    Attributes:
        code: What is wrong in the API's own word, such as `ARRDATAIllegalIPv4Address` (R-TYP-18).
        explanation: The same as half a sentence.
        value: The text that was refused.
    """

    def __init__(self, code: str, explanation: str, value: str) -> None:
        super().__init__(f"FATAL problem: {code} ({explanation}) encountered with '{value}'")
        self.code = code
        self.explanation = explanation
        self.value = value


class _Problem(Exception):
    """A code and its explanation, on the way to the BadValue that adds the value."""

    def __init__(self, code: str, explanation: str) -> None:
        super().__init__(code)
        self.code = code
        self.explanation = explanation


class _Field(NamedTuple):
    """
    One field of a value, in both directions.

    Attributes:
        name: What error codes call it.
        attribute: What dnspython calls it.
        read: Its text to what dnspython takes; None for text that breaks the rule.
        show: What dnspython holds to its text.
        rule: What the text must be, as the end of a sentence that begins with the name.
    """

    name: str
    attribute: str
    read: Callable[[str], Any]
    show: Callable[[Any], str]
    rule: str = ""


def encode(type: str, value: str) -> bytes:
    """
    Turn one value of the API into RDATA.

    Args:
        type: One of the 17 types of `record.TYPES`.
        value: The text of one ResourceRecord.

    Returns:
        RDATA octets; names are uncompressed and in lower case.

    Raises:
        BadValue: The type does not allow the value; says why in the API's words.
    """
    if (quick := _QUICK_ENCODERS.get(type)) and (wire := quick(value)) is not None:
        return wire
    return encode_at_length(type, value)


def encode_at_length(type: str, value: str) -> bytes:
    """Do as `encode` without its quick ways, which must not be told from this one."""
    try:
        _check_characters(value)
        return _ENCODERS[type](value)
    except _Problem as problem:
        raise BadValue(problem.code, problem.explanation, value) from None
    except names.BadName as bad:
        raise BadValue(bad.code, bad.explanation, value) from None


def decode(type: str, rdata: bytes) -> str:
    """
    Write RDATA as the API writes values; `encode` reads it back to the same octets.

    Raises:
        ValueError: The octets are not RDATA of this type.
    """
    try:
        parsed = dns.rdata.from_wire(_IN, _number_of(type), rdata, 0, len(rdata))
    except (dns.exception.DNSException, ValueError) as error:
        raise ValueError(f"not {type} record data: {error}") from None
    return _DECODERS[type](parsed)


def from_master(type: str, text: str, origin: str) -> str | None:
    """
    Read the record data of a master file (RFC 1035 §5.1) in the quick way.

    Args:
        text: All behind the type in one line, without blanks at the ends, comment or parentheses.
        origin: What relative names are under, absolute, with its final dot.

    Returns:
        The value as `decode` writes it; None for what dnspython has to look at.
    """
    quick = _QUICK_MASTER.get(type)
    return quick(text, origin) if quick else None


def to_master(type: str, value: str) -> str:
    """
    Write a value of the API as the record data of a master file.

    Raises:
        BadValue: As `encode`.
    """
    quick = _QUICK_ENCODERS.get(type)
    if quick is None or quick(value) is None:
        wire = encode(type, value)
        return dns.rdata.from_wire(_IN, _number_of(type), wire, 0, len(wire)).to_text()
    return value if type in _WITHOUT_NAMES or value.endswith(".") else f"{value}."


# --- text to wire, the quick ways


def _quick_a(value: str) -> bytes | None:
    try:
        return inet_pton(AF_INET, value)
    except (OSError, ValueError):
        return None


def _quick_aaaa(value: str) -> bytes | None:
    try:
        return inet_pton(AF_INET6, value)
    except (OSError, ValueError):
        return None


def _quick_mx(value: str) -> bytes | None:
    found = _PLAIN_MX.fullmatch(value)
    return _numbers_and_name(found.groups()) if found else None


def _quick_srv(value: str) -> bytes | None:
    found = _PLAIN_SRV.fullmatch(value)
    return _numbers_and_name(found.groups()) if found else None


def _numbers_and_name(fields: tuple[str, ...]) -> bytes | None:
    """Numbers of 16 bits, then a name."""
    numbers = [int(field) for field in fields[:-1]]
    name = names.simple_wire(fields[-1])
    return struct.pack(f"!{len(numbers)}H", *numbers) + name if name and max(numbers) <= 65535 else None


def _quick_txt(value: str) -> bytes | None:
    if len(value) > MAX_VALUE or not _PLAIN_STRINGS.fullmatch(value):
        return None
    return b"".join([bytes((len(string),)) + string.encode("ascii") for string in _PLAIN_STRING.findall(value)])


_QUICK_ENCODERS: dict[str, Callable[[str], bytes | None]] = {
    "A": _quick_a,
    "AAAA": _quick_aaaa,
    "NS": names.simple_wire,
    "CNAME": names.simple_wire,
    "PTR": names.simple_wire,
    "MX": _quick_mx,
    "SRV": _quick_srv,
    "TXT": _quick_txt,
    "SPF": _quick_txt,
}
_WITHOUT_NAMES = frozenset({"A", "AAAA", "TXT", "SPF"})


# --- a master file's text to the API's, the quick ways


def _master_a(text: str, _origin: str) -> str | None:
    return text if _quick_a(text) else None


def _master_aaaa(text: str, _origin: str) -> str | None:
    wire = _quick_aaaa(text)
    return inet_ntop(AF_INET6, wire) if wire else None


def _master_name(text: str, origin: str) -> str | None:
    absolute = origin if text == "@" else text if text.endswith(".") else f"{text}.{origin}"
    return absolute.lower() if names.simple_wire(absolute) else None


def _master_fields(count: int, text: str, origin: str) -> str | None:
    """Numbers of 16 bits, then a name."""
    fields = _BLANKS.split(text)
    if len(fields) != count or not all(_NUMBER.fullmatch(field) and int(field) <= 65535 for field in fields[:-1]):
        return None
    name = _master_name(fields[-1], origin)
    return " ".join([*(str(int(field)) for field in fields[:-1]), name]) if name else None


def _master_txt(text: str, _origin: str) -> str | None:
    return (
        " ".join([f'"{string}"' for string in _PLAIN_STRING.findall(text)]) if _PLAIN_STRINGS.fullmatch(text) else None
    )


_QUICK_MASTER: dict[str, Callable[[str, str], str | None]] = {
    "A": _master_a,
    "AAAA": _master_aaaa,
    "NS": _master_name,
    "CNAME": _master_name,
    "PTR": _master_name,
    "MX": partial(_master_fields, 2),
    "SRV": partial(_master_fields, 4),
    "TXT": _master_txt,
    "SPF": _master_txt,
}


# --- text to wire, at length


def _check_characters(value: str) -> None:
    if len(value) > MAX_VALUE:
        raise _Problem("CharacterStringTooLong", "Value is too long")
    if not (value.isascii() and value.isprintable()):
        raise _Problem("UnsupportedCharacter", "Value contains unsupported characters")


def _encode_a(value: str) -> bytes:
    if " " in value:
        raise _Problem("ARRDATANotSingleField", "Value contains spaces")
    try:
        return dns.ipv4.inet_aton(value)
    except dns.exception.SyntaxError:
        raise _Problem("ARRDATAIllegalIPv4Address", "Value is not a valid IPv4 address") from None


def _encode_aaaa(value: str) -> bytes:
    if " " in value:
        raise _Problem("AAAARRDATANotSingleField", "Value contains spaces")
    try:
        return dns.ipv6.inet_aton(value)
    except dns.exception.SyntaxError:
        raise _Problem("AAAARRDATAIllegalIPv6Address", "Value is not a valid IPv6 address") from None


def _encode_name(value: str) -> bytes:
    return names.parse(value).wire


def _encode_txt(value: str) -> bytes:
    if not _STRINGS_ONLY.fullmatch(value):
        raise _unquoted()
    return _wire("TXT", [[_short(_octets(text)) for text in _STRING.findall(value)]])


def _encode_fields(type: str, value: str) -> bytes:
    return _wire(type, _read(type, _split(value)))


def _encode_naptr(value: str) -> bytes:
    fields = _read("NAPTR", _split(value))
    _, _, flags, _, regexp, replacement = fields
    if flags.upper() not in (b"", b"A", b"P", b"S", b"U"):
        raise _Problem("NAPTRRRDATAIllegalFlags", "Flags must be A, P, S, U or empty")
    if bool(regexp) == (replacement != dns.name.root):
        raise _Problem("NAPTRRRDATAIllegalReplacement", "Value must have either a regular expression or a replacement")
    return _wire("NAPTR", fields)


def _encode_svcb(type: str, value: str) -> bytes:
    """Read priority and target here; parameters differ from a zone file in their escapes only (R-TYP-15)."""
    fields = _split(value)
    priority, target = _read(type, fields[:2])
    params = " ".join(_master_file(field) for field in fields[2:])
    try:
        return _octets_of(dns.rdata.from_text(_IN, _number_of(type), f"{priority} {target} {params}"))
    except (dns.exception.DNSException, ValueError) as error:
        raise _Problem(f"{type}RRDATAIllegalParameters", str(error)) from None


def _wire(type: str, values: list[Any]) -> bytes:
    number = _number_of(type)
    rdata_class = dns.rdata.get_rdata_class(_IN, number)  # type: ignore[no-untyped-call]
    try:
        return _octets_of(rdata_class(_IN, number, *values))
    except (dns.exception.DNSException, ValueError) as error:
        raise _Problem(f"{type}RRDATAIllegalFormat", str(error)) from None


def _number_of(type: str) -> dns.rdatatype.RdataType:
    return dns.rdatatype.RdataType(TYPES[type])


def _octets_of(rdata: dns.rdata.Rdata) -> bytes:
    wire = rdata.to_wire()
    assert wire is not None  # it would be if we gave it a file to write to
    return wire


def _split(value: str) -> list[str]:
    if not _FIELDS_ONLY.fullmatch(value):
        raise _unquoted()
    return _FIELD.findall(value)


def _read(type: str, texts: list[str]) -> list[Any]:
    fields = _FIELDS[type]
    count = len(fields)
    if fields[-1].read is _read_hex and len(texts) > count:
        # Zone files break long digests with blanks, and people copy them.
        texts = [*texts[: count - 1], "".join(texts[count - 1 :])]
    if len(texts) != count:
        raise _Problem(f"{type}RRDATANot{_COUNTS[count]}Fields", f"{type} record doesn't have {count} fields")
    return [_read_field(type, field, text) for field, text in zip(fields, texts, strict=True)]


def _read_field(type: str, field: _Field, text: str) -> Any:
    read = field.read(text)
    if read is None:
        raise _Problem(f"{type}RRDATAIllegal{field.name}", f"{field.name} must be {field.rule}")
    return read


def _read_number(maximum: int, text: str) -> int | None:
    return number if _NUMBER.fullmatch(text) and (number := int(text)) <= maximum else None


def _read_name(text: str) -> dns.name.Name:
    return dns.name.Name((*names.parse(text).labels, b""))


def _read_hex(text: str) -> bytes | None:
    return bytes.fromhex(text) if _HEX.fullmatch(text) else None


def _read_tag(text: str) -> bytes | None:
    return text.encode("ascii") if _TAG.fullmatch(text) else None


def _read_string(text: str) -> bytes:
    if not (quoted := _STRING.fullmatch(text)):
        raise _unquoted()
    return _octets(quoted[1])


def _read_short_string(text: str) -> bytes:
    return _short(_read_string(text))


def _unquoted() -> _Problem:
    return _Problem("InvalidCharacterString", "Value should be enclosed in quotation marks")


def _short(octets: bytes) -> bytes:
    if len(octets) > MAX_STRING:
        raise _Problem("CharacterStringTooLong", "Value is too long")
    return octets


def _octets(text: str) -> bytes:
    return _ESCAPE.sub(lambda found: chr(_escaped(found)), text).encode("latin-1")


def _escaped(found: re.Match[str]) -> int:
    r"""Give the octet that an escape of the API stands for: `\ooo`, `\"` or `\\` (R-TXT-1)."""
    octal, itself = found.groups()
    if octal is None and itself is None:
        raise _Problem("UnsupportedCharacter", "Value contains unsupported characters")
    return int(octal, 8) if octal else ord(itself)


def _master_file(param: str) -> str:
    if _MASTER_FILE_ONLY.search(_STRING.sub("", param)):
        raise _Problem("UnsupportedCharacter", "Value contains unsupported characters")
    return _ESCAPE.sub(_to_decimal, param)


def _to_decimal(found: re.Match[str]) -> str:
    return f"\\{_escaped(found):03d}"


# --- wire to text


def _decode_address(rdata: Any) -> str:
    address: str = rdata.address
    return address


def _decode_txt(rdata: Any) -> str:
    return " ".join(_show_string(string) for string in rdata.strings)


def _decode_fields(type: str, rdata: Any) -> str:
    return " ".join(field.show(getattr(rdata, field.attribute)) for field in _FIELDS[type])


def _decode_svcb(type: str, rdata: Any) -> str:
    params = rdata.to_text().split(" ")[2:]
    return " ".join([_decode_fields(type, rdata), *(_DECIMAL_ESCAPE.sub(_to_octal, param) for param in params)])


def _to_octal(found: re.Match[str]) -> str:
    return f"\\{int(found[1]):03o}" if found[1] else found[0]


def _show_number(number: int) -> str:
    return str(int(number))


def _show_name(name: dns.name.Name) -> str:
    return names.plain(Name(tuple(label.lower() for label in name.labels[:-1])))


def _show_string(octets: bytes) -> str:
    return '"' + "".join(map(_SHOWN.__getitem__, octets)) + '"'


def _show_tag(octets: bytes) -> str:
    return octets.decode("ascii")


_SHOWN = [chr(octet) if 0x20 <= octet < 0x7F else f"\\{octet:03o}" for octet in range(256)]
_SHOWN[ord('"')] = '\\"'
_SHOWN[ord("\\")] = "\\\\"


# --- the types


def _number(name: str, attribute: str, maximum: int) -> _Field:
    rule = f"an integer between 0 and {maximum}"
    return _Field(name, attribute, partial(_read_number, maximum), _show_number, rule)


def _name(attribute: str) -> _Field:
    return _Field(attribute.capitalize(), attribute, _read_name, _show_name)


def _hex(name: str, attribute: str) -> _Field:
    return _Field(name, attribute, _read_hex, bytes.hex, "hexadecimal digits, two for an octet")


def _string(name: str, attribute: str) -> _Field:
    return _Field(name, attribute, _read_short_string, _show_string)


_MAX_SECONDS = 2**31 - 1  # RFC 2181 §8

_FIELDS: dict[str, tuple[_Field, ...]] = {
    "NS": (_name("target"),),
    "CNAME": (_name("target"),),
    "PTR": (_name("target"),),
    "SOA": (
        _name("mname"),
        _name("rname"),
        _number("Serial", "serial", 2**32 - 1),
        _number("Refresh", "refresh", _MAX_SECONDS),
        _number("Retry", "retry", _MAX_SECONDS),
        _number("Expire", "expire", _MAX_SECONDS),
        _number("Minimum", "minimum", _MAX_SECONDS),
    ),
    "MX": (_number("Priority", "preference", 65535), _name("exchange")),
    "SRV": (
        _number("Priority", "priority", 65535),
        _number("Weight", "weight", 65535),
        _number("Port", "port", 65535),
        _name("target"),
    ),
    "NAPTR": (
        _number("Order", "order", 65535),
        _number("Preference", "preference", 65535),
        _string("Flags", "flags"),
        _string("Service", "service"),
        _string("Regexp", "regexp"),
        _name("replacement"),
    ),
    "DS": (
        _number("KeyTag", "key_tag", 65535),
        _number("Algorithm", "algorithm", 255),
        _number("DigestType", "digest_type", 255),
        _hex("Digest", "digest"),
    ),
    "SSHFP": (
        _number("Algorithm", "algorithm", 255),
        _number("FingerprintType", "fp_type", 255),
        _hex("Fingerprint", "fingerprint"),
    ),
    "TLSA": (
        _number("Usage", "usage", 255),
        _number("Selector", "selector", 255),
        _number("MatchingType", "mtype", 255),
        _hex("Data", "cert"),
    ),
    "CAA": (
        _number("Flags", "flags", 255),
        _Field("Tag", "tag", _read_tag, _show_tag, "letters and digits"),
        _Field("Value", "value", _read_string, _show_string),
    ),
    "SVCB": (_number("Priority", "priority", 65535), _name("target")),
    "HTTPS": (_number("Priority", "priority", 65535), _name("target")),
}

_ENCODERS: dict[str, Callable[[str], bytes]] = {
    **{type: partial(_encode_fields, type) for type in _FIELDS},
    "A": _encode_a,
    "AAAA": _encode_aaaa,
    "NS": _encode_name,
    "CNAME": _encode_name,
    "PTR": _encode_name,
    "TXT": _encode_txt,
    "SPF": _encode_txt,
    "NAPTR": _encode_naptr,
    "SVCB": partial(_encode_svcb, "SVCB"),
    "HTTPS": partial(_encode_svcb, "HTTPS"),
}

_DECODERS: dict[str, Callable[[Any], str]] = {
    **{type: partial(_decode_fields, type) for type in _FIELDS},
    "A": _decode_address,
    "AAAA": _decode_address,
    "TXT": _decode_txt,
    "SPF": _decode_txt,
    "SVCB": partial(_decode_svcb, "SVCB"),
    "HTTPS": partial(_decode_svcb, "HTTPS"),
}
