"""A Meridian of one's own over HTTPS."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3
import botocore.config

from tests.fakes.certificates import Authority
from tests.journeys.site import Site


class SecureSite(Site):
    """
    A server with a certificate of an authority that clients are told of.

    Args:
        names: What its certificate is for, beside its address.
    """

    def __init__(self, folder: Path, authority: Authority, names: Sequence[str] = ()) -> None:
        self.bundle = folder.parent / "authority.pem"
        self.bundle.write_bytes(authority.root)
        self.files = folder.parent / "cert.pem", folder.parent / "key.pem"
        self.authority, self._names = authority, ["127.0.0.1", *names]
        self.renew()
        tls = {"MERIDIAN_TLS_CERTIFICATE": str(self.files[0]), "MERIDIAN_TLS_KEY": str(self.files[1])}
        super().__init__(folder, environ=tls)

    def renew(self) -> None:
        """Another certificate in the place of the first."""
        for file, content in zip(self.files, self.authority.certificate(self._names), strict=True):
            file.write_bytes(content)

    @property
    def url(self) -> str:
        """Where its API is."""
        return super().url.replace("http://", "https://")

    @property
    def environ(self) -> dict[str, str]:
        """What a stock AWS tool needs to find and to trust it."""
        return super().environ | {"AWS_CA_BUNDLE": str(self.bundle)}

    @property
    def route53(self) -> Any:
        """A boto3 client of its own, with the first key."""
        return self.client(self.key.access_key_id, self.key.secret)

    def client(self, key_id: str, secret: str) -> Any:
        """A boto3 client with a key."""
        return boto3.client(
            "route53",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            verify=str(self.bundle),
            config=botocore.config.Config(retries={"total_max_attempts": 1}),
        )
