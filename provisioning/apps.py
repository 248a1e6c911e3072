"""Django's registration of the runs."""

from django.apps import AppConfig


class ProvisioningConfig(AppConfig):
    """Runs, their events, and the resources and outputs of each district."""

    name = "provisioning"
    label = "provisioning"

    def ready(self) -> None:
        """Connect the signals."""
        from provisioning import subscribers
        from provisioning.execution import traces
        from provisioning.notices import listening  # noqa: F401

        subscribers.connect()
        traces.connect()
