"""From what a provider says of somebody to a user of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from meridian.errors import ApiError
from meridian.settings import Settings

Claims = Mapping[str, Any]


def names(claims: Claims, settings: Settings) -> Sequence[str]:
    """
    The users, each USER or ACCOUNT/USER, that somebody may sign in as; the first that there is counts.

    Raises:
        ApiError: SignInRefused: The claims do not say who it is.
    """
    who = _who(claims, settings.oidc_user_claim)
    if who in settings.oidc_users:
        return (settings.oidc_users[who],)
    given = claims.get(settings.oidc_groups_claim)
    groups = given if isinstance(given, list) else [given]
    itself = (who,) if "/" not in who else ()  # nobody chooses an account by a name of their own
    return (*itself, *(user for group, user in settings.oidc_groups.items() if group in groups))


def nobody(claims: Claims, settings: Settings) -> ApiError:
    """What somebody reads who is no user here."""
    who = _who(claims, settings.oidc_user_claim)
    return refused(
        f"'{who}' is no user here. An operator makes a user of this name with meridian user create, or names one in "
        "the settings oidc_users or oidc_groups."
    )


def refused(text: str) -> ApiError:
    """A sign-in that comes to nothing."""
    return ApiError("SignInRefused", text, status=403)


def _who(claims: Claims, claim: str) -> str:
    who = claims.get(claim)
    if not isinstance(who, str) or not who:
        raise refused(
            f"The provider does not say who you are: it gives no claim '{claim}', the setting oidc_user_claim. "
            "Another scope (oidc_scopes) may bring it, or another claim will do."
        )
    # Amazon Cognito writes it as a string.
    if claim == "email" and claims.get("email_verified") not in (True, "true"):
        raise refused(
            f"The provider does not say that the address {who} was verified, so it may be anybody's. "
            "Have it verified there, or take another claim with oidc_user_claim."
        )
    return who
