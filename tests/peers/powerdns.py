"""PowerDNS Authoritative Server, with its GeoIP backend and with Lua records."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from pathlib import Path

import dns.zone

from tests.peers.routing import TTL, Geolocation, Nearest, Policy, Tree, Weighted, write_mmdb
from tests.peers.server import HOST, Server, first_line

_CONFIG = """\
local-address={host}
local-port={port}
socket-dir={folder}
receiver-threads=1
distributor-threads=1
guardian=no
daemon=no
disable-syslog=yes
loglevel=3
security-poll-suffix=
edns-subnet-processing=yes
udp-truncation-threshold=1232
geoip-database-files=mmdb:{folder}/clients.mmdb
geoip-zones-file={folder}/zones.yaml
"""
_FRESH = """\
launch=geoip
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
"""
_LUA = """\
launch=bind,geoip
bind-config={folder}/named.conf
enable-lua-records=yes
"""


class _PowerDns(Server):
    """PowerDNS with one thread that receives and one that asks the backend. It is here for its policies alone."""

    answers_plain = False

    @classmethod
    def version(cls) -> str:
        """Such as `PowerDNS Authoritative Server 4.7.3`."""
        lines = first_line("pdns_server", "--version")
        return lines.partition("PowerDNS")[1] + lines.partition("PowerDNS")[2].partition(" (")[0]

    def _write(self, config: str, zones: str) -> list[str]:
        write_mmdb(self.routing, self.folder / "clients.mmdb")
        (self.folder / "zones.yaml").write_text(zones)
        text = (_CONFIG + config).format(host=HOST, port=self.port, folder=self.folder)
        (self.folder / "pdns.conf").write_text(text)
        return ["pdns_server", f"--config-dir={self.folder}"]


class PowerDnsGeo(_PowerDns):
    """
    The GeoIP backend, whose names lead to others by the client's country.

    Its caches are off: they would give the same draw, and the same place, to all who ask alike.
    """

    name = "pdns-geo"
    policies = frozenset({Weighted, Geolocation})

    def command(self) -> list[str]:
        """Write pdns.conf and the zones as YAML."""
        return self._write(_FRESH, "domains:\n" + "".join(self._domains()))

    def _domains(self) -> Iterable[str]:
        for at, (apex, file) in enumerate(self.zones.items()):
            yield f"- domain: {_bare(apex)}\n  ttl: {TTL}\n  records:\n{''.join(_plain(apex, file))}"
            if at == 0:
                yield "".join(self._records())
                services = "".join(f"    {_bare(n)}: '%cc.{_bare(n)}'\n" for n in self.routing.of(Geolocation))
                yield f"  services:\n{services}" if services else ""

    def _records(self) -> Iterable[str]:
        for name, policy in self.routing.policies.items():
            match policy:
                case Weighted():
                    arms = (f"    - a: {{content: {a}, weight: {weight}}}\n" for a, weight in policy.arms)
                    yield f"    {_bare(name)}:\n{''.join(arms)}"
                case Geolocation():
                    for country, address in policy.countries.items():
                        yield f"    {country.lower()}.{_bare(name)}:\n    - a: {address}\n"
                    yield f"    unknown.{_bare(name)}:\n    - a: {policy.default}\n"


class PowerDnsLua(_PowerDns):
    """Lua records in master files, with the caches that PowerDNS has by default."""

    name = "pdns-lua"
    policies = frozenset({Weighted, Geolocation, Nearest, Tree})

    def command(self) -> list[str]:
        """Write pdns.conf, the list of zones, and the first zone with its Lua records."""
        files = {apex: file.absolute() for apex, file in self.zones.items()}
        first = next(iter(files))
        longer = self.folder / "routed.zone"
        longer.write_text(files[first].read_text() + "".join(self._records()))
        files[first] = longer
        (self.folder / "named.conf").write_text(
            "".join(f'zone "{_bare(apex)}" {{ type master; file "{file}"; }};\n' for apex, file in files.items())
        )
        return self._write(_LUA, "domains: []\n")

    def _records(self) -> Iterable[str]:
        for name, policy in self.routing.policies.items():
            if type(policy) in self.policies:
                # A text has 255 octets at most; PowerDNS joins texts with a space between them.
                lines = textwrap.wrap(_lua(policy), 250, break_long_words=False, break_on_hyphens=False)
                parts = " ".join(f'"{line}"' for line in lines)
                yield f"{name} {TTL} IN LUA A {parts}\n"


def _lua(policy: Policy) -> str:
    """A policy as a Lua expression, or as statements after a semicolon."""
    match policy:
        case Weighted():
            return _pick(policy)
        case Geolocation():
            own = ", ".join(f"{country}='{address}'" for country, address in policy.countries.items())
            return f";local own={{{own}}} return own[string.upper(countryCode())] or '{policy.default}'"
        case Nearest():
            return _closest(policy.regions.values())
        case Tree():
            return _lua_tree(policy)
        case _:
            raise ValueError(f"no Lua for {policy}")


def _lua_tree(tree: Tree) -> str:
    """Each branch looks at its own continent's regions only."""

    def branch(regions: Iterable[str]) -> str:
        firsts = {region: tree.pools[region].arms[0][0] for region in regions}
        tests = " ".join(f"if r=='{first}' then return {_pick(tree.pools[r])} end" for r, first in firsts.items())
        return f"local r={_closest(firsts.values())} {tests}"

    branches = " ".join(f"if c=='{code}' then {branch(regions)} end" for code, regions in tree.continents.items())
    return f";local c=string.upper(continentCode()) {branches} return {_pick(tree.pools[tree.default])}"


def _pick(pool: Weighted) -> str:
    return "pickwrandom({" + ", ".join(f"{{{weight},'{address}'}}" for address, weight in pool.arms) + "})"


def _closest(addresses: Iterable[str]) -> str:
    return "pickclosest({" + ", ".join(f"'{address}'" for address in addresses) + "})"


def _bare(name: str) -> str:
    return name.removesuffix(".")


def _plain(apex: str, file: Path) -> Iterable[str]:
    """A master file's records as the backend's YAML has them."""
    zone = dns.zone.from_file(str(file), origin=apex, relativize=False)
    for name in zone:
        yield f"    {_bare(name.to_text())}:\n"
        for rdataset in zone.find_node(name):
            kind = rdataset.rdtype.name.lower()
            for rdata in rdataset:
                content = " ".join(_bare(word) for word in rdata.to_text().split())
                yield f"    - {kind}: {{content: {content}, ttl: {rdataset.ttl}}}\n"
