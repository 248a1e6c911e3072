"""Names the console to Django; it holds no models."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """The operators' pages."""

    name = "portal.console"
    label = "console"
    verbose_name = "Console"

    def ready(self) -> None:
        """Connect the signal that keeps the moment of a session's sign-in, and let models' names be translated."""
        from portal.model_names import translate_names
        from portal.sign_in import reauthentication  # noqa: F401

        translate_names()
