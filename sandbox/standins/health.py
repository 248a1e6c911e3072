"""What a target group's health check finds: the target answers the path with a status that matches, over its protocol.

Certificates are not verified, as a load balancer verifies none of a target. Source: Elastic Load Balancing, "Health
checks for Application Load Balancer target groups"; TargetHealth (API Reference) for the reason and its sentence.
"""

from __future__ import annotations

import http.client
import ssl
from dataclasses import dataclass

Address = tuple[str, int]
SECONDS = 2.0
"""How long a target has to answer; less than on AWS, since whoever looks at all resources waits meanwhile."""


@dataclass(frozen=True)
class Check:
    """How the targets of a group are asked."""

    tls: bool
    path: str
    statuses: str
    """As AWS has them: `200`, `200,202` or `200-299`."""


def unverified() -> ssl.SSLContext:
    """Return what a load balancer opens TLS to its targets with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def is_healthy(target: Address, check: Check, context: ssl.SSLContext) -> bool:
    """Ask a target once."""
    if check.tls:
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(*target, timeout=SECONDS, context=context)
    else:
        connection = http.client.HTTPConnection(*target, timeout=SECONDS)
    try:
        connection.request("GET", check.path, headers={"User-Agent": "ELB-HealthChecker/2.0", "Connection": "close"})
        return matches(connection.getresponse().status, check.statuses)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def matches(status: int, statuses: str) -> bool:
    """Return whether a status is among those of a matcher."""
    for part in statuses.split(","):
        first, _, last = part.partition("-")
        if int(first) <= status <= int(last or first):
            return True
    return False
