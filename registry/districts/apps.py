"""Django's registration of the districts."""

from django.apps import AppConfig


class DistrictsConfig(AppConfig):
    """Districts and AWS accounts."""

    name = "registry.districts"
    label = "districts"
