"""The generator: the same seed makes the same files, and the pipeline takes exactly what it says it should."""

from __future__ import annotations

import json
from pathlib import Path

from processor.data.write import write_all
from processor.ingest.process import Ended
from tests.processor.pipeline import Pipeline


def test_the_same_seed_makes_the_same_files(tmp_path: Path):
    for name in ("a", "b"):
        write_all(tmp_path / name, rows=600, seed=7, year=2025)
    write_all(tmp_path / "c", rows=600, seed=8, year=2025)
    assert (tmp_path / "a" / "4-plain.csv").read_bytes() == (tmp_path / "b" / "4-plain.csv").read_bytes()
    assert (tmp_path / "a" / "3-ed-fi.ndjson").read_bytes() == (tmp_path / "b" / "3-ed-fi.ndjson").read_bytes()
    assert (tmp_path / "a" / "4-plain.csv").read_bytes() != (tmp_path / "c" / "4-plain.csv").read_bytes()


def test_the_pipeline_takes_what_the_generator_says(pipeline: Pipeline, tmp_path: Path):
    write_all(tmp_path, rows=3000, seed=1, year=2025)
    expected = json.loads((tmp_path / "expected.json").read_text())
    assert sum(counts["rejected"] for counts in expected.values()) > 20
    for name, counts in expected.items():
        result = pipeline.take(name, (tmp_path / name).read_bytes())
        assert result.ended is Ended.MERGED, name
        assert (result.rows, result.rejected, result.held) == (counts["rows"], counts["rejected"], 0), name
    ((schools, assessments, periods),) = pipeline.rows(
        "SELECT count(DISTINCT school_id), count(DISTINCT assessment_id), count(DISTINCT period) "
        "FROM homeroom.analytics_result WHERE school_year = 2025"
    )
    assert (schools, assessments) == (3, 6)
    assert periods >= 3
    growth = pipeline.rows(
        "SELECT avg(scale_score) FROM homeroom.analytics_result WHERE assessment_id = 'or:mathematics benchmark' "
        "GROUP BY period ORDER BY array_position(ARRAY['2025 Fall', '2025 Winter', '2025 Spring'], period)"
    )
    assert [row[0] for row in growth] == sorted(row[0] for row in growth), "scores grow over the year"
