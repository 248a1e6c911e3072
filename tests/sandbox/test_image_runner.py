"""What runs out of an image's files has them read-only, its user and its volumes, as on Fargate."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.standins.images import CONFIGURATION, FILES, SETTING, Place, program

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts, and gives up being root")

LOOKS = """
import json, os, resource
def tried(path):
    try:
        open(path, "w").close()
    except OSError as error:
        return type(error).__name__, error.errno
    return "written"
print(json.dumps({
    "user": os.getresuid(), "group": os.getresgid(), "groups": os.getgroups(), "folder": os.getcwd(),
    "root": tried("/written"), "volume": tried("/tmp/written"), "memory": resource.getrlimit(resource.RLIMIT_DATA),
    "privileges": [line for line in open("/proc/self/status") if line.startswith("NoNewPrivs")],
    "variables": sorted(name for name in os.environ if name.startswith(("OF_", "HOMEROOM"))),
}))
"""
READ_ONLY, DENIED = ["OSError", 30], ["PermissionError", 13]


def looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, declared: bool) -> dict[str, object]:
    """Run a container of an image whose files are this machine's own, and return what it sees."""
    unpacked = tmp_path / "image"
    unpacked.mkdir()
    (unpacked / FILES).symlink_to("/")
    configuration: dict[str, object] = {
        "Env": ["OF_IMAGE=1"],
        "User": "10001:10001",
        "WorkingDir": "/tmp",
        "Entrypoint": [sys.executable, "-c"],
        "Cmd": ["raise SystemExit('no command was given')"],
        "Volumes": {"/tmp": {}} if declared else None,
    }
    (unpacked / CONFIGURATION).write_text(json.dumps(configuration))
    authority = tmp_path / "authority.pem"
    authority.write_text("an authority")
    monkeypatch.setenv(SETTING, str(unpacked))
    monkeypatch.setenv("HOMEROOM_SECRET", "of the portal")
    place = Place(tmp_path / "task", authority, ("/tmp",), 512)
    place.scratch.mkdir(parents=True)
    started = program([LOOKS], place, {"OF_TASK": "1"})
    completed = subprocess.run(started.command, env=started.environment, capture_output=True, text=True, check=False)
    assert completed.returncode == 0, completed.stderr
    report: dict[str, object] = json.loads(completed.stdout)
    return report


def test_a_container_has_its_images_files_read_only_and_its_volume_as_the_image_declares_it(tmp_path, monkeypatch):
    assert looked(tmp_path, monkeypatch, declared=True) == {
        "user": [10_001] * 3,
        "group": [10_001] * 3,
        "groups": [],
        "folder": "/tmp",
        "root": READ_ONLY,
        "volume": "written",
        "memory": [512 << 20] * 2,
        "privileges": ["NoNewPrivs:\t1\n"],
        "variables": ["OF_IMAGE", "OF_TASK"],
    }


def test_a_volume_that_the_image_does_not_declare_is_roots_own(tmp_path, monkeypatch):
    assert looked(tmp_path, monkeypatch, declared=False)["volume"] == DENIED


def test_nothing_is_mounted_when_it_has_ended(tmp_path, monkeypatch):
    looked(tmp_path, monkeypatch, declared=True)
    assert str(tmp_path) not in Path("/proc/self/mounts").read_text()
    assert list((tmp_path / "task" / "root").iterdir()) == []
