"""A copy of a running embedded AWS: what it has of its origin, what it has not, and with whom it ends."""

from __future__ import annotations

import contextlib
import fcntl
import json
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import psutil
import pytest

from sandbox.control import Fork, ForkRefusedError, ForkRequest, ask, connect, read_line
from sandbox.forks import CONTROL_NAME, LOG_NAME, READY_NAME
from sandbox.launch import ROOT, Sandbox, forked_sandbox
from tests.sandbox.small_stack import until
from tests.worlds.shared import SharedRun

LIMIT_SECONDS = 20.0
LARGE = b"0123456789abcdef" * 400_000
"""More bytes than moto keeps in memory by itself."""
HOLDER = """
import fcntl, sys
with open(sys.argv[1], "w") as held:
    fcntl.flock(held, fcntl.LOCK_EX)
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="session")
def client() -> Callable[[Sandbox, str], Any]:
    """Return a function that makes a client of a sandbox."""
    session: Any = boto3.session.Session(region_name="us-east-1")
    return lambda sandbox, service: session.client(service, endpoint_url=sandbox.url)


@pytest.fixture
def origin(shared_run: SharedRun) -> Iterator[Sandbox]:
    with forked_sandbox(shared_run.empty_aws()) as sandbox:
        yield sandbox


def control(sandbox: Sandbox) -> Path:
    return sandbox.log.with_name(CONTROL_NAME)


def health(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{url}/_sandbox/health", timeout=5) as answer:
        return dict(json.load(answer))


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid)


def networks(ec2: Any) -> set[str]:
    return {vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"]}


def test_a_fork_has_what_its_origin_had_and_neither_sees_what_the_other_does(origin, client):
    before = client(origin, "ec2").create_vpc(CidrBlock="10.0.0.0/22")["Vpc"]["VpcId"]
    with forked_sandbox(control(origin)) as first, forked_sandbox(control(origin)) as second:
        created = [
            client(where, "ec2").create_vpc(CidrBlock="10.1.0.0/22")["Vpc"]["VpcId"] for where in (first, second)
        ]
        client(origin, "ec2").delete_vpc(VpcId=before)
        known = [networks(client(where, "ec2")) for where in (first, second, origin)]
    assert created[0] != created[1], "each draws ids of its own"
    default = known[2] - {before}
    assert known == [default | {before, created[0]}, default | {before, created[1]}, default]


def test_a_fork_is_a_process_with_address_log_and_ready_file_of_its_own(origin, client):
    client(origin, "sts").get_caller_identity()
    with forked_sandbox(control(origin)) as fork:
        assert fork.url != origin.url
        status = health(fork.url)
        assert status["pid"] == fork.process.pid != origin.process.pid
        assert (status["requests"], health(origin.url)["requests"]) == (0, 1)
        assert fork.log.with_name(READY_NAME).read_text() == fork.url + "\n"
        with pytest.raises(client(fork, "ec2").exceptions.ClientError, match="does not implement"):
            client(fork, "ec2").describe_capacity_blocks()
        assert "refused ec2:DescribeCapacityBlocks" in fork.log.read_text()
        assert "refused" not in origin.log.read_text()
    until(lambda: is_gone(fork.process.pid), "the fork has ended and is buried", LIMIT_SECONDS)


def test_a_large_object_is_read_by_all_that_have_it(origin, client):
    s3 = client(origin, "s3")
    s3.create_bucket(Bucket="large")
    s3.put_object(Bucket="large", Key="a", Body=LARGE)
    with forked_sandbox(control(origin)) as fork:
        stores = (s3, client(fork, "s3"))
        read: list[bytes] = []

        def take(store: Any) -> None:
            read.append(store.get_object(Bucket="large", Key="a")["Body"].read())

        takers = [threading.Thread(target=take, args=(store,)) for store in stores * 3]
        for taker in takers:
            taker.start()
        for taker in takers:
            taker.join()
        assert [len(content) for content in read] == [len(LARGE)] * 6
        assert set(read) == {LARGE}


def test_a_fork_ends_with_the_connection_of_whoever_asked(origin, tmp_path: Path):
    fork, connection = ask(control(origin), ForkRequest(tmp_path))
    assert health(fork.url)["pid"] == fork.pid
    connection.close()
    until(lambda: is_gone(fork.pid), "it has ended with its connection", LIMIT_SECONDS)


def test_a_fork_that_lives_with_a_lock_ends_when_its_holder_is_killed(origin, tmp_path: Path):
    lock = tmp_path / "lock"
    command = [sys.executable, "-I", "-S", "-c", HOLDER, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"locked\n"
        fork = detached(origin, tmp_path, lock)
        assert health(fork.url)["pid"] == fork.pid, "its connection is closed, and it goes on"
        holder.kill()
    until(lambda: is_gone(fork.pid), "it has ended with the lock's holder", LIMIT_SECONDS)


def detached(origin: Sandbox, folder: Path, lock: Path) -> Fork:
    fork, connection = ask(control(origin), ForkRequest(folder, while_locked=lock))
    connection.close()
    return fork


def test_a_fork_holds_nothing_of_its_origin_open(origin, tmp_path: Path):
    port = urlsplit(origin.url).port
    lock = (tmp_path / "lock").open("w")
    with lock, socket.create_connection(("127.0.0.1", port or 0), timeout=LIMIT_SECONDS) as caller:
        fcntl.flock(lock, fcntl.LOCK_EX)
        caller.sendall(b"GET /_sandbox/health HTTP/1.0\r\n")
        until(lambda: health(origin.url)["status"] == "ok", "it has accepted what was there before")
        fork = detached(origin, tmp_path, tmp_path / "lock")
        origin.process.kill()
        with contextlib.suppress(ConnectionResetError):
            assert caller.recv(1) == b"", "nobody holds the other side any more"
        assert health(fork.url)["pid"] == fork.pid
        with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port or 0)):
            pytest.fail("somebody still listens at its origin's address")
    until(lambda: is_gone(fork.pid), "it has ended", LIMIT_SECONDS)


def test_a_folder_with_a_long_name_will_do(origin, tmp_path: Path, client):
    deep = tmp_path / ("x" * 120)
    with forked_sandbox(control(origin), folder=deep) as fork, forked_sandbox(deep / CONTROL_NAME) as second:
        assert client(second, "sts").get_caller_identity()["Account"] == "123456789012"
        assert {fork.log, deep / LOG_NAME} == {deep / LOG_NAME}


def test_there_is_no_fork_while_a_call_waits_for_a_message(origin, tmp_path: Path, client):
    sqs = client(origin, "sqs")
    url = sqs.create_queue(QueueName="waited-for")["QueueUrl"]
    received: list[Any] = []
    waiter = threading.Thread(target=lambda: received.append(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)))
    waiter.start()
    until(lambda: not forks_again(origin, tmp_path), "the call waits", LIMIT_SECONDS)
    with pytest.raises(ForkRefusedError, match="1 calls are waiting"):
        ask(control(origin), ForkRequest(tmp_path))
    client(origin, "sqs").send_message(QueueUrl=url, MessageBody="at last")
    waiter.join(LIMIT_SECONDS)
    assert [message["Body"] for message in received[0]["Messages"]] == ["at last"]
    until(lambda: forks_again(origin, tmp_path), "it is forked once nothing waits", LIMIT_SECONDS)


def forks_again(origin: Sandbox, folder: Path) -> bool:
    try:
        ask(control(origin), ForkRequest(folder))[1].close()
    except ForkRefusedError:
        return False
    return True


@pytest.mark.parametrize("line", [b"\n", b"{}\n", b"[]\n", b'{"folder": 1, "while_locked": null}\n'])
def test_what_is_no_request_is_refused_and_the_next_is_heard(origin, tmp_path: Path, line: bytes):
    with connect(control(origin), LIMIT_SECONDS) as connection:
        connection.sendall(line)
        assert "This is no request" in json.loads(read_line(connection))["refused"]
    assert forks_again(origin, tmp_path)


def test_a_folder_that_cannot_be_made_is_told_and_the_origin_goes_on(origin, tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ForkRefusedError, match="NotADirectoryError"):
        ask(control(origin), ForkRequest(tmp_path / "file" / "folder"))
    assert forks_again(origin, tmp_path / "there")


def test_processes_are_not_forked(tmp_path: Path):
    command = [sys.executable, "-m", "sandbox", "--processes", str(tmp_path), "--control", str(tmp_path / "control")]
    completed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert completed.returncode == 2
    assert "processes cannot be forked" in completed.stderr
