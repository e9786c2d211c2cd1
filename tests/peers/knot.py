"""Knot DNS, of CZ.NIC."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from tests.peers.routing import TTL, Geolocation, Nearest, Policy, Weighted, write_mmdb
from tests.peers.server import HOST, Server, first_line

_SERVER = """\
server:
  rundir: {folder}
  listen: {host}@{port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
  udp-max-payload: 1232
  edns-client-subnet: {subnet}
log:
  - target: stdout
    any: warning
database:
  storage: {folder}/db
template:
  - id: default
    storage: {folder}
    zonefile-sync: -1
    journal-content: none
"""
_ZONE = """\
  - domain: {apex}
    file: {file}
"""
_MODULE = """\
  - id: {mode}
    mode: {mode}
    ttl: {ttl}
    config-file: {folder}/{mode}.yaml
"""
_GEODB = """\
    geodb-file: {file}
    geodb-key: country/iso_code
"""


class Knot(Server):
    """
    Knot DNS with one UDP and one TCP worker and its default answers.

    Its module for policies decides by country, by weight, or by a list of networks. It measures no
    distances, so each network is listed with the region that answers it.
    """

    name = "knot"
    policies = frozenset({Weighted, Geolocation, Nearest})

    def command(self) -> list[str]:
        """Write knot.conf."""
        config = self.folder / "knot.conf"
        files = dict(self.zones)
        modules = self._modules() if self.routing.policies else ""
        if modules:
            apex = next(iter(files))
            files[apex] = self._extend_zone(files[apex])
        zones = "".join(_ZONE.format(apex=apex, file=file.absolute()) for apex, file in files.items())
        if modules:
            chosen = ", ".join(f"mod-geoip/{mode}" for mode in _MODES)
            zones += f"    module: [{chosen}]\n"
        server = _SERVER.format(
            host=HOST, port=self.port, folder=self.folder, subnet="on" if self.routing.policies else "off"
        )
        config.write_text(f"{server}{modules}zone:\n{zones}")
        return ["knotd", "-c", str(config), "-s", str(self.folder / "knot.sock")]

    @classmethod
    def version(cls) -> str:
        """Such as `knotd (Knot DNS), version 3.2.6`."""
        return first_line("knotd", "--version")

    def _extend_zone(self, file: Path) -> Path:
        """What the module has no answer for, the zone answers."""
        defaults = (
            f"{name} {TTL} IN A {policy.default}\n"
            for name, policy in self.routing.policies.items()
            if isinstance(policy, Geolocation)
        )
        longer = self.folder / "routed.zone"
        longer.write_text(file.read_text() + "".join(defaults))
        return longer

    def _modules(self) -> str:
        database = write_mmdb(self.routing, self.folder / "clients.mmdb")
        for mode, (kind, lines) in _MODES.items():
            names = self.routing.of(kind).items()
            (self.folder / f"{mode}.yaml").write_text(
                "".join(f"{name}:\n{''.join(lines(self, policy))}" for name, policy in names)
            )
        modules = {mode: _MODULE.format(mode=mode, ttl=TTL, folder=self.folder) for mode in _MODES}
        modules["geodb"] += _GEODB.format(file=database)
        return "mod-geoip:\n" + "".join(modules.values())

    def weighted(self, policy: Policy) -> Iterable[str]:
        """Lines of a weighted name."""
        assert isinstance(policy, Weighted)
        return (f"  - weight: {weight}\n    A: {address}\n" for address, weight in policy.arms)

    def geodb(self, policy: Policy) -> Iterable[str]:
        """Lines of a name that answers by country."""
        assert isinstance(policy, Geolocation)
        return (f'  - geo: "{country}"\n    A: {address}\n' for country, address in policy.countries.items())

    def subnet(self, policy: Policy) -> Iterable[str]:
        """Lines of a name that answers by network."""
        assert isinstance(policy, Nearest)
        for each in self.routing.networks:
            if each.country in self.routing.winners:
                yield f"  - net: {each.network}\n    A: {policy.regions[self.routing.winners[each.country]]}\n"


_MODES: dict[str, tuple[type, Callable[[Knot, Policy], Iterable[str]]]] = {
    "weighted": (Weighted, Knot.weighted),
    "geodb": (Geolocation, Knot.geodb),
    "subnet": (Nearest, Knot.subnet),
}
