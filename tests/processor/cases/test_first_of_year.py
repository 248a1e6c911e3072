"""A school year's first results stand in a partition like any other's, whichever way they came into it."""

from __future__ import annotations

from processor.ingest.process import Ended
from tests.processor.cases.files import plain, row
from tests.processor.pipeline import Pipeline

YEARS = "SELECT school_year, count(*) FROM homeroom.result GROUP BY 1 ORDER BY 1"
INDEXES = (
    "SELECT indrelid::regclass::text, count(*) FROM pg_index WHERE indisvalid AND indrelid IN "
    "('homeroom.result'::regclass, 'homeroom.result_1999'::regclass, 'homeroom.result_2002'::regclass) GROUP BY 1"
)
RIGHTS = (
    "SELECT table_name FROM information_schema.role_table_grants WHERE table_schema = 'homeroom' "
    "AND table_name ~ '^result_[0-9]{4}$' AND grantee = 'homeroom_writer'"
)


def test_first_and_further_results_of_several_years_stand_together(district: Pipeline):
    first = district.take("first.csv", plain(row("1001", date="1998-10-03"), row("1002", date="1999-10-03")))
    assert (first.ended, first.rejected) == (Ended.MERGED, 0)
    more = plain(
        row("1003", date="1998-11-03"),
        row("1004", date="2001-10-03"),
        row("1001", date="1998-10-03", score="213"),
    )
    assert district.take("more.csv", more).ended == Ended.MERGED
    assert district.rows(YEARS) == [(1999, 2), (2000, 1), (2002, 1)]
    assert district.rows("SELECT scale_score FROM homeroom.result ORDER BY 1") == [
        (212.0,),
        (212.0,),
        (212.0,),
        (213.0,),
    ]
    assert len({count for _, count in district.rows(INDEXES)}) == 1
    assert district.rows(RIGHTS) == []


def test_a_dry_run_leaves_no_year_behind(district: Pipeline):
    assert district.take("trial/first.csv", plain(row("1001", date="2003-10-03"))).ended == Ended.TRIED
    assert district.rows("SELECT to_regclass('homeroom.result_2004') IS NULL") == [(True,)]
