"""Reading is bounded: ten times the rows take hardly more memory. The claim for 5 GB is `benchmarks/ingest.py`'s."""

from __future__ import annotations

import subprocess
import sys

import pytest

from devtools.paths import ROOT
from processor.ingest.report import MOST_ROWS, Report
from processor.problems import RefusedCell

CHILD = """
import io, re, sys
from datetime import UTC, datetime
from processor.formats.base import Reading
from processor.ingest.reading import read_upload
from processor.ingest.report import Report
from processor.pseudonyms import Pseudonyms

class Rows(io.RawIOBase):
    def __init__(self, count):
        self.left, self.number = count, 0
        self.rest = (b"sourcedId,status,dateLastModified,lineItemSourcedId,"
                     b"studentSourcedId,scoreStatus,score,scoreDate\\n")
        self.at = 0
    def readable(self): return True
    def seek(self, *_): self.back = True; return 0
    def readinto(self, buffer):
        while len(self.rest) < len(buffer) and self.left:
            n = min(1000, self.left); self.left -= n
            self.rest += b"".join(b"r%d,active,2025-05-01T00:00:00Z,l%d,u%d,fully graded,%d.5,2025-05-01\\n"
                % (self.number + i, i % 9, self.number + i, i % 90) for i in range(n))
            self.number += n
        part, self.rest = self.rest[:len(buffer)], self.rest[len(buffer):]
        buffer[:len(part)] = part
        return len(part)

class Peek:
    def __init__(self, source): self.source, self.first = source, None
    def read(self, size):
        if self.first is None:
            self.first = self.source.read(size); return self.first
        if self.first:
            out, self.first = self.first, b""; return out
        return self.source.read(size)
    def seek(self, _): return 0

class Sink:
    def __init__(self): self.lines = []; self.put_result, self.put_results = self.lines.append, self.lines.extend
    def put(self, *_): pass
    def breathe(self): self.lines.clear()

reading = Reading(Pseudonyms({"pseudonym_key": "k" * 40}), datetime.now(UTC))
outcome = read_upload(Peek(io.BufferedReader(Rows(int(sys.argv[1])), 2**20)), name="results.csv", size=1,
                      reading=reading, staging=Sink(), report=Report())
# Not getrusage, whose maximum begins with that of the process which forked this one.
status = open("/proc/self/status").read()
print(outcome.rows, int(re.search(r"VmHWM:[^0-9]+(\\d+)", status)[1]) // 1024)
"""


def megabytes(rows: int) -> int:
    ran = subprocess.run([sys.executable, "-c", CHILD, str(rows)], cwd=ROOT, capture_output=True, text=True, check=True)
    read, most = map(int, ran.stdout.split())
    assert read == rows
    return most


@pytest.mark.parametrize(
    ("rows", "more"), [(100_000, 40), pytest.param(300_000, 60, marks=pytest.mark.soak)], ids=["ten times", "thirty"]
)
def test_memory_does_not_grow_with_the_file(rows: int, more: int):
    small, large = megabytes(10_000), megabytes(rows)
    assert large < 300
    assert large < small + more, f"{small} MB for 10,000 rows, {large} MB for {rows:,}"


def test_a_reports_disk_is_bounded_however_many_rows_are_refused():
    report = Report()
    value = "=" * 1000
    for number in range(MOST_ROWS + 50_000):
        report.add(RefusedCell("results.csv", number, "score", "not_a_number", "This is no number.", value))
    assert report.lines == MOST_ROWS + 50_000
    assert report.size() < 100 * 2**20
    report.close()
