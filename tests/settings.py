"""The portal's settings for tools that only read code: mypy's Django plugin and `makemigrations --check`."""

import os

os.environ.setdefault("HOMEROOM_SECRET_KEY", "for-static-checks")
os.environ.setdefault("HOMEROOM_DATABASE_URL", "postgresql://nobody:nothing@127.0.0.1:9/none")
os.environ.setdefault("HOMEROOM_BROKER_URL", "memory://")

from portal.settings import *  # noqa: F403
