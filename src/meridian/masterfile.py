"""
Reading master files (RFC 1035 §5), quickly.

Most lines of a large file are one record each, written plainly. These are read here; every other
entry goes to dnspython, between the same origin, default TTL and last owner. So nothing is read
differently than dnspython reads it, and a million records take seconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.tokenizer
import dns.zonefile

from meridian.errors import MeridianError
from meridian.model import rdata
from meridian.model.name import Name, plain
from meridian.model.record import TYPES
from meridian.policy_comment import Marks, read_comment

_NO_MARKS: Marks = {}
_HARMLESS = ("$ORIGIN", "$TTL")  # directives that read no other file, and make no records
_MAX_TTL = 2**31 - 1  # seconds, RFC 2181 §8
_MANY = 32  # values from which on a set tells whether one is there already

# Owner, or blanks for the last one; TTL; class; type; the rest, which may be quoted strings, without an escape.
_LINE = re.compile(
    r"([A-Za-z0-9_-][A-Za-z0-9_.-]*|@)?[ \t]+(?:([0-9]{1,10})[ \t]+)?(?:IN[ \t]+)?"
    r'(A|AAAA|NS|CNAME|PTR|MX|SRV|TXT|SPF)[ \t]+([^;()"\\ \t][^;()"\\]*?|(?:"[^"\\]*"[ \t]*)+?)[ \t]*',
    re.IGNORECASE,
)
_PLAIN_NAME = re.compile(r"(?:[a-z0-9_-]+\.)+")
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"?|\\.|;.*|[()]')


class Records(NamedTuple):
    """
    The records of one owner, type and set identifier, in the order of the file, none twice.

    Attributes:
        name: The owner as the API shows it.
        ttl: Seconds; the least of all of them (RFC 2181 §5.2).
        values: As the API writes them; for a type that hosted zones cannot hold, as dnspython does.
    """

    name: str
    type: str
    ttl: int
    values: tuple[str, ...]
    marks: Marks


class Reader:
    """
    One master file, read line by line.

    Args:
        apex: Relative names are under it until the file says otherwise; names outside it are passed over.
        file: What errors name.
        trusted: Whether `$INCLUDE` and `$GENERATE` are read.

    Attributes:
        problems: What is wrong with records that could be read as such, for people.
        record_sets: Those that comments hold, in the API's form.
    """

    def __init__(self, apex: Name, file: Path, *, trusted: bool = True) -> None:
        self.problems: list[str] = []
        self.record_sets: list[dict[str, Any]] = []
        self._file = file
        self._apex = apex.text
        self._below = f".{apex.text}" if apex.labels else "."
        self._found: dict[tuple[str, str, str], list[Any]] = {}  # TTL, marks, then values
        self._many: dict[tuple[str, str, str], set[str]] = {}
        self._marks = _NO_MARKS
        self._last: str | None = self._apex  # the last owner, where we have read it ourselves
        self._long = dns.zonefile.Reader(  # no public class, but the only way to read on from the middle of a file
            dns.tokenizer.Tokenizer(""),
            dns.rdataclass.IN,
            _Receiver(dns.name.Name((*apex.labels, b"")), self._take),  # type: ignore[arg-type]  # all that it asks for
            allow_include=True,
            allow_directives=True if trusted else _HARMLESS,
        )
        self._origin = self._plain_origin()

    def read(self, text: str) -> Iterator[Records]:
        """
        Read the whole file.

        Raises:
            MeridianError: An entry cannot be read; names the file and the line.
        """
        lines = text.split("\n")
        at = 0
        while at < len(lines):
            at = at + 1 if self._quick(lines[at]) else self._entry(lines, at)
        del text, lines  # a large file's, and what is given away, is not needed twice
        for key in list(self._found):
            ttl, marks, *values = self._found.pop(key)
            yield Records(key[0], key[1], ttl, tuple(values), marks)

    # --- the quick way

    def _quick(self, line: str) -> bool:
        """Read a plain line; tell whether it was one."""
        found = _LINE.fullmatch(line)
        if found is None or not self._origin:
            return False
        owner, ttl_text, type_, text = found.groups()
        name = self._last if owner is None else self._owner(owner)
        if name is None:
            return False
        if name != self._apex and not name.endswith(self._below):
            self._last = name
            return True
        ttl = self._default_ttl() if ttl_text is None else int(ttl_text)
        if ttl is None or ttl > _MAX_TTL:
            return False
        type_ = type_.upper()
        value = rdata.from_master(type_, text, self._origin)
        if value is None:
            return False
        self._last = name
        if ttl_text is not None:
            self._long.last_ttl, self._long.last_ttl_known = ttl, True
        self._add(name, type_, ttl, value)
        return True

    def _owner(self, text: str) -> str | None:
        return rdata.from_master("PTR", text, self._origin)

    def _default_ttl(self) -> int | None:
        long = self._long
        return long.default_ttl if long.default_ttl_known and not long.default_ttl_from_soa else None

    def _plain_origin(self) -> str:
        """The origin, with its final dot; empty where names under it are not plain."""
        origin = self._long.current_origin
        return "" if origin is None else _plain(origin) or ""

    # --- the long way

    def _entry(self, lines: list[str], at: int) -> int:
        """Read the entry that begins at a line, whatever it is; give the line after it."""
        end = _end(lines, at)
        try:
            comment = read_comment(lines[at], self._apex)
        except ValueError as error:
            raise MeridianError(f"{self._file}:{at + 1}: {error}") from None
        self.record_sets += comment.record_sets
        if not comment.instead:
            self._marks = comment.marks
            self._read_long("\n".join(lines[at:end]) + "\n", at + 1, end)
            self._marks = _NO_MARKS
        return end

    def _read_long(self, text: str, first: int, last: int) -> None:
        """Have dnspython read an entry, which stands in lines `first` to `last`."""
        long = self._long
        if self._last is not None:
            long.last_name = dns.name.from_text(self._last)
        long.tok = dns.tokenizer.Tokenizer(text, str(self._file))
        long.tok.line_number = first
        try:
            long.read()
        except OSError as error:
            raise MeridianError(f"{error.filename or self._file}: {error.strerror or error}") from None
        except (dns.exception.DNSException, ValueError) as error:
            raise MeridianError(self._problem(str(error) or type(error).__name__, last)) from None
        finally:
            if long.current_file is not None:  # an included one, in which something is wrong
                long.current_file.close()
        self._origin = self._plain_origin()
        self._last = None if long.last_name is None else _plain(long.last_name)

    def _problem(self, said: str, last: int) -> str:
        """What dnspython said, with the right line: it names the line after, if it had read to the end of one."""
        found = re.fullmatch(rf"{re.escape(str(self._file))}:(\d+): (.*)", said, re.DOTALL)
        if found is None:
            return said if ":" in said.split(" ")[0] else f"{self._file}:{last}: {said}"
        return f"{self._file}:{min(int(found[1]), last)}: {found[2]}"

    def _take(self, owner: dns.name.Name, ttl: int, record: dns.rdata.Rdata) -> None:
        """Take a record from dnspython."""
        name, type_ = _name(owner), dns.rdatatype.to_text(record.rdtype)
        if record.rdtype == dns.rdatatype.SOA and name.text != self._apex:
            raise ValueError(f"{plain(name)} has an SOA record, and is not the zone's own name")
        value = record.to_text()
        if type_ in TYPES:
            try:
                wire = record.to_wire()
                assert wire is not None  # it would be if we gave it a file to write to
                value = rdata.decode(type_, wire)
            except ValueError as error:
                self.problems.append(f"{plain(name)} {type_} {value}: {error}")
        self._add(name.text, type_, ttl, value)

    # --- both

    def _add(self, name: str, type_: str, ttl: int, value: str) -> None:
        key = (name, type_, self._marks.get("SetIdentifier", ""))
        held = self._found.get(key)
        if held is None:
            self._found[key] = [ttl, self._marks, value]
            return
        held[0] = min(held[0], ttl)
        if len(held) < _MANY:
            if value not in held[2:]:
                held.append(value)
            return
        known = self._many.setdefault(key, set(held[2:]))
        if value not in known:
            known.add(value)
            held.append(value)


class _Receiver:
    """What dnspython's reader takes for a transaction: it hands over each record."""

    def __init__(self, origin: dns.name.Name, take: Callable[[dns.name.Name, int, dns.rdata.Rdata], None]) -> None:
        self._origin = origin
        self.add = take
        self.manager = self

    def origin_information(self) -> tuple[dns.name.Name, bool, dns.name.Name]:
        """Names stay absolute."""
        return self._origin, False, self._origin

    def check_put_rdataset(self, check: object) -> None:
        """What may stand beside what is for the server to say."""

    def _set_origin(self, origin: dns.name.Name) -> None:
        """The reader keeps it itself."""

    def add_unicode(self, version: str) -> None:
        """Which Unicode names are written in makes no difference to what has been read."""


def _end(lines: list[str], at: int) -> int:
    """The line after the entry that begins at a line: parentheses hold lines together (RFC 1035 §5.1)."""
    depth = 0
    while at < len(lines):
        for token in _TOKENS.findall(lines[at]):
            depth += (token == "(") - (token == ")")
        at += 1
        if depth <= 0:
            break
    return at


def _name(name: dns.name.Name) -> Name:
    return Name(tuple(label.lower() for label in name.labels[:-1]))


def _plain(name: dns.name.Name) -> str | None:
    """The name's text, if it is read back as the same in the quick way."""
    text = _name(name).text
    return text if _PLAIN_NAME.fullmatch(text) else None
