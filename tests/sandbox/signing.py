"""Signs a request that no client of AWS's makes, with the key of the tests' environment."""

from __future__ import annotations

from collections.abc import Mapping

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config

VERSION_4 = Config(signature_version="s3v4")
"""S3's clients sign links and forms by version 2 unless they are told otherwise."""


def signed(url: str, service: str, body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a POST with its signature; a Host among them is signed in place of the address's own."""
    credentials = boto3.session.Session().get_credentials()
    assert credentials is not None
    request = AWSRequest(method="POST", url=url, data=body, headers=dict(headers))
    SigV4Auth(credentials.get_frozen_credentials(), service, "us-east-1").add_auth(request)
    return {name: str(value) for name, value in request.headers.items()}
