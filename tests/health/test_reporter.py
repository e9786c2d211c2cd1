"""Who a checker says that it is."""

from __future__ import annotations

import socket

import pytest

from meridian.errors import SettingsError
from meridian.health.reporter import Identity, identity
from meridian.model.health import REGIONS
from meridian.settings import load


def test_a_checker_stands_for_all_regions_if_nothing_is_said() -> None:
    """One site alone sees every check; its name is the host's (R-HCG-4)."""
    assert identity(load(environ={})) == Identity(socket.gethostname(), REGIONS, "")


def test_a_checker_is_what_its_settings_say() -> None:
    """Name, regions and address are the operator's."""
    options = {"checker_name": "fra1", "checker_regions": ["eu-west-1"], "checker_address": "2001:db8::1"}
    assert identity(load(environ={}, options=options)) == Identity("fra1", ("eu-west-1",), "2001:db8::1")


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("checker_name", "a/b", "checker_name: 'a/b' has a slash"),
        ("checker_regions", ["eu-west-1", "eu-north-1"], "checker_regions: eu-north-1; choose from us-east-1"),
        ("checker_regions", [], "checker_regions: none given"),
        ("checker_address", "here", "checker_address: 'here' is no IP address"),
    ],
)
def test_settings_that_cannot_be_are_named(key: str, value: object, text: str) -> None:
    """The error says which setting, and what to do."""
    with pytest.raises(SettingsError, match=text):
        identity(load(environ={}, options={key: value}))
