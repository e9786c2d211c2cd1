"""Who may do what: an account's owner everything, its other users what their policies allow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from meridian.api.access import user_arn
from meridian.api.context import Context
from meridian.errors import ApiError
from meridian.model.authorization import EVERYTHING, Ask, Decision, decide


def require(
    context: Context, action: str, resources: Iterable[str], values: Mapping[str, Sequence[str]] | None = None
) -> None:
    """
    Go on if the caller may do this with each of these resources.

    Args:
        values: The condition keys that the request has.

    Raises:
        ApiError: AccessDenied, for the first one that is refused.
    """
    if context.caller.owner:
        return
    for resource in resources:
        decision = decide(context.policies, Ask(action, resource, values or {}))
        if not decision.allowed:
            raise _denied(context, action, resource, decision)


def may(context: Context, action: str, resource: str) -> bool:
    """Whether the caller may do this with this resource."""
    return context.caller.owner or decide(context.policies, Ask(action, resource, {})).allowed


def _denied(context: Context, action: str, resource: str, decision: Decision) -> ApiError:
    """AWS's words (R-SIG-4)."""
    user = user_arn(context.caller.account_id, context.caller.user)
    subject = "" if resource == EVERYTHING else f" on resource: {resource}"
    reason = (
        f"because no identity-based policy allows the {action} action"
        if decision.statement is None
        else "with an explicit deny in an identity-based policy"
    )
    return ApiError("AccessDenied", f"User: {user} is not authorized to perform: {action}{subject} {reason}")
