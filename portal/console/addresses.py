"""How a page's filter is written as part of an address."""

from __future__ import annotations

from django.http import QueryDict


def as_query(**values: object) -> str:
    """Return what is asked for as part of an address, without what is empty."""
    query = QueryDict(mutable=True)
    for name, value in values.items():
        if value:
            query[name] = str(value)
    return query.urlencode()
