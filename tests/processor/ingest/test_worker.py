"""The worker's own care while a file takes long: it tells the backlog, and lives by its beat."""

from __future__ import annotations

import json
import threading
from pathlib import Path

from tests.processor import samples
from tests.processor.pipeline import Pipeline

MERGES_WAIT = "SELECT pg_advisory_xact_lock(7301002)"


def test_the_backlog_of_each_task_is_told_while_a_file_is_worked_on(pipeline: Pipeline, tmp_path: Path):
    for number in range(4):
        pipeline.upload(f"{number}.csv", samples.PLAIN)
    beat = tmp_path / "worker.beat"
    metrics: list[dict[str, object]] = []
    # Somebody else merges for a long time: the worker is in the middle of its first file.
    with pipeline.admin.transaction():
        pipeline.admin.execute(MERGES_WAIT)
        process = pipeline.start("worker", "--wait-seconds=1", "--visible-seconds=3", WORKER_BEAT_FILE=str(beat))
        assert process.stdout is not None
        timer = threading.Timer(60, process.kill)
        timer.start()
        for line in process.stdout:
            if '"BacklogPerTask"' in line:
                metrics.append(json.loads(line))
                break
        began = beat.stat().st_mtime
        while beat.stat().st_mtime == began and process.poll() is None:
            timer.join(0.1)
        process.terminate()
    process.communicate(timeout=30)
    timer.cancel()
    assert process.returncode == 0
    assert [(metric["Backlog"], metric["BacklogPerTask"]) for metric in metrics] == [(3, 3.0)]
    assert beat.stat().st_mtime > began, "the beat goes on, by which the health check knows that it lives"
