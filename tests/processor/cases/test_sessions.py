"""Which school year a roster is of: its file's or folder's, its academic sessions', or that of its upload."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.formats.base import Reading
from processor.formats.oneroster_sessions import year_of_session
from tests.processor import oneroster_tables as spec
from tests.processor.cases.files import users
from tests.processor.mappings.reading import PSEUDONYMS, read

JULY = datetime(2026, 7, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("of_file", "sessions", "expected"),
    [("", (), "2027"), ("2025", (), "2025"), ("", ("2026",), "2026"), ("", ("2026", "2027"), "2027"),
     ("", ("2028",), "2028"), ("", ("2029",), "2027"), ("2024", ("2026",), "2024")],
)  # fmt: skip
def test_a_rosters_year(of_file: str, sessions: tuple[str, ...], expected: str):
    reading = Reading(PSEUDONYMS, JULY, school_year=of_file, session_years=set(sessions))
    assert reading.roster_year == expected


@given(day=st.dates())
def test_a_session_is_of_the_year_that_it_ends_in_with_its_summer(day: object):
    ends = str(day)
    assert int(year_of_session(ends)) - int(ends[:4]) == (ends[5:7] in ("09", "10", "11", "12"))


def enrolled(name: str, **files: str) -> set[str]:
    archive = spec.archive({f"{table}.csv": text for table, text in files.items()})
    return {row[1] for row in read(archive, name).sink.small["enrolment"].values()}


def test_sessions_in_the_archive_or_its_name_tell_the_year_of_its_users():
    dates = {"schoolYear": "2026", "startDate": "2025-08-10", "endDate": "2026-06-05"}
    session = spec.table("1.1", "academicSessions", spec.row("1.1", "academicSessions", **dates))
    assert enrolled("roster.zip", users=users({})) == {"2027"}, "the upload is of August 2026"
    assert enrolled("roster.zip", users=users({}), academicSessions=session) == {"2026"}
    assert {row[1] for row in read(users({}), "2024-25/users.csv").sink.small["enrolment"].values()} == {"2025"}
