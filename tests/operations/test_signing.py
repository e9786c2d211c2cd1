"""DNSSEC of hosted zones: that they are not signed."""

from __future__ import annotations

import pytest

from meridian.api.context import Context
from meridian.errors import ApiError
from tests.operations.calls import call, create_zone
from tests.operations.test_vpc import create, seeing


def test_a_zone_that_was_never_signed_says_so(context: Context) -> None:
    """R-SEC-38, R-CLI-7: NOT_SIGNING, and no keys."""
    reply = call(context, "GetDNSSEC", HostedZoneId=create_zone(context))

    assert reply == {"Status": {"ServeSignature": "NOT_SIGNING"}, "KeySigningKeys": []}


def test_private_zones_are_never_signed(context: Context) -> None:
    """R-SEC-24, R-CLI-7: the words by which Terraform knows a private zone."""
    private = create(seeing(context, context))
    with pytest.raises(ApiError, match="Operation is unsupported for private") as raised:
        call(context, "GetDNSSEC", HostedZoneId=private)

    assert raised.value.code == "InvalidArgument"


def test_what_others_own_is_unknown(context: Context, stranger: Context) -> None:
    with pytest.raises(ApiError) as raised:
        call(stranger, "GetDNSSEC", HostedZoneId=create_zone(context))

    assert raised.value.code == "NoSuchHostedZone"
