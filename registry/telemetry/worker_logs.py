"""Has Celery leave the log lines as the settings have them, those of its pool of processes among them.

Connected when the application is made (`portal.celery`). Without it Celery writes some lines in a format of its own.
"""

from __future__ import annotations

import logging
from typing import Any

from celery.signals import setup_logging
from celery.utils.log import get_multiprocessing_logger


@setup_logging.connect(weak=False)
def keep(**_: Any) -> None:
    """Give the pool's logger, which hands nothing on to the root, the root's handlers."""
    pool: Any = get_multiprocessing_logger()
    pool.handlers = list(logging.getLogger().handlers)
    pool.setLevel(logging.ERROR)
