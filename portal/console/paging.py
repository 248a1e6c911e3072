"""Pages by key: the next page begins behind the last row shown, however many rows there are. Counts nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import QueryDict

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """The rows of one page, newest first, and the queries that lead to its neighbours."""

    rows: list[Row]
    newer: str
    older: str


def page(rows: QuerySet[Row], query: QueryDict, *, size: int) -> Page[Row]:
    """Return the page that the query asks for by `older` or `newer`, each the id of a row at an edge."""
    ordered = rows.order_by("-pk")
    older, newer = _number(query.get("older")), _number(query.get("newer"))
    if newer is not None:
        fetched = list(rows.filter(pk__gt=newer).order_by("pk")[: size + 1])
        more_newer, more_older = len(fetched) > size, True
        page_rows = fetched[:size][::-1]
    else:
        fetched = list((ordered if older is None else ordered.filter(pk__lt=older))[: size + 1])
        more_newer, more_older = older is not None, len(fetched) > size
        page_rows = fetched[:size]
    if not page_rows:
        return Page([], "", "")
    return Page(
        page_rows,
        _query(query, newer=page_rows[0].pk) if more_newer else "",
        _query(query, older=page_rows[-1].pk) if more_older else "",
    )


def page_in_order(rows: QuerySet[Row], query: QueryDict, *, size: int, order: str) -> Page[Row]:
    """Return the page in another order than newest first: "oldest", or "name" with the id to tell equals apart.

    `older` and `newer` are still the ids of the rows at the edges: what comes after and before them in this order.
    """
    after, before = _number(query.get("older")), _number(query.get("newer"))
    forward = before is None
    edge = after if forward else before
    queryset = rows.filter(_beyond(rows, edge, order, forward=forward)) if edge is not None else rows
    names = ("name", "pk") if order == "name" else ("pk",)
    ordered = queryset.order_by(*(name if forward else f"-{name}" for name in names))
    read = list(ordered[: size + 1])
    page_rows, more = read[:size], len(read) > size
    if not forward:
        page_rows.reverse()
    if not page_rows:
        return Page([], "", "")
    back, on = (edge is not None, more) if forward else (more, True)
    return Page(
        page_rows,
        _query(query, newer=page_rows[0].pk) if back else "",
        _query(query, older=page_rows[-1].pk) if on else "",
    )


def _beyond(rows: QuerySet[Row], edge: int, order: str, *, forward: bool) -> Q:
    way = "gt" if forward else "lt"
    behind = Q(**{f"pk__{way}": edge})
    if order != "name":
        return behind
    name = rows.model._default_manager.filter(pk=edge).values_list("name", flat=True).first()
    return Q() if name is None else Q(**{f"name__{way}": name}) | Q(name=name) & behind


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def _query(query: QueryDict, **edge: int) -> str:
    parameters = query.copy()
    for name in ("older", "newer"):
        parameters.pop(name, None)
    for name, value in edge.items():
        parameters[name] = str(value)
    return parameters.urlencode()
