"""Has Django load the admin's modules, which stand in one place and not beside the models that they show."""

from importlib import import_module

from django.apps import AppConfig

MODULES = ("accounts", "audit", "districts", "provisioning")


class AdminConfig(AppConfig):
    """The admin's pages; it holds no models."""

    name = "portal.admin"
    label = "portal_admin"

    def ready(self) -> None:
        """Register every model that the admin shows."""
        for module in MODULES:
            import_module(f"portal.admin.{module}")
