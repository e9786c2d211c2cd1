"""Signing in to the console with an OpenID Connect provider, and what is refused."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from meridian.api import oidc_attempt
from meridian.api.oidc_provider import Provider
from meridian.api.oidc_sign_in import AWAY, BACK, PATH
from meridian.api.session import COOKIE
from meridian.clock import SystemClock
from meridian.errors import SettingsError
from meridian.model.account import Credential
from meridian.settings import Settings, load
from meridian.store import account
from meridian.store.database import Database
from tests.databases import sqlite_in
from tests.fakes.oidc_provider import Claims, OidcProvider, new_key
from tests.identity.conftest import Site, running

SESSION = "/console/api/session"
Start = Callable[..., httpx.Client]


@pytest.fixture
def provider() -> Iterator[OidcProvider]:
    with OidcProvider() as provider:
        yield provider


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(sqlite_in(tmp_path))
    database.migrate()
    yield database
    database.close()


@pytest.fixture
def start(tmp_path: Path, provider: OidcProvider, database: Database) -> Iterator[Start]:
    """Start a server that knows the provider, and the user ada@example.net; gives a browser that follows nothing."""
    secret = tmp_path / "secret"
    secret.write_text(provider.client[1] + "\n")
    with ExitStack() as open_parts:

        def begin(*users: str, owner: Credential | None = None, **settings: Any) -> httpx.Client:
            owner = owner or account.first_key(database)
            assert owner is not None
            given = {
                "oidc_issuer": provider.issuer,
                "oidc_client_id": provider.client[0],
                "oidc_client_secret_file": str(secret) if provider.client[1] else "",
                **settings,
            }
            site: Site = open_parts.enter_context(running(database, owner, **given))
            for name in users or ("ada@example.net",):
                site.user(name)
            return open_parts.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{site.port}"))

        yield begin


def away(browser: httpx.Client, to: str = "") -> str:
    """Leave for the provider, and give where it sends somebody back to."""
    left = browser.get(f"{AWAY}?to={quote(to)}")
    assert left.status_code == 303, left.text
    return str(httpx.get(left.headers["Location"]).headers["Location"])


def sign_in(browser: httpx.Client, to: str = "") -> httpx.Response:
    """All the way, as a browser goes it."""
    return browser.get(away(browser, to))


def who(browser: httpx.Client) -> Any:
    """The user of the session; None if there is none."""
    return browser.get(SESSION).json().get("user")


def told(browser: httpx.Client) -> Any:
    """What the sign-in page tells of the last sign-in."""
    return browser.get(PATH).json()["refused"]


def test_somebody_signs_in(start: Start, provider: OidcProvider) -> None:
    """Away, back with a code, and the session is as one with a password; the page that was wanted opens."""
    browser = start()
    back = sign_in(browser, "/console/zones/Z1?tab=history")

    assert (back.status_code, back.headers["Location"]) == (303, "/console/zones/Z1?tab=history")
    kept = next(cookie for cookie in back.headers.get_list("Set-Cookie") if cookie.startswith(COOKIE))
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(kept.split("; "))
    assert who(browser) == "ada@example.net"
    assert told(browser) is None


def test_the_sign_in_page_knows_what_there_is(start: Start, provider: OidcProvider) -> None:
    """The provider's name, for its button."""
    assert start(oidc_name="Example").get(PATH).json() == {"provider": "Example", "refused": None}


def test_without_a_provider_there_is_none(site: Site) -> None:
    """Passwords alone, and a link to the provider says so."""
    with httpx.Client(base_url=f"http://127.0.0.1:{site.port}") as browser:
        assert browser.get(PATH).json() == {"provider": None, "refused": None}
        assert browser.get(AWAY).headers["Location"] == "/console/"
        assert "oidc_issuer" in told(browser)["message"]


def test_the_request_is_bound_to_this_browser_and_server(start: Start, provider: OidcProvider) -> None:
    """State, nonce and challenge differ from one attempt to the next, and tell nothing of the cookie."""
    browser = start()
    asked = []
    for _ in range(2):
        left = browser.get(AWAY)
        kept = left.headers["Set-Cookie"]
        assert {"HttpOnly", "SameSite=Lax", f"Path={AWAY}"} <= set(kept.split("; "))
        secret = kept.partition(";")[0].partition("=")[2]
        assert secret not in left.headers["Location"]
        asked.append(parse_qs(urlsplit(left.headers["Location"]).query))

    one, other = asked
    assert one["scope"] == ["openid email profile"]
    assert all(one[key] != other[key] for key in ("state", "nonce", "code_challenge"))


