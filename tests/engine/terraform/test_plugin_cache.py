"""The cache of providers is filled by one init at a time; the inits are a program that tells when two fill it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from devtools.paths import ROOT
from engine.errors import InterruptedRunError
from engine.processes.supervisor import ENDED
from engine.settings import EngineSettings
from engine.terraform.command import Terraform
from engine.terraform.plugin_cache import filling

INIT = """#!{python} -IS
import os, pathlib, time
cache = pathlib.Path(os.environ["TF_PLUGIN_CACHE_DIR"])
told = cache.parent / "told"
provider = cache / "registry.terraform.io" / "hashicorp" / "aws" / "6.0.0" / "linux_amd64"
deadline = time.monotonic() + 20
if provider.exists():
    # Two that find it there are let through together, which they are only where neither waits for the other.
    (told / ("reads-" + str(os.getpid()))).touch()
    while len(list(told.glob("reads-*"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
else:
    (told / ("fills-" + str(os.getpid()))).touch()
    time.sleep(0.3)
    provider.mkdir(parents=True, exist_ok=True)
"""


def test_a_cold_cache_is_filled_by_one_init_and_a_filled_one_is_read_by_several(tmp_path):
    program = tmp_path / "terraform"
    program.write_text(INIT.format(python=sys.executable))
    program.chmod(0o755)
    marks, failed = tmp_path / "told", []
    marks.mkdir()

    def init(workspace: Path) -> None:
        workspace.mkdir()
        try:
            Terraform(EngineSettings(tmp_path, "bucket", terraform=str(program)), workspace, "key").init()
        except BaseException as error:  # noqa: BLE001 - told below, in the main thread
            failed.append(error)

    threads = [threading.Thread(target=init, args=(tmp_path / f"run-{number}",)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(list(marks.glob("fills-*"))) == 1
    assert len(list(marks.glob("reads-*"))) == 2


def test_who_is_to_stop_does_not_wait_for_another_and_other_providers_are_another_filling(tmp_path):
    cache, provider = tmp_path / "plugins", tmp_path / "plugins" / "r" / "hashicorp" / "aws" / "6.0.0" / "linux_amd64"
    with filling(cache, "aws 6.0.0", poll=lambda: False):
        provider.mkdir(parents=True)
        with pytest.raises(InterruptedRunError), filling(cache, "aws 6.0.0", poll=lambda: True):
            raise AssertionError("two were let in at a time")
    with filling(cache, "aws 6.0.0", poll=lambda: True), filling(cache, "aws 6.0.0", poll=lambda: True):
        assert provider.exists(), "a filled one is held by several"
        with pytest.raises(InterruptedRunError), filling(cache, "aws 6.1.0", poll=lambda: True):
            raise AssertionError("it is filled with others while somebody reads")


def test_a_cache_that_was_emptied_is_cold_again(tmp_path):
    cache, provider = tmp_path / "plugins", tmp_path / "plugins" / "r" / "hashicorp" / "aws" / "6.0.0" / "linux_amd64"
    with filling(cache, "aws", poll=lambda: False):
        provider.mkdir(parents=True)
    provider.rmdir()
    with (
        filling(cache, "aws", poll=lambda: True),
        pytest.raises(InterruptedRunError),
        filling(cache, "aws", poll=lambda: True),
    ):
        raise AssertionError("two were let in at a time")


WORKER = """
import pathlib, sys
from engine.processes.child import Ended
from engine.processes.supervised import Terms, start
from engine.settings import EngineSettings
from engine.terraform.command import Terraform

def runner(command, *, cwd, environment, on_line, poll, keep=()):
    start(command, name="init", folder=cwd / "command", cwd=cwd, environment=environment, terms=Terms(60, 5), keep=keep)
    print("begun", flush=True)
    sys.stdin.read()
    return Ended(0, "", False)

home, program = map(pathlib.Path, sys.argv[1:])
workspace = home / "run"
workspace.mkdir()
Terraform(EngineSettings(home, "bucket", terraform=str(program)), workspace, "key", runner=runner).init()
"""
SLOW_INIT = """#!{python} -IS
import os, pathlib, time
cache = pathlib.Path(os.environ["TF_PLUGIN_CACHE_DIR"])
while not (cache.parent / "end").exists():
    time.sleep(0.01)
"""


def test_a_cold_cache_is_its_inits_own_until_it_ends_though_its_worker_was_killed(tmp_path: Path):
    program = tmp_path / "terraform"
    program.write_text(SLOW_INIT.format(python=sys.executable))
    program.chmod(0o755)
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(tmp_path), str(program)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "begun\n"
    worker.kill()
    worker.communicate()
    settings = EngineSettings(tmp_path, "bucket", terraform=str(program))
    with pytest.raises(InterruptedRunError), filling(settings.plugin_cache, "", poll=lambda: True):
        raise AssertionError("two were let in at a time")
    (tmp_path / "end").touch()
    deadline = time.monotonic() + 60
    with filling(settings.plugin_cache, "", poll=lambda: time.monotonic() > deadline):
        assert (tmp_path / "run" / "command" / ENDED).exists()
