"""The API's addresses."""

from django.urls import URLPattern, path

from portal.api.assembly import api
from portal.api.document import openapi

# Its root would lead to pages of the router's that there are not.
urlpatterns = [
    path("openapi.json", openapi, name="openapi"),
    *(pattern for pattern in api.urls[0] if not (isinstance(pattern, URLPattern) and pattern.name == "api-root")),
]
