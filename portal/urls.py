"""Every address of the portal."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from portal.health import livez, readyz
from portal.metrics import metrics

urlpatterns = [
    path("livez", livez),
    path("readyz", readyz),
    path("metrics", metrics),
    path("language", set_language, name="set_language"),
    # One door: the admin's own would ask for a password alone.
    path("admin/login/", RedirectView.as_view(pattern_name="console:sign-in", query_string=True)),
    path("admin/logout/", RedirectView.as_view(pattern_name="console:account")),
    path("admin/password_change/", RedirectView.as_view(pattern_name="console:account-password")),
    path("admin/", admin.site.urls),
    path("api/v1/", include(("portal.api.urls", "api-v1"))),
    path("account/", include("portal.sign_in.urls")),
    path("", include("portal.console.urls")),
]

handler400 = "portal.limits.bad_request"
handler500 = "portal.console.errors.server_error"
