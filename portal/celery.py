"""The Celery application: configured from Django's settings alone."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("homeroom")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Registers what goes along with a task, how a worker logs and what it does at its start: after the application.
from provisioning.runs import host_queue  # noqa: E402, F401
from registry.telemetry import tasks, worker_logs  # noqa: E402, F401