def refuse_with(**claims: Any) -> Callable[[OidcProvider], None]:
    """Say something else in the ID token; None leaves a claim out."""

    def change(provider: OidcProvider) -> None:
        def token(honest: Claims) -> str:
            said = {**honest, **claims}
            return provider.signed({name: value for name, value in said.items() if value is not None})

        provider.token = token

    return change


def unsigned(provider: OidcProvider) -> None:
    """The algorithm `none`, as libraries have been fooled."""

    def token(claims: Claims) -> str:
        parts = ({"alg": "none", "typ": "JWT"}, claims)
        return (
            ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."
        )

    provider.token = token


def signed_with_the_public_key(provider: OidcProvider) -> None:
    """HS256 with what everybody can read for its secret."""

    def token(claims: Claims) -> str:
        secret = OctKey.import_key({"kty": "oct", "k": base64.urlsafe_b64encode(b"k" * 32).rstrip(b"=").decode()})
        return jwt.encode({"alg": "HS256", "kid": provider.key.kid}, claims, secret)

    provider.token = token


def unknown_key(provider: OidcProvider) -> None:
    other = new_key()
    provider.token = lambda claims: provider.signed(claims, other)


def another_key_of_this_id(provider: OidcProvider) -> None:
    other = new_key()
    provider.token = lambda claims: provider.signed(claims, other, kid=provider.key.kid)


def changed_after(provider: OidcProvider) -> None:
    def token(claims: Claims) -> str:
        head, _, signature = provider.signed(claims).split(".")
        body = base64.urlsafe_b64encode(json.dumps({**claims, "email": "eve@example.net"}).encode()).rstrip(b"=")
        return f"{head}.{body.decode()}.{signature}"

    provider.token = token


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (refuse_with(nonce="another"), "nonce"),
        (refuse_with(nonce=None), "nonce"),
        (refuse_with(aud="another"), "aud"),
        (refuse_with(aud=None), "aud"),
        (refuse_with(aud=["console", "another"]), "azp"),
        (refuse_with(aud=["console", "another"], azp="another"), "azp"),
        (refuse_with(iss="https://elsewhere.example"), "iss"),
        (refuse_with(exp=1_700_000_000), "expired"),
        (refuse_with(exp=None), "exp"),
        (refuse_with(iat=4_000_000_000), "in the future"),
        (refuse_with(sub=None), "sub"),
        (unsigned, "none"),
        (signed_with_the_public_key, "HS256"),
        (unknown_key, "No key for kid"),
        (another_key_of_this_id, "signature"),
        (changed_after, "signature"),
        (lambda provider: setattr(provider, "token", lambda claims: "x.y"), "not good"),
    ],
)
def test_tokens_that_are_not_good(
    start: Start, provider: OidcProvider, wrong: Callable[[OidcProvider], None], text: str
) -> None:
    """Each of them signs nobody in, and the sign-in page says why, once (OpenID Connect Core 1.0 §3.1.3.7)."""
    browser = start("ada@example.net", "eve@example.net")
    wrong(provider)
    back = sign_in(browser)

    assert (back.headers["Location"], who(browser)) == ("/console/", None)
    refused = told(browser)
    assert refused["code"] == "SignInRefused"
    assert text in refused["message"]
    assert told(browser) is None


def test_several_audiences_of_which_this_is_the_authorized_one(start: Start, provider: OidcProvider) -> None:
    browser = start()
    refuse_with(aud=["console", "another"], azp="console")(provider)
    sign_in(browser)

    assert who(browser) == "ada@example.net"


def test_a_key_that_came_later_is_fetched(start: Start, provider: OidcProvider) -> None:
    """Providers change their keys; one that is not known yet is looked for once."""
    browser = start()
    sign_in(browser)
    provider.key = new_key()
    browser.cookies.clear()
    sign_in(browser)

    assert who(browser) == "ada@example.net"
    assert provider.answered.count("/keys") == 2
    assert provider.answered.count("/.well-known/openid-configuration") == 1


def test_another_browser_cannot_end_what_this_one_began(start: Start, provider: OidcProvider) -> None:
    """The answer of one's own sign-in, given to somebody else as a link, signs them in as nobody."""
    browser = start()
    back = away(browser)
    browser.cookies.clear()
    assert browser.get(back).headers["Location"] == "/console/"
    assert "not begun in this browser" in told(browser)["message"]

    browser.cookies.clear()
    away(browser)
    browser.get(back)
    assert who(browser) is None
    assert "not begun in this browser" in told(browser)["message"]


