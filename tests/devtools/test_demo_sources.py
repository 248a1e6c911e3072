"""What the demo's district takes besides the generator's files: a vendor's, a state's and a source's rows, all good."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from devtools.demo import pulled
from devtools.demo.office import OfficeError
from devtools.demo.vendors import MAP, STATE, write_vendors
from processor.sources.oneroster import SERVICES
from processor.sources.oneroster_tables import archive
from tests.processor.mappings.reading import read


@pytest.mark.parametrize(("name", "mapping"), [(MAP, "nwea-map-growth"), (STATE, "sbac-state")])
def test_every_row_of_a_vendors_file_is_read_by_its_mapping(tmp_path: Path, name: str, mapping: str):
    expected = write_vendors(tmp_path, 7)
    parsed = read((tmp_path / name).read_bytes(), name)
    assert parsed.formats == {mapping}
    assert parsed.outcome.rows == expected[name]
    assert parsed.refused == []
    assert len({row["student"] for row in parsed.rows}) == expected[name]


def test_every_row_of_the_source_is_one_that_is_read():
    source = pulled.filled_source(students=12)
    rows = 0
    for resource in SERVICES:
        items = list(source.rows.get(resource, {}).values())
        if items:
            parsed = read(archive(resource, items), f"{resource}.zip")
            assert parsed.refused == [], resource
            rows += parsed.outcome.rows
    # A school, a period, a class and a line item; of each student the user, the role and the result.
    assert rows == 4 + 3 * 12


def told(**more: Any) -> dict[str, Any]:
    return {"problem": None, "remedy": None, "pulled_at": "now", "batches": [{"state": "merged"}], **more}


def test_a_source_is_stored_when_every_batch_is():
    assert pulled.is_stored(told())
    assert pulled.is_stored(None)
    for not_yet in (told(pulled_at=None), told(batches=[]), told(batches=[{"state": "merged"}, {"state": None}])):
        assert not pulled.is_stored(not_yet)
    for answer in (told(problem="away", remedy="wait"), told(batches=[{"state": "rejected"}])):
        with pytest.raises(OfficeError):
            pulled.is_stored(answer)
