from __future__ import annotations

from pathlib import Path

import pytest

from meridian.errors import SettingsError
from meridian.place import coordinates
from meridian.settings import Settings, load

HOME = {"latitude": 52.52, "longitude": 13.4, "country": "DE"}
AS_TOML = 'home-1 = {latitude = 52.52, longitude = 13.4, country = "DE"}'


def test_tables_come_from_a_file_a_variable_or_an_option(tmp_path: Path) -> None:
    """A table stands in the file as TOML does it, in a variable as its text; the later place has the whole table."""
    file = tmp_path / "meridian.toml"
    file.write_text('[regions.home-1]\nlatitude = 52.52\nlongitude = 13.40\ncountry = "DE"\n')
    other = {"home-2": {"latitude": 1, "longitude": 2}}

    assert load(file, {}).regions == {"home-1": HOME}
    assert load(None, {"MERIDIAN_REGIONS": AS_TOML}).regions == {"home-1": HOME}
    assert load(file, {"MERIDIAN_REGIONS": "home-2.latitude = 1\nhome-2.longitude = 2"}).regions == other
    assert load(file, {"MERIDIAN_REGIONS": AS_TOML}, {"regions": other}).regions == other
    assert load(None, {}) == Settings()


WRONG: list[tuple[str, str]] = [
    ('regions = "home-1"', "{file}: regions: Expected a table, got `str`"),
    ("[regions]\nhome-1 = 3", "{file}: regions.home-1: give latitude and longitude in degrees, each on a line of "),
    ("[places.office]\nlatitude = 95\nlongitude = 1", "{file}: places.office.latitude: 95; give -90 to 90 degrees"),
    ("[regions.Home]\nlatitude = 1\nlongitude = 1", "{file}: regions.Home: a place's id has 1 to 64 of a-z"),
    ("[regions.home-1]\nlatitude = nan\nlongitude = 1", "{file}: regions.home-1.latitude: 'nan' is not a number"),
    ("regoins = 1", "{file}: there is no setting 'regoins'"),
    ('feed = ["192.0.2.1"]', "feed: '192.0.2.1' is not nats://HOST:PORT, such as nats://192.0.2.1:4222"),
    ('feed = ["nats://me:secret@192.0.2.1"]', "feed: 'nats://…@192.0.2.1' is not nats://HOST:PORT"),
    ('feed = ["nats://a:4222", "tls://b:4222"]', "feed: nats:// and tls:// together; give the same for all servers"),
    ('cookie_secrets = ["secret"]', "cookie_secrets: one is not 32 hexadecimal digits, such as `openssl rand -hex 16`"),
    (f'cookie_secrets = ["{"0" * 32}", "{"1" * 32}", "{"2" * 32}"]', "cookie_secrets: 3 of them; give two at most"),
    ("cookies_required = true", "cookies_required: no cookie can be ours without cookie_secrets; give one"),
    (f'dns_identity = "{"x" * 129}"', "{file}: dns_identity: Expected `str` matching regex"),
    ('dns_version = "\\u00e9"', "{file}: dns_version: Expected `str` matching regex"),
    ('query_allow = ["10.0.0.1/8"]', "query_allow: 10.0.0.1/8 has host bits set; give networks such as 192.0.2.0/24"),
    ('query_deny = ["office"]', "query_deny: 'office' does not appear to be an IPv4 or IPv6 network; give networks"),
    ('rate_limit_exempt = ["::/129"]', "rate_limit_exempt: '::/129' does not appear to be"),
    ("rate_limit = -1", "{file}: rate_limit: Expected `int` >= 0"),
    ("rate_limit_slip = 101", "{file}: rate_limit_slip: Expected `int` <= 100"),
    ("tcp_connections = 0", "{file}: tcp_connections: Expected `int` >= 1"),
    ("tcp_idle = 0", "{file}: tcp_idle: Expected `float` >= 0.1"),
    ("udp_payload_without_cookie = 511", "udp_payload_without_cookie: 511; give 512 to udp_payload, which is 1232"),
    ("udp_payload_without_cookie = 1400", "udp_payload_without_cookie: 1400; give 512 to udp_payload, which is 1232"),
    ("udp_payload_without_cookie = 512", "udp_payload_without_cookie: nobody can show a cookie without cookie_secrets"),
    ('group = "meridian"', "group: it goes with user; give both"),
    ('feed_bucket = "a.b"', "feed_bucket: 'a.b'; a bucket's name has letters, digits, - and _"),
    ('feed_credentials = "/nowhere/a.creds"', "feed_credentials: /nowhere/a.creds: no file that this user can read"),
    (
        "\n".join(f"[regions.home-{at}]\nlatitude = 1\nlongitude = {at}" for at in range(26)),
        "{file}: regions: 26 further ones; there is room for 25",
    ),
]


@pytest.mark.parametrize(("text", "message"), WRONG, ids=[message for _, message in WRONG])
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    """An error names the file, the key, and what would do."""
    file = tmp_path / "meridian.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as raised:
        load(file, {}, check=coordinates.places)
    assert str(raised.value).startswith(message.format(file=file))


def test_a_variable_that_is_no_table(tmp_path: Path) -> None:
    """The error names the variable and shows a table."""
    with pytest.raises(SettingsError, match=r"MERIDIAN_REGIONS: not TOML, such as home-1 = \{latitude = 52\.52"):
        load(None, {"MERIDIAN_REGIONS": "home-1"})
    with pytest.raises(SettingsError, match=r"the environment: places\.office: there is no 'lat'"):
        load(None, {"MERIDIAN_PLACES": "office = {latitude = 1, longitude = 2, lat = 3}"}, check=coordinates.places)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"MERIDIAN_WEBHOOKS": "hooks.example.net", "MERIDIAN_WEBHOOK_SECRETS": "x"},
            "webhooks: 'hooks.example.net' is",
        ),
        (
            {"MERIDIAN_WEBHOOKS": "file:///etc/passwd", "MERIDIAN_WEBHOOK_SECRETS": "x"},
            "webhooks: 'file:///etc/passwd'",
        ),
        ({"MERIDIAN_WEBHOOKS": "https://hooks.example.net"}, "webhook_secrets: webhooks are signed, so give a secret"),
        ({"MERIDIAN_METRICS_ALLOW": "10.0.0.0/8,10.0.0.1/8"}, "metrics_allow: 10.0.0.1/8 has host bits set; give "),
    ],
)
def test_who_is_told(given: dict[str, str], message: str) -> None:
    """Webhooks are URLs and come with a secret; who may read metrics is told in blocks."""
    with pytest.raises(SettingsError) as raised:
        load(None, given)
    assert str(raised.value).startswith(message)


def test_a_rate_limit_as_the_engine_takes_it() -> None:
    """Without a rate there is no limit; a burst of 0 is what a second has."""
    assert Settings().rate_and_burst_and_slip is None
    assert Settings(rate_limit=50).rate_and_burst_and_slip == (50, 50, 2)
    assert Settings(rate_limit=50, rate_limit_burst=7, rate_limit_slip=0).rate_and_burst_and_slip == (50, 7, 0)


def test_networks_as_the_engine_takes_them() -> None:
    """Networks are address and prefix length; where none is allowed, everybody is."""
    settings = Settings(query_allow=("10.0.0.0/8", "2001:db8::/32"), query_deny=("192.0.2.1",))
    assert (settings.allowed, settings.denied) == ([("10.0.0.0", 8), ("2001:db8::", 32)], [("192.0.2.1", 32)])
    assert (Settings().allowed, Settings().denied, Settings().unlimited) == (None, [], [])
