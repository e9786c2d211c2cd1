"""Reading who may take zones."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from meridian.errors import SettingsError
from meridian.model.name import parse
from meridian.model.secondary import Address, secondaries
from meridian.settings import Settings, line_of, load

SECRET = base64.b64encode(bytes(range(32))).decode()
KEYS = {"xfr.example.net": {"secret": SECRET}}


def test_what_is_read() -> None:
    """Addresses have port 53 unless they say another, and may take zones themselves; a key has HMAC-SHA-256."""
    given = {
        "ns2": {"addresses": ["192.0.2.53", "[2001:db8::53]:5353", "192.0.2.54:54"], "networks": ["198.51.100.0/24"]},
        "ns3": {"key": "xfr.example.net", "zones": ["Example.COM", "example.net."]},
    }
    known = secondaries(Settings(tsig_keys=KEYS, secondaries=given))
    ns2, ns3 = known.all
    assert ns2.addresses == (Address("192.0.2.53", 53), Address("2001:db8::53", 5353), Address("192.0.2.54", 54))
    assert list(map(str, ns2.networks)) == ["192.0.2.53/32", "2001:db8::53/128", "192.0.2.54/32", "198.51.100.0/24"]
    assert (ns2.key, ns2.zones, ns2.has(parse("any.example"))) == (None, (), True)
    assert ns3.key == known.keys[0]
    assert (known.keys[0].algorithm, known.keys[0].secret) == ("hmac-sha256", bytes(range(32)))
    assert [ns3.has(parse(name)) for name in ("example.com", "example.net", "www.example.com")] == [True, True, False]
    assert known.have(parse("any.example"))
    assert not secondaries(Settings()).have(parse("any.example"))


WRONG: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"k": 3}, {}, "tsig_keys.k: give secret, and algorithm if it is not hmac-sha256, on lines of [tsig_keys.k]"),
    ({"k": {"secret": "c2hvcnQ="}}, {}, "tsig_keys.k.secret: it is not 16 octets or more in base64"),
    ({"k": {"secret": "not base64, but long enough"}}, {}, "tsig_keys.k.secret: it is not 16 octets or more"),
    ({"k": {"secret": SECRET, "algorithm": "hmac-md5"}}, {}, "tsig_keys.k.algorithm: 'hmac-md5'; choose from hmac-"),
    ({"k": {"secret": SECRET, "size": 3}}, {}, "tsig_keys.k: there is no 'size'; the keys are algorithm, secret"),
    ({"a..b": {"secret": SECRET}}, {}, "tsig_keys.a..b: 'a..b' is not a domain name"),
    ({}, {"s": "192.0.2.1"}, "secondaries.s: anybody could take zones; give addresses, networks or key on a line of"),
    ({}, {"s": {"zones": ["example.com"]}}, "secondaries.s: anybody could take zones; give addresses, networks or key"),
    ({}, {"s": {"addresses": []}}, 'secondaries.s.addresses: give a list such as addresses = ["…"], or leave it out'),
    ({}, {"s": {"addresses": "192.0.2.1"}}, 'secondaries.s.addresses: give a list such as addresses = ["…"]'),
    ({}, {"s": {"addresses": ["ns2.example"]}}, "secondaries.s.addresses: '[ns2.example]:53' is not ADDRESS:PORT"),
    ({}, {"s": {"networks": ["192.0.2.1/24"]}}, "secondaries.s.networks: '192.0.2.1/24' is not a block such as"),
    (KEYS, {"s": {"key": "other"}}, "secondaries.s.key: there is no key 'other' in tsig_keys; there are: xfr.example."),
    ({}, {"s": {"key": "other"}}, "secondaries.s.key: there is no key 'other' in tsig_keys; there are: none"),
    (KEYS, {"s": {"key": "xfr.example.net", "zones": ["a..b"]}}, "secondaries.s.zones: 'a..b' is not a domain name"),
    (KEYS, {"s": {"key": "xfr.example.net", "zone": "b"}}, "secondaries.s: there is no 'zone'; the keys are addresses"),
]


@pytest.mark.parametrize(("keys", "given", "message"), WRONG, ids=[message for _, _, message in WRONG])
def test_what_is_wrong(keys: dict[str, Any], given: dict[str, Any], message: str) -> None:
    """An error names the setting and what would do, and tells no secret."""
    with pytest.raises(SettingsError) as raised:
        secondaries(Settings(tsig_keys=keys, secondaries=given))
    assert str(raised.value).startswith(message)
    assert not any(secret in str(raised.value) for secret in (SECRET, "c2hvcnQ=", "not base64"))


def test_the_line_is_told(tmp_path: Path) -> None:
    """A mistake in a file is told with the file and the line."""
    file = tmp_path / "meridian.toml"
    file.write_text(
        f'log_level = "info"\n[tsig_keys."xfr.example.net"]\nsecret = "{SECRET}"\n\n'
        '[secondaries.ns2]\naddresses = ["192.0.2.53"]\nkey = "other"\n'
    )
    with pytest.raises(SettingsError) as raised:
        load(file, {}, check=secondaries)
    assert str(raised.value).startswith(f"{file}: secondaries.ns2.key: there is no key 'other' in tsig_keys")
    assert str(raised.value).endswith("(line 7)")


TOML = """\
log_level = "info"
secondaries.ns1.key = "a"

[tsig_keys."xfr.example.net"]
secret = "x"
[secondaries.ns2]
# key = "c"
key = "b"
[ secondaries . ns3 ]
"""


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("log_level", 1),
        ("secondaries.ns1.key", 2),
        ("tsig_keys.xfr.example.net", 4),
        ("tsig_keys.xfr.example.net.secret", 5),
        ("secondaries.ns2", 6),
        ("secondaries.ns2.key", 8),
        ("secondaries.ns3.zones", 9),
        ("secondaries.ns4", None),
        ("log", None),
    ],
)
def test_lines(key: str, line: int | None) -> None:
    """A setting's line, or that of the table it would stand in."""
    assert line_of(TOML, key) == line
