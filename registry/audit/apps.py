"""Django's registration of the audit record."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The append-only record."""

    name = "registry.audit"
    label = "audit"
