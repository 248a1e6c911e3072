"""Signing in by the organization's SAML provider: django-allauth's way, and an answer for what is no SAML at all.

The response and its signature are checked by python3-saml, in its strict mode and by SHA-256 at least; it must answer a
request of this browser's, once. Source: OASIS, "Profiles for SAML V2.0", 4.1.4.
"""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.providers.saml.views import FinishACSView
from django.http import HttpRequest, HttpResponse
from lxml.etree import LxmlError

UNFIT = (LxmlError, ValueError, TypeError, KeyError, AttributeError)
"""What python3-saml raises on documents that are none, beside its own errors, which django-allauth answers."""


class FinishAcs(FinishACSView):  # type: ignore[misc]
    """Takes in what the provider answered."""

    def dispatch(self, request: HttpRequest, organization_slug: str) -> HttpResponse:
        """Answer the request; a document that is none is a sign-in that failed, and no fault."""
        provider = self.get_provider(organization_slug)
        try:
            answer: HttpResponse = super().dispatch(request, organization_slug)
        except UNFIT as error:
            refused: HttpResponse = render_authentication_error(request, provider, exception=error)
            return refused
        return answer


finish_acs: Any = FinishAcs.as_view()
