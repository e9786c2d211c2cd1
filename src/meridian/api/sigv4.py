"""
AWS Signature Version 4: who sent a request, and that nobody changed it on the way.

The signature covers the raw path and query, before any decoding (R-SIG-3). Any region is accepted
in the scope, since clients sign for the region they are configured for (R-SIG-2). A key's session
token may come along; our keys have none, so it counts for nothing but its place in the signature.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, quote_from_bytes

import msgspec

from meridian.api.http import HttpRequest
from meridian.errors import ApiError
from meridian.model.account import Credential

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICES = frozenset({"route53"})
MAX_SKEW = timedelta(minutes=15)  # R-SIG-4
MAX_EXPIRES = 604_800  # seconds a presigned request can be good for: seven days

_DATE_FORM = "%Y%m%dT%H%M%SZ"
_HEADER_FIELDS = ("Credential", "SignedHeaders", "Signature")
_QUERY_FIELDS = ("X-Amz-Credential", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Date", "X-Amz-Expires")
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)


class _Claim(msgspec.Struct, frozen=True):
    """
    What a request says about its signature.

    Attributes:
        scope: Date, region, service and `aws4_request`.
        signed_headers: Lower-case names, in the order given.
        date: When the request was signed, as it was written.
        expires: For how long a presigned request is good; None for one signed in its headers.
    """

    access_key_id: str
    scope: tuple[str, ...]
    signed_headers: tuple[str, ...]
    signature: str
    date: str
    expires: timedelta | None


def is_signed(request: HttpRequest) -> bool:
    """Tell whether a request brings a signature, good or bad."""
    return bool(request.header(b"authorization")) or b"X-Amz-Signature=" in request.query


def verify(
    request: HttpRequest,
    find_secret: Callable[[str], Credential | None],
    now: datetime,
    services: frozenset[str] = SERVICES,
) -> Credential:
    """
    Check the signature of a request, in its Authorization header or in its query.

    Args:
        find_secret: The credential of an access key id; None if there is no such key.
        now: In UTC.
        services: Names of services that the scope may hold.

    Returns:
        The credential that the request is signed with.

    Raises:
        ApiError: MissingAuthenticationToken, IncompleteSignature, InvalidClientTokenId, RequestExpired
            or SignatureDoesNotMatch (R-SIG-4).
    """
    pairs = _query_pairs(request.query)
    claim = _claim(request, pairs)
    printable = claim.access_key_id.isascii() and claim.access_key_id.isprintable()
    credential = find_secret(claim.access_key_id) if printable else None
    if credential is None:
        raise ApiError("InvalidClientTokenId", "The security token included in the request is invalid.")
    _check_scope(claim, services)
    _check_time(claim, now)
    _check_signed_headers(request, claim)
    canonical = canonical_request(request, pairs, claim.signed_headers)
    expected = _sign(credential.secret, claim, canonical)
    if not hmac.compare_digest(expected.encode(), claim.signature.encode()):
        raise _mismatch(_MISMATCH)
    return credential


def canonical_request(request: HttpRequest, pairs: Iterable[tuple[str, str]], signed_headers: Sequence[str]) -> str:
    """
    The text that both sides sign.

    Args:
        pairs: Names and values of the query, decoded.
    """
    headers = "".join(f"{name}:{_header_value(request, name)}\n" for name in signed_headers)
    return "\n".join(
        (
            request.method,
            canonical_path(request.path),
            canonical_query(pairs),
            headers,
            ";".join(signed_headers),
            _payload_hash(request),
        )
    )


def canonical_path(path: bytes) -> str:
    """
    Take out dot segments and doubled slashes, then encode what is there once more (R-SIG-3).

    `%2F` in the request line becomes `%252F`; a final slash stays.
    """
    kept: list[bytes] = []
    for segment in path.split(b"/"):
        if segment == b"..":
            del kept[-1:]
        elif segment not in (b"", b"."):
            kept.append(segment)
    final = b"/" if kept and path.endswith(b"/") else b""
    return quote_from_bytes(b"/" + b"/".join(kept) + final, safe="/~")


def canonical_query(pairs: Iterable[tuple[str, str]]) -> str:
    """Encode names and values anew and sort them; the signature itself is left out."""
    encoded = sorted((_encode(name), _encode(value)) for name, value in pairs if name != "X-Amz-Signature")
    return "&".join(f"{name}={value}" for name, value in encoded)


def _encode(text: str) -> str:
    return quote(text, safe="~", encoding="latin-1")


def _query_pairs(query: bytes) -> list[tuple[str, str]]:
    """Decoded octet by octet, so that what is not UTF-8 survives."""
    return parse_qsl(query.decode("latin-1"), keep_blank_values=True, encoding="latin-1")


def _header_value(request: HttpRequest, name: str) -> str:
    values = (value.decode("utf-8", "replace") for key, value in request.headers if key == name.encode())
    return ",".join(" ".join(value.split()) for value in values)


def _payload_hash(request: HttpRequest) -> str:
    """The body's hash. A header that claims another one is a mistake, and worth its own words."""
    actual = hashlib.sha256(request.body).hexdigest()
    claimed = request.header(b"x-amz-content-sha256")
    if claimed == "UNSIGNED-PAYLOAD":
        raise _mismatch("This service wants the body signed; UNSIGNED-PAYLOAD is not accepted.")
    if claimed and claimed.lower() != actual:
        raise _mismatch("The value of x-amz-content-sha256 is not the SHA-256 of the body that was received.")
    return actual


