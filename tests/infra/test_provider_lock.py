"""No other provider than the release's own is ever installed for a stack: its checksums lie beside each of them."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from infra.synthesis import LOCK_FILE, PROVIDER_LOCK, PROVIDER_VERSION

LOCK = PROVIDER_LOCK.read_text()
STACK = {
    "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": PROVIDER_VERSION}}},
}


def init(terraform: str, folder: Path, lock: str) -> subprocess.CompletedProcess[str]:
    (folder / "main.tf.json").write_text(json.dumps(STACK))
    (folder / LOCK_FILE).write_text(lock)
    command = [terraform, "init", "-input=false", "-no-color", "-lockfile=readonly"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_it_lists_the_pinned_version_and_every_platforms_archive():
    assert f'version     = "{PROVIDER_VERSION}"' in LOCK
    archives = re.findall(r'"zh:[0-9a-f]{64}"', LOCK)
    # The release's SHA256SUMS: twelve platforms, the manifest, and what else it lists, each once.
    assert len(archives) == len(set(archives)) == 15


@pytest.mark.terraform
def test_the_release_itself_is_installed(tmp_path: Path, real_terraform: str):
    completed = init(real_terraform, tmp_path, LOCK)
    assert completed.returncode == 0, completed.stderr


@pytest.mark.terraform
def test_a_provider_with_another_checksum_is_refused(tmp_path: Path, real_terraform: str):
    forged = re.sub(r'"(h1|zh):(?P<kept>[^"]{4})[^"]{8}', r'"\1:\g<kept>00000000', LOCK)
    completed = init(real_terraform, tmp_path, forged)
    assert completed.returncode != 0
    assert "checksum" in completed.stderr


def test_it_lies_beside_every_stack(stack):
    assert (stack.folder / LOCK_FILE).read_text() == LOCK
