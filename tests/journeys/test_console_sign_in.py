"""Signing in to the console with an OpenID Connect provider, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.oidc_provider import OidcProvider
from tests.journeys.browser import drive
from tests.journeys.site import Site

pytestmark = pytest.mark.journey


def test_signed_in_by_a_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page that was asked for opens; who is no user reads what to do; axe has no serious findings."""
    with OidcProvider() as provider:
        secret = tmp_path / "secret"
        secret.write_text(provider.client[1])
        environ = {
            "MERIDIAN_OIDC_ISSUER": provider.issuer,
            "MERIDIAN_OIDC_NAME": "Example",
            "MERIDIAN_OIDC_CLIENT_ID": provider.client[0],
            "MERIDIAN_OIDC_CLIENT_SECRET_FILE": str(secret),
            "MERIDIAN_OIDC_USERS": '"ada@example.net" = "admin"',
        }
        monkeypatch.setenv("MERIDIAN_PERSON", f"{provider.issuer}/person")
        with Site(tmp_path / "data", environ=environ) as site:
            drive(site, "sign-in.mjs")
