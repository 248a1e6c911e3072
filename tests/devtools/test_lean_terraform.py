"""Terraform with kept providers: it plans what it plans by itself, and whatever ends takes along what it used."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from devtools.lean_terraform.frames import Frame, Kind, huffman, increment, initial_window, literal_headers
from devtools.lean_terraform.keeper import sweep
from devtools.lean_terraform.launch import TOLD_AT, running_keeper, write_program
from devtools.lean_terraform.schema import cut

OFFLINE = {
    "access_key": "testing",
    "secret_key": "testing",
    "skip_credentials_validation": True,
    "skip_requesting_account_id": True,
}
CONFIGURATION: dict[str, Any] = {
    "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": "5.100.0"}}},
    "provider": {
        "aws": [
            {"region": "us-east-1", "default_tags": [{"tags": {"Of": "one"}}], **OFFLINE},
            {"alias": "two", "region": "eu-west-1", "default_tags": [{"tags": {"Of": "two"}}], **OFFLINE},
        ]
    },
    "resource": {
        "aws_sns_topic": {
            "one": {"name": "one"},
            "two": {"name": "two", "provider": "aws.two", "tags": {"Own": "${aws_sns_topic.one.name}"}},
        },
        "aws_vpc": {"vpc": {"cidr_block": "10.0.0.0/22"}},
    },
    "output": {"zone": {"value": '${provider::aws::arn_parse("arn:aws:iam::123456789012:role/a").account_id}'}},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    configuration = tmp_path / "configuration"
    configuration.mkdir()
    (configuration / "main.tf.json").write_text(json.dumps(CONFIGURATION))
    return configuration


@pytest.fixture
def kept(tmp_path: Path, real_terraform: str) -> Iterator[str]:
    """The program of a keeper of its own."""
    with running_keeper(tmp_path / "kept", Path(real_terraform), os.environ):
        yield str(write_program(tmp_path / "kept", Path(real_terraform)))


def run(program: str, folder: Path, *arguments: str) -> str:
    completed = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    return completed.stdout


def plan(program: str, folder: Path) -> dict[str, Any]:
    run(program, folder, "init", "-input=false")
    run(program, folder, "plan", "-input=false", "-out=a.tfplan")
    shown: dict[str, Any] = json.loads(run(program, folder, "show", "-json", "a.tfplan"))
    del shown["timestamp"]
    return shown


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def providers_at(folder: Path) -> list[psutil.Process]:
    """Return the providers that work in a folder."""
    providers = []
    for process in psutil.process_iter(["name", "cwd"]):
        if process.info["name"].startswith("terraform-prov") and process.info["cwd"] == str(folder):
            providers.append(process)
    return providers


@pytest.mark.terraform
def test_a_plan_is_the_same_and_so_is_the_lock_file(folder: Path, kept: str, real_terraform: str, tmp_path: Path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "main.tf.json").write_text(json.dumps(CONFIGURATION))
    assert plan(kept, folder) == plan(real_terraform, own)
    name = ".terraform.lock.hcl"
    assert (folder / name).read_text() == (own / name).read_text()
    assert providers_at(own) == []
    assert providers_at(folder), "they wait for the next command"


@pytest.mark.terraform
def test_what_the_provider_refuses_is_refused(folder: Path, kept: str):
    invalid = {**CONFIGURATION, "resource": {"aws_vpc": {"vpc": {"cidr_block": "nowhere"}}, "aws_nothing": {"a": {}}}}
    (folder / "main.tf.json").write_text(json.dumps(invalid))
    run(kept, folder, "init", "-input=false")
    completed = subprocess.run([kept, "validate", "-no-color"], cwd=folder, capture_output=True, text=True, check=False)
    assert completed.returncode == 1
    assert 'does not support resource type "aws_nothing"' in " ".join(completed.stderr.split())
    del invalid["resource"]["aws_nothing"]
    (folder / "main.tf.json").write_text(json.dumps(invalid))
    completed = subprocess.run([kept, "validate", "-no-color"], cwd=folder, capture_output=True, text=True, check=False)
    assert completed.returncode == 1
    assert "invalid CIDR address: nowhere" in " ".join(completed.stderr.split())


@pytest.mark.terraform
def test_a_killed_terraform_takes_its_provider_along(folder: Path, kept: str):
    provider = {"region": "us-east-1", "access_key": "testing", "secret_key": "testing"}
    asking = {"provider": {"aws": [provider]}, "data": {"aws_caller_identity": {"own": {}}}}
    (folder / "main.tf.json").write_text(json.dumps({"terraform": CONFIGURATION["terraform"], **asking}))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        environment = {**os.environ, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        run(kept, folder, "init", "-input=false")
        planning = subprocess.Popen([kept, "plan"], cwd=folder, env=environment, stdout=subprocess.DEVNULL)
        try:
            connection, _ = silent.accept()
            working = providers_at(folder)
        finally:
            planning.kill()
            planning.wait()
        with connection:
            assert len(working) == 2, "one has looked at the configuration, one asks AWS"
            until(lambda: len(providers_at(folder)) == 1)


KEEPING = """
import os, sys, time
from pathlib import Path
from devtools.lean_terraform.keeper import sweep
from devtools.lean_terraform.launch import running_keeper
with running_keeper(Path(sys.argv[1]), Path(sys.argv[2]), os.environ):
    print("kept", flush=True)
    time.sleep(600)
