"""The request that a probe sends (R-HCP-9, R-HCP-12)."""

from __future__ import annotations

import re
from urllib.parse import quote

from meridian.feed.health import Definition
from meridian.health.target import Address
from meridian.model.health import HealthCheckConfig

_AGENT = "Meridian-Health-Check-Service"
_UNPRINTABLE = re.compile(r"[^\x21-\x7e]")
_PORTS = {"HTTP": 80, "HTTP_STR_MATCH": 80, "HTTPS": 443, "HTTPS_STR_MATCH": 443}


def request(check: Definition, address: Address) -> bytes:
    """The octets to send to this address. What HTTP would not allow in a line is percent-encoded."""
    path = _printable(check.config.resource_path or "/")
    host = _printable(_host(check.config, address))
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {_AGENT} (ref {check.id})\r\nConnection: close\r\n\r\n"
    ).encode()


def port_of(config: HealthCheckConfig) -> int:
    """The port to connect to (R-HCF-2)."""
    return config.port or _PORTS[config.type]


def _host(config: HealthCheckConfig, address: Address) -> str:
    """The name, or else the check's address; with the port where that is not the scheme's own (R-HCP-9)."""
    literal = f"[{address}]" if address.version == 6 else str(address)
    host = (config.fully_qualified_domain_name or literal).removesuffix(".")
    port = port_of(config)
    return host if port == _PORTS[config.type] else f"{host}:{port}"


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub(lambda found: quote(found[0]), text)
