"""The portal's user: Django's own, under a name of ours so that it can grow."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person who works with the portal."""
