"""Steps the clock that the portal's code reads, as on a host whose clock is set; what counts since boot goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest import mock

from django.utils import timezone


@contextmanager
def clock_ahead(by: timedelta) -> Iterator[None]:
    """Have this process read a clock that is ahead of the machine's, or behind it: the one of another host."""
    true = timezone.now

    def now() -> datetime:
        return true() + by

    with mock.patch.object(timezone, "now", now):
        yield
