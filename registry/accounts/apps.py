"""Django's registration of the accounts."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users and roles."""

    name = "registry.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Connect the signals."""
        from registry.accounts import factor_record, sessions, signals  # noqa: F401
