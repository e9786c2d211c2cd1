"""gdnsd, of Brandon Black and the Wikimedia Foundation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from meridian.place.locations import continent_of
from tests.peers.routing import TTL, Failover, Geolocation, Nearest, Policy, Tree, Weighted, write_mmdb
from tests.peers.server import HOST, Server, first_line

_CONFIG = """\
options => {{
  listen => {host}:{port}
  udp_threads => 1
  tcp_threads => 1
  run_dir => {folder}/run
  state_dir => {folder}/state
  lock_mem => false
}}
"""


class Gdnsd(Server):
    """
    gdnsd with one UDP and one TCP thread. It reads fewer record types than the others: no SVCB, no HTTPS.

    It works out beforehand which networks get which answer. The tree's first level is such a map, of
    each continent to its regions by distance; its second and third are one: regions to weighted pools.
    """

    name = "gdnsd"
    policies = frozenset({Weighted, Failover, Geolocation, Nearest, Tree})

    def command(self) -> list[str]:
        """Write the config; zone files are found by their names, so each is a link or a longer copy."""
        for folder in ("zones", "run", "state", "geoip"):
            (self.folder / folder).mkdir()
        for apex, file in self.zones.items():
            (self.folder / "zones" / apex.removesuffix(".")).symlink_to(file.absolute())
        config = _CONFIG.format(host=HOST, port=self.port, folder=self.folder)
        if self.routing.policies:
            self._extend_zone()
            write_mmdb(self.routing, self.folder / "geoip" / "clients.mmdb")
            config += self._plugins()
        (self.folder / "config").write_text(config)
        return ["gdnsd", "-c", str(self.folder), "start"]

    @classmethod
    def version(cls) -> str:
        """Such as `gdnsd version 3.8.1`."""
        return first_line("gdnsd", "version")

    def _extend_zone(self) -> None:
        apex, file = next(iter(self.zones.items()))
        zone = self.folder / "zones" / apex.removesuffix(".")
        zone.unlink()
        names = self.routing.policies.items()
        dynamic = "".join(f"{name} {TTL} DYNA {_plugin(policy)}!{_resource(name)}\n" for name, policy in names)
        zone.write_text(file.read_text() + dynamic)

    def _plugins(self) -> str:
        weighted = {_resource(name): policy for name, policy in self.routing.of(Weighted).items()}
        for name, tree in self.routing.of(Tree).items():
            assert isinstance(tree, Tree)
            weighted |= {f"{_resource(name)}-{region}": pool for region, pool in tree.pools.items()}
        failover = "".join(
            f"{_resource(name)} => {{ primary => {pair.primary}, secondary => {pair.secondary} }}\n"
            for name, pair in self.routing.of(Failover).items()
            if isinstance(pair, Failover)
        )
        pools = "".join(_pool(name, pool) for name, pool in weighted.items() if isinstance(pool, Weighted))
        resources = "".join(self._resources())
        return (
            f"plugins => {{\nweighted => {{\n{pools}}}\nsimplefo => {{\n{failover}}}\n"
            f"geoip => {{\nmaps => {{\n{''.join(self._maps())}}}\nresources => {{\n{resources}}}\n}}\n}}\n"
        )

    def _maps(self) -> Iterable[str]:
        for geo in list(self.routing.of(Geolocation).values())[:1]:
            assert isinstance(geo, Geolocation)
            yield _map("countries", [_DEFAULT, *geo.countries], {}, _by_continent(geo.countries))
        regions = {region: f"[{a / 100}, {b / 100}]" for region, (a, b) in self.routing.regions.items()}
        if regions:
            yield _map("nearest", regions, regions, "")
        for tree in list(self.routing.of(Tree).values())[:1]:
            assert isinstance(tree, Tree)
            yield from _tree_maps(tree, regions)

    def _resources(self) -> Iterable[str]:
        for name, policy in self.routing.policies.items():
            match policy:
                case Geolocation():
                    yield _geoip(name, "countries", {_DEFAULT: policy.default, **policy.countries})
                case Nearest():
                    yield _geoip(name, "nearest", policy.regions)
                case Tree():
                    resource = _resource(name)
                    for continent, regions in policy.continents.items():
                        pools = {region: f"%weighted!{resource}-{region}" for region in regions}
                        yield _geoip(f"{resource}-{continent}", f"in-{continent}", pools)
                    inner = {c: f"%geoip!{resource}-{c}" for c in policy.continents}
                    inner[_DEFAULT] = f"%weighted!{resource}-{policy.default}"
                    yield _geoip(name, "continents", inner)


_DEFAULT = "nowhere"


def _plugin(policy: Policy) -> str:
    return {Weighted: "weighted", Failover: "simplefo"}.get(type(policy), "geoip")


def _resource(name: str) -> str:
    return name.partition(".")[0]


def _pool(name: str, pool: Weighted) -> str:
    arms = ", ".join(f"a{at} => [{address}, {weight}]" for at, (address, weight) in enumerate(pool.arms))
    return f"{name} => {{ {arms} }}\n"


def _geoip(name: str, clients: str, datacenters: Mapping[str, str]) -> str:
    inner = ", ".join(f'{key} => "{value}"' for key, value in datacenters.items())
    return f"{_resource(name)} => {{ map => {clients}, dcmap => {{ {inner} }} }}\n"


def _map(name: str, datacenters: Iterable[str], coordinates: Mapping[str, str], places: str) -> str:
    at = ", ".join(f"{key} => {value}" for key, value in coordinates.items())
    auto = f"auto_dc_coords => {{ {at} }}\n" if at else ""
    explicit = f"map => {{ {places} }}\n" if places else ""
    return f"{name} => {{ geoip2_db => clients.mmdb, datacenters => [{', '.join(datacenters)}]\n{auto}{explicit}}}\n"


def _tree_maps(tree: Tree, regions: Mapping[str, str]) -> Iterable[str]:
    continents = ", ".join(f"{code} => [{code}]" for code in tree.continents)
    yield _map("continents", [_DEFAULT, *tree.continents], {}, f"{continents}, default => [{_DEFAULT}]")
    for code, own in tree.continents.items():
        yield _map(f"in-{code}", own, {region: regions[region] for region in own}, "")


def _by_continent(countries: Iterable[str]) -> str:
    found: dict[str, list[str]] = {}
    for country in countries:
        found.setdefault(continent_of(country), []).append(f"{country} => [{country}]")
    inner = ", ".join(f"{code} => {{ {', '.join(own)}, default => [{_DEFAULT}] }}" for code, own in found.items())
    return f"{inner}, default => [{_DEFAULT}]"
