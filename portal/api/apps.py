"""Django's registration of the API."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The interface for programs."""

    name = "portal.api"
    label = "api"
