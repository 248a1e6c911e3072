"""Every address of the portal."""

from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language

from portal.health import livez, readyz
from portal.metrics import metrics

urlpatterns = [
    path("livez", livez),
    path("readyz", readyz),
    path("metrics", metrics),
    path("language", set_language, name="set_language"),
    path("admin/", admin.site.urls),
    path("", include("portal.console.urls")),
]

handler500 = "portal.console.views.errors.server_error"
