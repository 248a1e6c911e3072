"""What the demo says that the generator knows is what the tables come to when its files are taken in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from devtools.demo.expected import MadeUp, known
from processor.data.write import write_all
from tests.processor.pipeline import Pipeline


def test_the_generator_knows_what_its_files_come_to(pipeline: Pipeline, tmp_path: Path):
    district = MadeUp(rows=2_000, seed=11)
    expected = write_all(tmp_path, rows=district.rows, seed=district.seed, year=district.year)
    for name in sorted(expected):
        result = pipeline.take(name, (tmp_path / name).read_bytes())
        assert result.rejected == expected[name]["rejected"]
    rows = pipeline.rows(
        "SELECT assessment_id, school_year, period, school_id, count(*), sum(scale_score) "
        "FROM homeroom.analytics_result WHERE scale_score IS NOT NULL GROUP BY 1, 2, 3, 4"
    )
    actual = {
        ((assessment, year, period), school): (n, float(total)) for assessment, year, period, school, n, total in rows
    }
    wanted: dict[Any, Any] = {
        (occasion, school): (tally.n, pytest.approx(tally.total))
        for occasion, schools in known(district).items()
        for school, tally in schools.items()
    }
    assert actual == wanted
