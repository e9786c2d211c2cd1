from __future__ import annotations

from meridian.model.account import Credential


def test_a_secret_is_not_shown_by_accident() -> None:
    """A credential in a log line or a traceback does not give its secret away."""
    key = Credential("AKIAEXAMPLE", "the secret", "123456789012", "admin")

    assert "the secret" not in f"{key} {key!r}"
