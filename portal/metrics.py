"""`/metrics` in Prometheus' text format: what is counted in the database, for a scraper with the token or a person.

Source of the format: Prometheus, "Exposition formats", version 0.0.4.
"""

from __future__ import annotations

import hmac

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from messages.message import message
from portal.exposition import Fleet
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import may

BEARER = "Bearer "


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer the scraper that has the token, and people who see all districts."""
    if not (_has_token(request) or (isinstance(request.user, User) and may(request.user, Act.SEE))):
        raise PermissionDenied(
            message("Send the token of HOMEROOM_METRICS_TOKEN as `Authorization: Bearer`, or sign in.")
        )
    registry = CollectorRegistry()
    registry.register(Fleet())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _has_token(request: HttpRequest) -> bool:
    header = request.headers.get("Authorization", "")
    token = settings.METRICS_TOKEN
    return (
        bool(token)
        and header.startswith(BEARER)
        and hmac.compare_digest(header.removeprefix(BEARER).encode(), token.encode())
    )