def test_a_code_is_good_once(start: Start, provider: OidcProvider) -> None:
    browser = start()
    back = away(browser)
    kept = dict(browser.cookies)
    browser.get(back)
    browser.cookies.clear()
    browser.cookies.update(kept)
    browser.get(back)

    assert who(browser) is None
    assert "no such code" in told(browser)["message"]


def test_the_provider_can_say_no(start: Start, provider: OidcProvider) -> None:
    browser = start()
    provider.denies = {"error": "access_denied", "error_description": "Not on Sundays"}
    sign_in(browser)

    assert "Not on Sundays" in told(browser)["message"]


def test_an_answer_of_another_provider(start: Start, provider: OidcProvider) -> None:
    """RFC 9207: a mix-up of two providers is seen by the issuer in the answer."""
    browser = start()
    provider.denies = {"code": "x", "iss": "https://elsewhere.example"}
    sign_in(browser)

    assert "RFC 9207" in told(browser)["message"]


def test_a_public_client_has_no_secret(start: Start, provider: OidcProvider) -> None:
    provider.client = ("console", "")
    browser = start()
    sign_in(browser)

    assert who(browser) == "ada@example.net"


def test_a_secret_goes_where_the_provider_takes_it(start: Start, provider: OidcProvider) -> None:
    provider.described = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    browser = start()
    sign_in(browser)

    assert who(browser) == "ada@example.net"


@pytest.mark.parametrize(
    ("person", "settings", "user"),
    [
        ({}, {}, "ada@example.net"),
        ({"email": "bob@example.net"}, {}, None),
        ({}, {"oidc_users": {"ada@example.net": "admin"}}, "admin"),
        ({}, {"oidc_users": {"ada@example.net": "nobody"}}, None),
        ({"preferred_username": "ada"}, {"oidc_user_claim": "preferred_username"}, "ada"),
        ({"email_verified": False}, {}, None),
        ({"email_verified": "true"}, {}, "ada@example.net"),
        ({"email": "bob@example.net", "groups": ["dns", "x"]}, {"oidc_groups": {"ops": "admin", "dns": "ada"}}, "ada"),
        (
            {"email": "bob@example.net", "groups": ["dns", "ops"]},
            {"oidc_groups": {"ops": "admin", "dns": "ada"}},
            "admin",
        ),
        (
            {"email": "bob@example.net", "roles": "ops"},
            {"oidc_groups_claim": "roles", "oidc_groups": {"ops": "ada"}},
            "ada",
        ),
        ({"groups": ["ops"]}, {"oidc_groups": {"ops": "admin"}}, "ada@example.net"),
        ({"email": "bob@example.net", "groups": ["x"]}, {"oidc_groups": {"ops": "admin"}}, None),
        ({"email": 7}, {}, None),
    ],
)
def test_whose_session_it_is(
    start: Start, provider: OidcProvider, person: Claims, settings: dict[str, Any], user: str | None
) -> None:
    """By oidc_users, as a user of the claim's name, by the first of oidc_groups, or not at all."""
    provider.person |= person
    browser = start("ada@example.net", "ada", **settings)
    sign_in(browser)

    assert who(browser) == user
    assert (told(browser) is None) == (user is not None)


def test_who_is_no_user_reads_what_to_do(start: Start, provider: OidcProvider) -> None:
    provider.person["email"] = "bob@example.net"
    browser = start()
    sign_in(browser)

    assert told(browser)["message"].startswith("'bob@example.net' is no user here. An operator makes a user")


def test_a_name_in_two_accounts_needs_the_account(start: Start, provider: OidcProvider, database: Database) -> None:
    """ACCOUNT/USER in oidc_users says which of them; the name alone says nothing, and no claim names an account."""
    owner = account.first_key(database)
    assert owner is not None
    with database.write() as conn:
        other = account.create_account(conn)
        account.create_user(conn, other, "ada")
    users = {"ada@example.net": f"{other}/ada", "bob@example.net": "ada"}
    browser = start("ada", owner=owner, oidc_users=users)
    sign_in(browser)
    assert browser.get(SESSION).json()["accountId"] == other

    browser.cookies.clear()
    for email in ("bob@example.net", f"{other}/ada"):
        provider.person["email"] = email
        sign_in(browser)
        assert who(browser) is None
        assert "is no user here" in told(browser)["message"]


