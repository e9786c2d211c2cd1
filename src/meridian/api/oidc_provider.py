"""
An OpenID Connect provider: where people are sent to sign in, and whether its word for it holds.

OpenID Connect Core 1.0 §3.1 (authorization code flow), OpenID Connect Discovery 1.0 §4, RFC 7636 (PKCE).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import httpx
import msgspec
import structlog
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from meridian.api.oidc_attempt import Attempt
from meridian.api.oidc_user import Claims, refused
from meridian.clock import Clock
from meridian.errors import ApiError, SettingsError
from meridian.settings import Settings

T = TypeVar("T")

log = structlog.get_logger()

_DISCOVERY = "/.well-known/openid-configuration"
_GOOD_FOR = 3600.0  # seconds for which its document and its keys are taken to be what they were
_PATIENCE = 10.0  # seconds for one request
_LEEWAY = 60  # seconds that clocks may differ
# Signatures that anybody can check and the provider alone can make: never `none`, never a shared secret.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")


class Described(msgspec.Struct, frozen=True):
    """What a provider says of itself (Discovery §3), of which this is used."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class Tokens(msgspec.Struct, frozen=True):
    """What a code is exchanged for (Core §3.1.3.3)."""

    id_token: str
    access_token: str = ""


class Provider:
    """
    The provider of the settings. Safe to use from many threads; every call may block for some seconds.

    Raises:
        SettingsError: The file with the secret cannot be read.
    """

    def __init__(self, settings: Settings, clock: Clock, redirect_uri: str) -> None:
        self._settings, self._clock, self._redirect_uri = settings, clock, redirect_uri
        self._described: tuple[float, Described] | None = None
        self._keys: tuple[float, KeySet] | None = None
        self._secret()

    @property
    def name(self) -> str:
        """What people call it."""
        return self._settings.oidc_name or str(urlsplit(self._settings.oidc_issuer).hostname)

    def address(self, attempt: Attempt) -> str:
        """
        Where somebody is to sign in (Core §3.1.2.1).

        Raises:
            ApiError: SignInUnavailable.
        """
        asked = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": self._redirect_uri,
            "scope": " ".join(dict.fromkeys(("openid", *self._settings.oidc_scopes))),
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        endpoint = self._describe().authorization_endpoint
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    def claims(self, code: str, attempt: Attempt) -> Claims:
        """
        What the provider says of the person who came back with this code.

        Raises:
            ApiError: SignInUnavailable; SignInRefused, for a code or a token that is not good.
        """
        tokens = self._exchange(code, attempt)
        claims = self._checked(tokens.id_token, attempt.nonce)
        wanted = {
            self._settings.oidc_user_claim,
            *([self._settings.oidc_groups_claim] * bool(self._settings.oidc_groups)),
        }
        if wanted <= claims.keys() or not tokens.access_token or not self._describe().userinfo_endpoint:
            return claims
        return {**self._more(tokens.access_token, claims), **claims}

    def _exchange(self, code: str, attempt: Attempt) -> Tokens:
        """Core §3.1.3.1, RFC 7636 §4.5."""
        described, client, secret = self._describe(), self._settings.oidc_client_id, self._secret()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": attempt.verifier,
        }
        auth = None
        if not secret:
            form |= {"client_id": client}
        elif "client_secret_basic" in described.token_endpoint_auth_methods_supported:
            auth = httpx.BasicAuth(quote(client, safe=""), quote(secret, safe=""))  # RFC 6749 §2.3.1
        else:
            form |= {"client_id": client, "client_secret": secret}
        reply = self._ask("POST", described.token_endpoint, data=form, auth=auth)
        if reply.status_code != 200:
            log.warning("oidc.code_refused", status=reply.status_code, reply=reply.text[:500])
            raise refused(f"{self.name} did not take the code back ({_error_of(reply)}). Sign in again.")
        return self._read(reply, Tokens)

    def _checked(self, token: str, nonce: str) -> Claims:
        """The claims of an ID token, if all of it is as Core §3.1.3.7 asks."""
        client = self._settings.oidc_client_id
        registry = jwt.JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()),
            leeway=_LEEWAY,
            iss={"essential": True, "value": self._describe().issuer},
            sub={"essential": True},
            aud={"essential": True, "value": client},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
            azp={"value": client},
        )
        try:
            try:
                claims = self._verified(token, self._key_set())
            except InvalidKeyIdError:
                claims = self._verified(token, self._key_set(anew=True))  # it has begun to sign with another key
            registry.validate(dict(claims))
            if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and "azp" not in claims:
                raise refused(f"{self.name} gave a token for several audiences that does not say whose it is (azp).")
        except (JoseError, ValueError) as error:
            log.warning("oidc.token_refused", error=str(error))
            raise refused(f"{self.name} gave a token that is not good: {error}. Sign in again.") from None
        return claims

    def _verified(self, token: str, keys: KeySet) -> Claims:
        registry = JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False)
        return jwt.decode(token, keys, registry=registry).claims

    def _more(self, access_token: str, claims: Claims) -> Claims:
        """What the userinfo endpoint says of the same person (Core §5.3)."""
        reply = self._ask(
            "GET", self._describe().userinfo_endpoint, headers={"Authorization": f"Bearer {access_token}"}
        )
        found = self._read(reply, dict[str, Any])
        if found.get("sub") != claims["sub"]:
            raise refused(f"{self.name} told of somebody else when it was asked who you are.")
        return found

    def _describe(self) -> Described:
        now = self._clock.monotonic()
        if self._described is None or now - self._described[0] > _GOOD_FOR:
            issuer = self._settings.oidc_issuer
            found = self._read(self._ask("GET", issuer.removesuffix("/") + _DISCOVERY), Described)
            if found.issuer != issuer:
                raise self._unavailable(f"it calls itself '{found.issuer}': set oidc_issuer to exactly that")
            self._described = now, found
        return self._described[1]

    def _key_set(self, *, anew: bool = False) -> KeySet:
        now = self._clock.monotonic()
        if anew or self._keys is None or now - self._keys[0] > _GOOD_FOR:
            found = self._read(self._ask("GET", self._describe().jwks_uri), dict[str, Any])
            try:
                self._keys = now, KeySet.import_key_set({"keys": list(filter(_signs, found.get("keys", [])))})
            except (JoseError, ValueError, TypeError) as error:
                raise self._unavailable(f"its keys cannot be read: {error}") from None
        return self._keys[1]

    def _ask(self, method: str, url: str, **given: Any) -> httpx.Response:
        try:
            with httpx.Client(timeout=_PATIENCE) as client:
                return client.request(method, url, **given)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise self._unavailable(f"{url}: {error or type(error).__name__}") from None

    def _read(self, reply: httpx.Response, shape: type[T]) -> T:
        if reply.status_code != 200:
            raise self._unavailable(f"{reply.url} answers {reply.status_code}")
        try:
            return msgspec.json.decode(reply.content, type=shape)
        except ValueError as error:
            raise self._unavailable(f"{reply.url}: {error}") from None

    def _unavailable(self, text: str) -> ApiError:
        log.warning("oidc.unavailable", issuer=self._settings.oidc_issuer, reason=text)
        return ApiError("SignInUnavailable", f"Nobody can sign in with {self.name} now: {text}.", status=502)

    def _secret(self) -> str:
        file = self._settings.oidc_client_secret_file
        try:
            return Path(file).read_text().strip() if file else ""
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "no text"
            raise SettingsError(
                f"oidc_client_secret_file: {file}: {reason}; put the provider's secret into it, readable for this user"
            ) from None


def _signs(key: Mapping[str, Any]) -> bool:
    """Whether a key is for signatures, and of a kind that is known here."""
    return key.get("use", "sig") == "sig" and key.get("kty") in ("RSA", "EC", "OKP")


def _error_of(reply: httpx.Response) -> str:
    """What the token endpoint says is wrong (RFC 6749 §5.2)."""
    try:
        found = msgspec.json.decode(reply.content, type=dict[str, Any])
    except ValueError:
        return f"status {reply.status_code}"
    return str(found.get("error_description") or found.get("error") or f"status {reply.status_code}")
