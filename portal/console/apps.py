"""Names the console to Django; it holds no models."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """The operators' pages."""

    name = "portal.console"
    label = "console"
    verbose_name = "Console"

    def ready(self) -> None:
        """Connect the signal that keeps the moment of a session's sign-in."""
        from portal.console import reauthentication  # noqa: F401
