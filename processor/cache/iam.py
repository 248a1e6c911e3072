"""Signs in to ElastiCache by IAM: a presigned request is the password, good for 15 minutes, made for each connection.

Source: ElastiCache User Guide, "Authenticating with IAM".
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from botocore.model import ServiceId
from botocore.signers import RequestSigner
from redis.credentials import CredentialProvider

SECONDS = 900


def replication_group(host: str) -> str:
    """Return the name of the replication group out of its primary endpoint, `master.NAME.xxxxxx...`."""
    labels = host.split(".")
    return labels[1] if labels[0] == "master" and len(labels) > 1 else labels[0]


class IamCredentials(CredentialProvider):
    """What redis-py asks for a name and a password whenever it connects."""

    def __init__(self, session: Any, user: str, cache: str) -> None:
        self._session, self._user, self._cache = session, user, cache

    def get_credentials(self) -> tuple[str, str]:
        """Return the user and a fresh token."""
        region = self._session.get_config_variable("region")
        signer = RequestSigner(
            ServiceId("elasticache"), region, "elasticache", "v4",
            self._session.get_credentials(), self._session.get_component("event_emitter"),
        )  # fmt: skip
        query = urlencode({"Action": "connect", "User": self._user})
        request = {"method": "GET", "url": f"https://{self._cache}/?{query}", "body": {}, "headers": {}, "context": {}}
        url = signer.generate_presigned_url(request, operation_name="connect", expires_in=SECONDS, region_name=region)
        return self._user, str(url).removeprefix("https://")
