"""Everything that can be wrong, in the words that a user reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class MeridianError(Exception):
    """Something the user can mend; the text says what and how. Shown without a stack trace."""


class ApiError(MeridianError):
    """
    An error of the API, by the service model's own name for it.

    The model knows the HTTP status and who is at fault (R-EEN-2, R-EEN-3); errors that it does not
    list carry their status here (R-EEN-5).

    Args:
        code: The shape name in the service model, or one of R-EEN-5.
        message: The text that goes out, literally.
        status: Only for codes that the model does not list.
        members: What the error's shape in the model has beside its message.
    """

    def __init__(
        self, code: str, message: str, *, status: int | None = None, members: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members = members or {}


class NoSuchEntity(MeridianError):
    """There is no user, access key or policy of this name."""


class InvalidInput(ApiError):
    """The request as such is wrong."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidInput", message)


class InvalidPaginationToken(ApiError):
    """A NextToken that this list did not give (R-PAG-1)."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidPaginationToken", message)


class ChangeRejected(ApiError):
    """
    A change batch that breaks a rule; nothing of it was done (R-CHG-2).

    Args:
        messages: Every problem found, in the order of the changes (R-ERR-41).
    """

    def __init__(self, messages: Sequence[str]) -> None:
        self.messages = tuple(messages)
        super().__init__("InvalidChangeBatch", "[" + ", ".join(self.messages) + "]")


class NoSuchHostedZone(ApiError):
    """No zone has this id, or not in this account (R-ZON-14, R-API-25)."""

    def __init__(self, zone_id: str) -> None:
        super().__init__("NoSuchHostedZone", f"No hosted zone found with ID: {zone_id}")


class NoSuchChange(ApiError):
    """No change has this id (R-CHG-17)."""

    def __init__(self, change_id: str) -> None:
        super().__init__("NoSuchChange", f"Could not find resource with ID: {change_id}")


class NoSuchCidrCollection(ApiError):
    """No CIDR collection has this id, or not in this account (R-API-25)."""

    def __init__(self, collection_id: str) -> None:
        super().__init__("NoSuchCidrCollectionException", f"No CIDR collection found with ID: {collection_id}")


class NoSuchHealthCheck(ApiError):
    """No health check has this id, or not in this account (R-HCU-8, R-API-25)."""

    def __init__(self, check_id: str) -> None:
        super().__init__("NoSuchHealthCheck", f"A health check with id {check_id} does not exist.")


class NoSuchTrafficPolicy(ApiError):
    """No traffic policy has this id and version, or not in this account (R-TFO-5, R-API-25)."""

    def __init__(self, policy_id: str, version: int | None = None) -> None:
        of = "" if version is None else f" and version {version}"
        super().__init__("NoSuchTrafficPolicy", f"No traffic policy found with ID {policy_id}{of}.")


class NoSuchTrafficPolicyInstance(ApiError):
    """No traffic policy instance has this id, or not in this account (R-API-25)."""

    def __init__(self, instance_id: str) -> None:
        super().__init__("NoSuchTrafficPolicyInstance", f"No traffic policy instance found with ID {instance_id}.")


class SettingsError(MeridianError):
    """A setting that cannot be: names the place it came from, the key and the remedy."""
