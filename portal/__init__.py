"""The Django project and what people touch: districts, audit, accounts and the console."""

from portal.celery import app as celery_app

__all__ = ("celery_app",)