def test_claims_that_the_token_does_not_have_are_asked_for(start: Start, provider: OidcProvider) -> None:
    """Some providers tell names and groups at their userinfo endpoint alone (OpenID Connect Core 1.0 §5.4)."""
    provider.person = {"sub": "1"}
    provider.told = {"email": "ada@example.net", "email_verified": True}
    browser = start()
    sign_in(browser)

    assert who(browser) == "ada@example.net"


def test_what_is_told_of_somebody_else_counts_for_nothing(start: Start, provider: OidcProvider) -> None:
    """OpenID Connect Core 1.0 §5.3.2."""
    provider.person = {"sub": "1"}
    provider.told = {"sub": "2", "email": "ada@example.net", "email_verified": True}
    browser = start()
    sign_in(browser)

    assert who(browser) is None
    assert "somebody else" in told(browser)["message"]


def test_a_provider_of_another_name(start: Start, provider: OidcProvider) -> None:
    """The remedy is in the text."""
    provider.described = {"issuer": "https://accounts.example.net"}
    browser = start()

    assert browser.get(AWAY).headers["Location"] == "/console/"
    refused = told(browser)
    assert refused["code"] == "SignInUnavailable"
    assert "set oidc_issuer to exactly that" in refused["message"]


def test_a_provider_that_is_away(start: Start, provider: OidcProvider) -> None:
    browser = start(oidc_issuer="http://127.0.0.1:9")

    assert browser.get(AWAY).headers["Location"] == "/console/"
    assert told(browser)["code"] == "SignInUnavailable"


def test_only_links_lead_here(start: Start, provider: OidcProvider) -> None:
    browser = start()

    assert [browser.post(path).status_code for path in (PATH, AWAY, BACK)] == [405, 405, 405]


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example/", "/elsewhere", "", "/console/\r\nX: y"])
def test_nobody_is_led_away_from_the_console(to: str) -> None:
    assert oidc_attempt.begin(to).to == "/console/"


@pytest.mark.parametrize("state", ["", ".", "x.y", "x." + base64.urlsafe_b64encode(b"\xff").decode()])
def test_states_that_are_not_ours(state: str) -> None:
    """Nor without a cookie, whatever the state."""
    attempt = oidc_attempt.begin("/console/zones")

    assert oidc_attempt.resume(attempt.secret, state) is None
    assert oidc_attempt.resume("", oidc_attempt.Attempt("", "/console/").state) is None
    assert oidc_attempt.resume(attempt.secret, attempt.state) == attempt


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"oidc_issuer": "http://accounts.example.net", "oidc_client_id": "x"}, "oidc_issuer: .*https://"),
        ({"oidc_issuer": "accounts.example.net", "oidc_client_id": "x"}, "oidc_issuer: .*https://"),
        ({"oidc_issuer": "https://accounts.example.net"}, "oidc_client_id: .*register"),
        ({"oidc_client_id": "x"}, "oidc_client_id: is of no use without oidc_issuer"),
        ({"oidc_client_secret_file": "x"}, "oidc_client_secret_file: is of no use without"),
        ({"oidc_issuer": "https://a.example", "oidc_client_id": "x", "oidc_user_claim": ""}, "oidc_user_claim: none"),
        ({"oidc_issuer": "https://a.example", "oidc_client_id": "x", "api_listen": "0.0.0.0:5380"}, "public_url: "),
        ({"oidc_users": {"ada": 7}}, "oidc_users"),
    ],
)
def test_settings_that_cannot_be(given: dict[str, Any], text: str) -> None:
    """The setting and the remedy are named."""
    with pytest.raises(SettingsError, match=text):
        load(environ={}, options=given)


def test_settings_from_variables() -> None:
    found = load(environ={"MERIDIAN_OIDC_USERS": '"ada@example.net" = "ada"'})

    assert found.oidc_users == {"ada@example.net": "ada"}


def test_a_secret_that_cannot_be_read(tmp_path: Path) -> None:
    """Told at the start."""
    settings = Settings(oidc_issuer="https://a.example", oidc_client_secret_file=str(tmp_path / "none"))
    with pytest.raises(SettingsError, match=r"oidc_client_secret_file: .*No such file.*readable"):
        Provider(settings, SystemClock(), "")
