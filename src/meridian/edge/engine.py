"""The engine of an edge, as the operator has set it up."""

from __future__ import annotations

from meridian._engine import Engine
from meridian.settings import Settings


def new_engine(settings: Settings) -> Engine:
    """
    Make an engine that serves nothing yet.

    Raises:
        SettingsError: `edge_coordinates` is not a point on the earth, or `cookie_secrets` has something else in it.
    """
    return Engine(
        udp_payload=settings.udp_payload,
        reciprocal_bias=settings.geoproximity_negative_bias == "reciprocal",
        coordinates=settings.edge_point,
        cookie_secrets=settings.cookie_keys,
        cookies_required=settings.cookies_required,
        identity=settings.dns_identity,
        version=settings.dns_version,
    )
