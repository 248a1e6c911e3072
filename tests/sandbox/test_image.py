"""Migration, worker and API out of the image that is built here without Docker, against the embedded AWS."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from devtools import image
from processes.errors import RemediedError
from sandbox.launch import started_sandbox
from sandbox.standins.images import SETTING
from tests.sandbox.small_stack import SmallStack, until
from tests.sandbox.test_standins import ROWS, small_stack

pytestmark = [pytest.mark.soak, pytest.mark.long]


@pytest.fixture(scope="module")
def unpacked() -> Path:
    """The folder of the processor's image."""
    try:
        image.check_tools()
    except RemediedError as error:
        pytest.skip(f"{error} {error.remedy}")
    image.make_base(image.FOLDER)
    image.build("processor", image.FOLDER)
    return image.FOLDER / "processor"


@pytest.fixture(scope="module")
def stack(unpacked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallStack]:
    folder = tmp_path_factory.mktemp("image")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SETTING, str(unpacked))
        with started_sandbox(folder=folder, processes=True) as sandbox:
            yield small_stack(sandbox.url, folder / "processes" / "authority.pem")


def processes(stack: SmallStack, service: str) -> list[psutil.Process]:
    """Return the processes of a service's task, without the guard that is root's."""
    (task,) = [task for task in stack.listing("task") if task["service"] == service]
    children: list[psutil.Process] = psutil.Process(task["pid"]).children(recursive=True)
    return children


def test_the_image_migrates_reads_a_file_and_answers(stack: SmallStack):
    task = stack.run("migrate")
    assert task["containers"][0]["exitCode"] == 0, stack.log("/homeroom/x/migrate")
    stack.serve("worker", 1)
    stack.client("s3").put_object(Bucket=stack.bucket, Key="incoming/results.csv", Body=ROWS)
    until(lambda: '"message": "A file is merged."' in stack.log("/homeroom/x/worker"), "the file is merged", 120)
    stack.serve("api", 1, API_TLS="required")

    def ready() -> dict[str, Any] | None:
        try:
            with urllib.request.urlopen(f"{stack.service_url}/readyz", timeout=5) as answer:
                return dict(json.load(answer))
        except OSError:
            return None

    assert (until(ready, "the API is ready", 120) or {})["status"] == "ready"
    for service in ("worker-x", "api-x"):
        assert {process.uids().real for process in processes(stack, service)} == {10_001}
        for process in processes(stack, service):
            root = Path(f"/proc/{process.pid}/root")
            assert (root / "app" / "processor").is_dir()
            assert os.statvfs(root).f_flag & os.ST_RDONLY