"""


@pytest.mark.terraform
def test_nothing_outlives_who_started_the_keeper(folder: Path, tmp_path: Path, real_terraform: str):
    place = tmp_path / "place"
    program = write_program(place, Path(real_terraform))
    command = [sys.executable, "-c", KEEPING, str(place), real_terraform]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as keeping:
        assert keeping.stdout is not None
        assert keeping.stdout.readline() == "kept\n"
        sockets = Path((place / TOLD_AT).read_text()).parent
        run(str(program), folder, "init", "-input=false")
        run(str(program), folder, "validate")
        assert providers_at(folder)
        assert sockets.is_dir()
        keeping.kill()
    until(lambda: not sockets.exists())
    until(lambda: not providers_at(folder))
    assert not (place / TOLD_AT).exists()
    assert json.loads(run(str(program), folder, "version", "-json"))["terraform_version"], (
        "it runs without a keeper too"
    )
    run(str(program), folder, "init", "-input=false")


def test_what_a_killed_keeper_left_is_swept(tmp_path: Path):
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    gone, living = (tmp_path / f"terraform-providers-{pid}-abc" for pid in (process.pid, os.getpid()))
    for folder in (gone, living):
        folder.mkdir()
        (folder / "keeper").touch()
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [living]


def entry(field: int, content: bytes) -> bytes:
    return bytes([field << 3 | 2, len(content)]) + content


def test_a_schema_is_cut_to_the_types_that_are_named():
    def named(name: str) -> bytes:
        return entry(1, name.encode()) + entry(2, b"its schema")

    provider, capabilities, function = entry(1, b"configuration"), entry(6, b"\x08\x01"), entry(7, named("arn_parse"))
    needed = [entry(2, named("aws_vpc")), entry(3, named("aws_region")), entry(8, named("aws_password"))]
    left_out = [entry(2, named("aws_nowhere")), entry(3, named("aws_vpc_nowhere"))]
    number = b"\x20\x96\x01"
    whole = b"".join([provider, *needed, *left_out, capabilities, number, function])
    types = {"aws_vpc", "aws_region", "aws_password"}
    assert cut(whole, types) == b"".join([provider, *needed, capabilities, number, function])


@pytest.mark.parametrize("broken", [b"\x12", b"\x12\x05ab", b"\x20\x96", b"\x25aaaa"])
def test_what_is_no_schema_is_refused(broken):
    with pytest.raises(ValueError, match="schema"):
        cut(broken, set())


def test_frames_are_as_the_standards_say():
    # RFC 7541, C.4.1
    assert huffman("www.example.com").hex() == "f1e3c2e5f23a6ba0ab90f4ff"
    assert (
        Frame(Kind.WINDOW_UPDATE, 0, 3, b"\x80\0\0\x05").packed().hex()
        == "000004" + "08" + "00" + "00000003" + "80000005"
    )
    assert increment(Frame(Kind.WINDOW_UPDATE, 0, 0, b"\x80\0\0\x05")) == 5
    assert Frame(Kind.DATA, 8, 1, b"\x02abc\0\0").content == b"abc"
    assert initial_window(Frame(Kind.SETTINGS, 0, 0, b"\0\x03\0\0\0\x09\0\x04\0\0\0\x07")) == 7
    assert initial_window(Frame(Kind.SETTINGS, 0, 0, b"")) is None
    assert literal_headers(5, {"a": "b"}, last=True) == Frame(Kind.HEADERS, 5, 5, b"\0\x01a\x01b")
