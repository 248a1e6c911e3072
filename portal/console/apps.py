"""Names the console to Django; it holds no models."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """The operators' pages."""

    name = "portal.console"
    label = "console"
    verbose_name = "Console"
