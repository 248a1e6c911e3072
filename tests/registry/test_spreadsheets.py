"""No cell of ours begins a formula, in whichever file: the portal's lists and evidence, a district's report."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest

from portal.console.exports import neutral
from processor.ingest.report import harmless
from provisioning.evidence.package import csv_file

COMPUTED = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1+1", "＋1", "－1", "＠SUM"]  # noqa: RUF001
PLAIN = ["", "Lakeside", "a=1", " b", "'=1"]


def of_evidence(text: str) -> str:
    """Return the cell that an evidence package has for a text."""
    rows = csv.DictReader(io.StringIO(csv_file(("reason",), [{"reason": text}]).decode(), newline=""))
    return next(row["reason"] for row in rows)


WRITERS: dict[str, Callable[[str], str]] = {"list": neutral, "evidence": of_evidence, "report": harmless}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("text", COMPUTED)
def test_what_a_spreadsheet_would_compute_has_an_apostrophe(text: str, writer: str):
    assert WRITERS[writer](text) == f"'{text}"


@pytest.mark.parametrize("writer", ["list", "report"])
@pytest.mark.parametrize("text", PLAIN)
def test_all_else_is_as_it_was(text: str, writer: str):
    assert WRITERS[writer](text) == text
