"""The engine of an edge, as the operator has set it up."""

from __future__ import annotations

from meridian._engine import Engine
from meridian.settings import Settings


def new_engine(settings: Settings) -> Engine:
    """
    Make an engine that serves nothing yet.

    Raises:
        SettingsError: `edge_coordinates` is not a point on the earth, `cookie_secrets` has something else in it, or
            something is no network.
    """
    return Engine(
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
    )


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
