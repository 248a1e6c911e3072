"""Where a OneRoster service's pages end: by its links, by its count, or by nothing more, and never by our own guess."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.sources import oneroster
from processor.sources.http_request import Answer, joined
from processor.sources.model import Cursor, Kind, Source, State
from processor.sources.problems import ForbiddenError, NotOfferedError

SOURCE = Source(1, Kind.ONEROSTER, "Maple's system", "https://sis.example", "", 60, State.ACTIVE)


@dataclass
class Service:
    """A service that gives at most so many rows a page, whatever it is asked for."""

    rows: int
    most: int = 100
    counts: bool = False
    links: bool = False
    moves: bool = True
    status: int = 200
    asked: list[str] = field(default_factory=list)

    def get(self, url: str) -> Answer:
        self.asked.append(url)
        query = parse_qs(urlsplit(url).query)
        offset = int(query["offset"][0]) if self.moves else 0
        page = [{"sourcedId": f"o{at:05}"} for at in range(offset, min(self.rows, offset + self.most))]
        fields = [("Link", '<https://sis.example/orgs?offset=0>; rel="first"')]
        if offset + self.most < self.rows:
            fields.insert(0, ("link", f'<https://sis.example/orgs?offset={offset + self.most}>; rel="next"'))
        headers = joined(fields) if self.links else {}
        if self.counts:
            headers["x-total-count"] = str(self.rows)
        return Answer(self.status, headers, json.dumps({"orgs": page}).encode())


def pulled(service: Service) -> tuple[int, bool]:
    """Return how many rows a pull has read, and whether it has ended."""
    cursor: Cursor = {}
    batch = oneroster.OneRoster().pull(service, SOURCE, "orgs", cursor)  # type: ignore[arg-type]
    return batch.rows, not batch.more


@given(rows=st.integers(0, 450), most=st.integers(50, 600), counts=st.booleans(), links=st.booleans())
def test_every_row_is_read_however_a_service_pages(rows: int, most: int, counts: bool, links: bool):
    service = Service(rows, most=most, counts=counts, links=links)
    assert pulled(service) == (rows, True)
    assert len(service.asked) <= rows // most + 2


def test_a_service_that_knows_no_places_ends_all_the_same():
    service = Service(40, moves=False)
    assert pulled(service) == (40, True)
    assert len(service.asked) == 2


@pytest.mark.parametrize(("status", "error"), [(403, ForbiddenError), (404, NotOfferedError)])
def test_what_is_refused_is_told_from_what_is_not_there(status: int, error: type[Exception]):
    with pytest.raises(NotOfferedError) as raised:
        pulled(Service(1, status=status))
    assert type(raised.value) is error


def test_several_fields_of_one_name_are_one_list():
    told: list[tuple[str, Any]] = [("Link", "<a>; rel=first"), ("Date", "x"), ("link", "<b>; rel=next")]
    assert joined(told) == {"link": "<a>; rel=first, <b>; rel=next", "date": "x"}
