"""Where a sign-out goes on to: the organization's provider, whose own session ends with ours."""

from __future__ import annotations

from django.http import HttpRequest

from portal.sign_in import openid
from portal.sign_in.saml import provider as saml


def way_out(request: HttpRequest) -> str:
    """Return the address of the provider by which this session came in; empty where there is none, or offers none."""
    return str(request.session.get(openid.END_SESSION, "")) or saml.way_out(request)
