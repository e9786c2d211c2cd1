"""An OpenID Connect provider on a real socket: signs in whoever comes, and signs its tokens with RSA."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

Claims = dict[str, Any]


class Issued(NamedTuple):
    """What a code stands for."""

    asked: dict[str, str]
    used: bool = False


class OidcProvider:
    """
    Listens on a port of its own.

    Attributes:
        client: The id and secret of the one client; without a secret, a public one.
        person: What it says of whoever comes, in the ID token; a POST to /person changes it from another process.
        told: What it says beside at its userinfo endpoint.
        key: What it signs with.
        token: Makes the ID token of its claims; another function makes a bad one.
        described: What it says of itself, beside what is true.
        denies: What it gives in place of a code, if anything.
        answered: Paths of the requests, in their order.
    """

    def __init__(self) -> None:
        self.client = ("console", "s3cret/with:signs")
        self.person: Claims = {"sub": "248289761001", "email": "ada@example.net", "email_verified": True}
        self.told: Claims = {}
        self.key = new_key()
        self.token: Callable[[Claims], str] = lambda claims: self.signed(claims)
        self.described: Claims = {}
        self.denies: Claims = {}
        self.answered: list[str] = []
        self._codes: dict[str, Issued] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def issuer(self) -> str:
        """Its name, where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def signed(self, claims: Claims, key: RSAKey | None = None, **header: Any) -> str:
        """A token with a true signature of this key, or of its own."""
        key = key or self.key
        return jwt.encode({"alg": "RS256", "kid": key.kid, **header}, claims, key)

    def __enter__(self) -> Self:
        """Listen."""
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        """Go away."""
        self._server.shutdown()
        self._server.server_close()

    def _describe(self) -> Claims:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "response_types_supported": ["code"],
            **self.described,
        }

    def _authorize(self, asked: dict[str, str]) -> str:
        """Where somebody is sent back to, with a code; a request that is no good fails the test that makes it."""
        assert asked["response_type"] == "code"
        assert asked["client_id"] == self.client[0]
        assert "openid" in asked["scope"].split()
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self._codes[code] = Issued(asked)
        given = self.denies or {"code": code, "iss": self.issuer}
        return f"{asked['redirect_uri']}?{urlencode({'state': asked['state'], **given})}"

    def _exchange(self, form: dict[str, str], authorization: str) -> tuple[int, Claims]:
        issued = self._codes.get(form.get("code", ""))
        if self._client_of(form, authorization) != self.client:
            return 401, {"error": "invalid_client"}
        if issued is None or issued.used or form["grant_type"] != "authorization_code":
            return 400, {"error": "invalid_grant", "error_description": "no such code"}
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != issued.asked["code_challenge"]:
            return 400, {"error": "invalid_grant", "error_description": "another verifier"}
        if form["redirect_uri"] != issued.asked["redirect_uri"]:
            return 400, {"error": "invalid_grant", "error_description": "another redirect_uri"}
        self._codes[form["code"]] = issued._replace(used=True)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": self.client[0],
            "nonce": issued.asked["nonce"],
            "iat": now,
            "exp": now + 300,
        }
        token = self.token({**claims, **self.person})
        return 200, {"access_token": "opaque", "token_type": "Bearer", "id_token": token}

    def _client_of(self, form: dict[str, str], authorization: str) -> tuple[str, str]:
        kind, _, given = authorization.partition(" ")
        if kind == "Basic":
            id_, _, secret = base64.b64decode(given).decode().partition(":")
            return unquote(id_), unquote(secret)
        return form.get("client_id", ""), form.get("client_secret", "")

    def _get(self, path: str, asked: dict[str, str], authorization: str) -> tuple[int, Claims]:
        match path:
            case "/.well-known/openid-configuration":
                return 200, self._describe()
            case "/keys":
                return 200, dict(KeySet([self.key]).as_dict(private=False))
            case "/userinfo" if authorization == "Bearer opaque":
                return 200, {"sub": self.person["sub"], **self.told}
            case _:
                return 404, {}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                provider.answered.append(parts.path)
                asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
                if parts.path == "/authorize":
                    self.send_response(302)
                    self.send_header("Location", provider._authorize(asked))
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                else:
                    self._reply(*provider._get(parts.path, asked, self.headers.get("Authorization", "")))

            def do_POST(self) -> None:
                provider.answered.append(self.path)
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {name: values[0] for name, values in parse_qs(body).items()}
                if self.path == "/person":
                    provider.person |= form
                    self._reply(200, {})
                    return
                self._reply(*provider._exchange(form, self.headers.get("Authorization", "")))

            def _reply(self, status: int, found: Claims) -> None:
                body = json.dumps(found).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        return Handler


def new_key() -> RSAKey:
    """A key with an id of its own."""
    return RSAKey.generate_key(2048, {"kid": secrets.token_hex(8), "use": "sig"}, private=True)
