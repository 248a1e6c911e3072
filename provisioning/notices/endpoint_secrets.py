"""An endpoint's address and secrets, sealed in the database and unsealed where they are used."""

from __future__ import annotations

from datetime import datetime, timedelta

from provisioning.models import NoticeEndpoint
from registry.outbound.sealing import seal, unseal

ADDRESS, SECRET = "notices.address", "notices.secret"
OVERLAP = timedelta(hours=24)
"""So long after a rotation both secrets sign: the receiver may take the new one when it suits."""


def address_unsealed(endpoint: NoticeEndpoint) -> str:
    """Return where the endpoint is; raises UnsealedError."""
    return unseal(ADDRESS, endpoint.sealed_address)


def address_sealed(address: str) -> str:
    """Return an address as it is stored."""
    return seal(ADDRESS, address)


def secret_sealed(secret: str) -> str:
    """Return a secret as it is stored."""
    return seal(SECRET, secret)


def valid_secrets(endpoint: NoticeEndpoint, at: datetime) -> list[str]:
    """Return the secrets that sign at this time, today's first; raises UnsealedError."""
    secrets = [unseal(SECRET, endpoint.sealed_secret)]
    if endpoint.sealed_former_secret and endpoint.former_until is not None and at < endpoint.former_until:
        secrets.append(unseal(SECRET, endpoint.sealed_former_secret))
    return secrets