def _claim(request: HttpRequest, pairs: Sequence[tuple[str, str]]) -> _Claim:
    authorization = request.header(b"authorization")
    if authorization:
        return _claim_of_header(request, authorization)
    query = dict(pairs)
    if "X-Amz-Signature" in query or "X-Amz-Algorithm" in query:
        return _claim_of_query(query)
    raise ApiError("MissingAuthenticationToken", "Missing Authentication Token")


def _claim_of_header(request: HttpRequest, authorization: str) -> _Claim:
    algorithm, _, rest = authorization.partition(" ")
    if algorithm != ALGORITHM:
        raise _incomplete(f"Authorization header must begin with '{ALGORITHM}'; '{algorithm}' is not supported.")
    parts = (part.strip().partition("=") for part in rest.split(","))
    given = {name: value for name, _, value in parts}
    missing = [f"Authorization header requires '{name}' parameter." for name in _HEADER_FIELDS if not given.get(name)]
    date = request.header(b"x-amz-date")
    if not date:
        missing.append("Authorization header requires existence of a 'X-Amz-Date' header.")
    if missing:
        raise _incomplete(" ".join(missing))
    return _make_claim(given["Credential"], given["SignedHeaders"], given["Signature"], date, None)


def _claim_of_query(query: Mapping[str, str]) -> _Claim:
    if query.get("X-Amz-Algorithm") != ALGORITHM:
        raise _incomplete(f"'X-Amz-Algorithm' must be '{ALGORITHM}'.")
    missing = [f"AWS query-string parameters must include '{name}'." for name in _QUERY_FIELDS if not query.get(name)]
    if missing:
        raise _incomplete(" ".join(missing))
    credential, signed_headers, signature, date, expires = (query[name] for name in _QUERY_FIELDS)
    if not (expires.isascii() and expires.isdigit() and len(expires) < 7 and 0 < int(expires) <= MAX_EXPIRES):
        raise _incomplete(f"X-Amz-Expires must be a number of seconds from 1 to {MAX_EXPIRES}.")
    return _make_claim(credential, signed_headers, signature, date, timedelta(seconds=int(expires)))


def _make_claim(credential: str, signed: str, signature: str, date: str, expires: timedelta | None) -> _Claim:
    access_key_id, *scope = credential.split("/")
    if len(scope) != 4:
        what = "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term"
        raise _incomplete(f"{what}; got '{credential}'.")
    return _Claim(access_key_id, tuple(scope), tuple(signed.lower().split(";")), signature, date, expires)


def _check_scope(claim: _Claim, services: frozenset[str]) -> None:
    day, _, service, terminator = claim.scope
    problems = []
    if service not in services:
        problems.append(f"Credential should be scoped to correct service: '{', '.join(sorted(services))}'.")
    if terminator != "aws4_request":
        problems.append("Credential should be scoped with a valid terminator: 'aws4_request'.")
    if day != claim.date[:8]:
        problems.append("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.")
    if problems:
        raise _mismatch(" ".join(problems))


def _check_time(claim: _Claim, now: datetime) -> None:
    """A request is good from 15 minutes before its date until 15 minutes, or its own X-Amz-Expires, after it."""
    try:
        signed_at = datetime.strptime(claim.date, _DATE_FORM).replace(tzinfo=UTC)
    except ValueError:
        raise _incomplete(
            f"Date must be in ISO-8601 'basic format', such as 20260131T235959Z. Got '{claim.date}'."
        ) from None
    if signed_at > now + MAX_SKEW:
        latest = (now + MAX_SKEW).strftime(_DATE_FORM)
        raise _mismatch(f"Signature not yet current: {claim.date} is still later than {latest} (now + 15 min.)")
    if signed_at + (claim.expires or MAX_SKEW) < now:
        text = f"Signature expired: {claim.date} is too long ago; it is now {now.strftime(_DATE_FORM)}."
        raise ApiError("RequestExpired", text)


def _check_signed_headers(request: HttpRequest, claim: _Claim) -> None:
    """What the request relies on has to be signed: the host it is for and the date it was made at."""
    if "host" not in claim.signed_headers:
        raise _mismatch("'Host' must be a 'SignedHeader' in the AWS Authorization.")
    if claim.expires is None and "x-amz-date" not in claim.signed_headers:
        raise _mismatch("'X-Amz-Date' must be a 'SignedHeader' in the AWS Authorization.")


def _sign(secret: str, claim: _Claim, canonical: str) -> str:
    key = b"AWS4" + secret.encode()
    for part in claim.scope:
        key = hmac.digest(key, part.encode(), "sha256")
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = "\n".join((ALGORITHM, claim.date, "/".join(claim.scope), digest))
    return hmac.digest(key, to_sign.encode(), "sha256").hex()


def _incomplete(message: str) -> ApiError:
    return ApiError("IncompleteSignature", message)


def _mismatch(message: str) -> ApiError:
    return ApiError("SignatureDoesNotMatch", message)
