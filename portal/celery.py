"""The Celery application: configured from Django's settings alone."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("homeroom")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Registers what a worker does at its start; it needs the application above.
import provisioning.host_queue  # noqa: E402, F401
