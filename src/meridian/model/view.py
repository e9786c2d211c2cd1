"""Network views: what stands for a VPC here (R-PVT-13)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

import msgspec

from meridian.errors import SettingsError
from meridian.model.place import REGIONS
from meridian.settings import Settings

_ID = re.compile(r"vpc-[A-Za-z0-9-]{1,60}")
_LONGEST_IPV6 = 64  # bits: the engine tells longer blocks of IPv6 not apart


class View(msgspec.Struct, frozen=True):
    """
    Clients that see private zones together.

    Attributes:
        id: `vpc-…`.
        region: Where its clients are taken to be (R-GEO-13, R-LAT-9).
        clients: The addresses that they ask from; of several views the one with the longest block has a client.
        account: Whose it is; None for every account of the server.
    """

    id: str
    region: str
    clients: tuple[IPv4Network | IPv6Network, ...]
    account: str | None = None


def views(settings: Settings) -> Mapping[str, View]:
    """
    The operator's views, by id.

    Raises:
        SettingsError: One that cannot be; names it.
    """
    known = REGIONS | settings.regions.keys()
    found = {id_: _view(id_, given, known) for id_, given in settings.views.items()}
    owner: dict[IPv4Network | IPv6Network, str] = {}
    for view in found.values():
        for block in view.clients:
            if owner.setdefault(block, view.id) != view.id:
                raise SettingsError(f"views.{view.id}.clients: {block} belongs to {owner[block]} already")
    return found


def _view(id_: str, given: Any, regions: frozenset[str]) -> View:
    where = f"views.{id_}"
    if not _ID.fullmatch(id_):
        raise SettingsError(f"{where}: a view's id is vpc- and 1 to 60 letters, digits and -, such as vpc-berlin")
    if not isinstance(given, Mapping) or not {"region", "clients"} <= given.keys():
        raise SettingsError(f"{where}: give region and clients, each on a line of [{where}]")
    unknown = given.keys() - {"region", "clients", "account"}
    if unknown:
        raise SettingsError(f"{where}: there is no '{min(unknown)}'; the keys are region, clients and account")
    if given["region"] not in regions:
        raise SettingsError(f"{where}.region: '{given['region']}' is no region; add it to regions, or use eu-west-1")
    account = given.get("account")
    if account is not None and not re.fullmatch(r"[0-9]{12}", str(account)):
        raise SettingsError(f"{where}.account: '{account}' is no account, 12 digits as text")
    return View(id_, given["region"], _blocks(f"{where}.clients", given["clients"]), account)


def _blocks(where: str, given: Any) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        found = tuple(dict.fromkeys(map(ip_network, given)))
    except (TypeError, ValueError) as error:
        raise SettingsError(f'{where}: {error}; give blocks such as ["10.0.0.0/8", "2001:db8::/48"]') from None
    long = next((block for block in found if block.version == 6 and block.prefixlen > _LONGEST_IPV6), None)
    if long is not None or not found:
        raise SettingsError(f"{where}: {long or 'none given'}; give blocks, of IPv6 up to /{_LONGEST_IPV6}")
    return found
