"""What moto looks up anew for every request and what never changes while it serves is looked up once.

For each request it lists its own folders on disk, three times over, and a response class's methods: a fifth of the
processor time of a request. No answer differs.
"""

from __future__ import annotations

import functools

KEPT = 1024
"""Hosts come out of requests: without a bound, there could be any number of them."""


def fill() -> None:
    """Keep what was found."""
    from moto.core import responses
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication

    dispatcher = DomainDispatcherApplication
    dispatcher.get_backend_for_host = functools.lru_cache(KEPT)(dispatcher.get_backend_for_host)
    # The classes have all of their methods, gaps included, before the first request.
    responses.method_names_from_class = functools.cache(responses.method_names_from_class)
