"""The engine of an edge, as the operator has set it up."""

from __future__ import annotations

from importlib.metadata import version

from meridian._engine import Engine
from meridian.errors import SettingsError
from meridian.model.secondary import secondaries
from meridian.settings import Settings


def new_engine(settings: Settings) -> Engine:
    """
    Make an engine that serves nothing yet.

    Raises:
        SettingsError: `edge_coordinates` is not a point on the earth, `cookie_secrets` has something else in it, or
            something is no network; or `tsig_keys` or `secondaries` has something else in it.
    """
    engine = Engine(
        udp_payload=settings.udp_payload,
        udp_payload_without_cookie=settings.udp_payload_without_cookie,
        reciprocal_bias=settings.geoproximity_negative_bias == "reciprocal",
        coordinates=settings.edge_point,
        cookie_secrets=settings.cookie_keys,
        cookies_required=settings.cookies_required,
        identity=settings.dns_identity,
        version=settings.dns_version,
        allow=settings.allowed,
        deny=settings.denied,
        rate_limit=settings.rate_and_burst_and_slip,
        rate_limit_exempt=settings.unlimited,
        edge=settings.edge_code,
    )
    known = secondaries(settings)
    engine.set_transfers(
        [(key.name.wire, key.algorithm, key.secret) for key in known.keys],
        [
            (
                [(str(network.network_address), network.prefixlen) for network in each.networks],
                None if each.key is None else known.keys.index(each.key),
                [zone.wire for zone in each.zones],
            )
            for each in known.all
        ],
        at_once=settings.transfers_at_once,
    )
    return engine


def listen(engine: Engine, address: str, settings: Settings) -> list[str]:
    """
    Answer on an address over UDP and TCP.

    Returns:
        The two addresses opened, such as `udp://192.0.2.53:53`.

    Raises:
        OSError: It cannot be bound.
    """
    return engine.listen(
        [address],
        [address],
        threads=settings.dns_threads,
        tcp_connections=settings.tcp_connections,
        tcp_connections_per_client=settings.tcp_connections_per_client,
        tcp_idle=settings.tcp_idle,
        tcp_idle_when_busy=settings.tcp_idle_when_busy,
        tcp_unread=settings.tcp_unread,
    )


def open_dnstap(engine: Engine, settings: Settings) -> None:
    """
    Have the engine tell what it is asked and what it answers, if it is to; before it listens.

    Raises:
        SettingsError: The file cannot be written.
    """
    target = settings.dnstap_target
    if target is None:
        return
    kind, path = target
    try:
        engine.open_dnstap(
            socket=path if kind == "unix" else None,
            file=path if kind == "file" else None,
            identity=settings.dns_identity or settings.edge_code,
            version=f"Meridian {version('meridian')}",
            queries="query" in settings.dnstap_messages,
            responses="response" in settings.dnstap_messages,
        )
    except OSError as error:
        raise SettingsError(f"dnstap: {path}: {error}; choose a file that this user can write") from None
