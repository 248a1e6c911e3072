"""The stack's own rotation function turns the secret again and again while requests and files come: none fails."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import psutil
import pytest

from tests.processor import samples
from tests.processor.api.world import PLAIN, Api, Issuer, running_api
from tests.processor.pipeline import Pipeline

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
FEW, MANY = (3, 3, 0.05), (5, 6, 0.0)
"""How many rotations, how many who ask meanwhile, and for how many seconds each of these pauses between two requests.

With three rotations, each of the two users is given a second password.
"""
OF_PORTS = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() "
    "AND client_port = ANY (%s)"
)


class Load:
    """Threads that ask all the time; what they got is counted."""

    def __init__(self, api: Api, paths: list[str], asking: int, pause_seconds: float) -> None:
        self._api, self._paths, self._pause_seconds = api, paths, pause_seconds
        self._ended = threading.Event()
        self._in_hand = [threading.Lock() for _ in range(asking)]
        self._threads = [threading.Thread(target=self._ask, args=(lock,)) for lock in self._in_hand]
        self.got: Counter[str] = Counter()
        self._counting = threading.Lock()

    @contextlib.contextmanager
    def going_on(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._ended.set()
            for thread in self._threads:
                thread.join()

    @contextlib.contextmanager
    def nothing_in_hand(self) -> Iterator[None]:
        """Between requests: a connection that is ended now ends nobody's answer."""
        with contextlib.ExitStack() as stack:
            for lock in self._in_hand:
                stack.enter_context(lock)
            yield

    def total(self) -> int:
        with self._counting:
            return sum(self.got.values())

    def _ask(self, in_hand: threading.Lock) -> None:
        headers = {"Authorization": f"Bearer {self._api.issuer.token()}", "X-Access-Purpose": "a test"}
        with httpx.Client(base_url=self._api.url, headers=headers, timeout=60, verify=PLAIN) as client:
            while not self._ended.is_set():
                for path in self._paths:
                    with in_hand:
                        outcome = self._answer(client, path)
                    with self._counting:
                        self.got[outcome] += 1
                    # All the time, and yet not with all that the machine has.
                    self._ended.wait(self._pause_seconds)

    def _answer(self, client: httpx.Client, path: str) -> str:
        try:
            answer = client.get(path)
        except httpx.HTTPError as error:
            return type(error).__name__
        return str(answer.status_code) if answer.status_code == 200 else f"{answer.status_code} {answer.text}"


@pytest.fixture
def rotating(pipeline: Pipeline, function: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The rotation handler; the pipeline's secret takes turns between two users, as the stack's does."""
    monkeypatch.setenv("SECRETS_MANAGER_ENDPOINT", pipeline.aws)
    manager = pipeline.client("secretsmanager")
    fields = json.loads(
        manager.get_secret_value(SecretId=pipeline.secret_arn, VersionStage="AWSCURRENT")["SecretString"]
    )
    manager.put_secret_value(
        SecretId=pipeline.secret_arn, SecretString=json.dumps(fields | {"masterarn": pipeline.owner_arn})
    )
    # On AWS the owner made this user; here the server's superuser did.
    pipeline.admin.execute("GRANT homeroom_app TO homeroom_admin WITH ADMIN OPTION")
    return function


def rotate(handler: ModuleType, pipeline: Pipeline) -> dict[str, Any]:
    """Turn the secret as Secrets Manager does, and return its fields."""
    manager, token = pipeline.client("secretsmanager"), str(uuid.uuid4())
    fields = manager.get_secret_value(SecretId=pipeline.secret_arn, VersionStage="AWSCURRENT")["SecretString"]
    previous = json.loads(fields)
    # Secrets Manager names the version before it calls the function; the embedded one needs a content to do so.
    following = {"username": handler.next_user(previous), "password": uuid.uuid4().hex}
    manager.put_secret_value(
        SecretId=pipeline.secret_arn, ClientRequestToken=token, SecretString=json.dumps(previous | following),
        VersionStages=["AWSPENDING"],
    )  # fmt: skip
    for step in STEPS:
        handler.handle({"SecretId": pipeline.secret_arn, "ClientRequestToken": token, "Step": step}, None)
    current: dict[str, Any] = json.loads(
        manager.get_secret_value(SecretId=pipeline.secret_arn, VersionStage="AWSCURRENT")["SecretString"]
    )
    assert current["username"] != previous["username"]
    return current


@pytest.mark.parametrize(("rotations", "asking", "pause"), [FEW, pytest.param(*MANY, marks=pytest.mark.soak)])
def test_a_rotation_under_load_fails_no_request_and_no_file(
    pipeline: Pipeline, rotating: ModuleType, issuer: Issuer, tmp_path: Path, rotations: int, asking: int, pause: float
):
    pipeline.take("first.csv", samples.PLAIN)
    ((student,),) = pipeline.rows("SELECT student::text FROM homeroom.student_identity WHERE local_id = '1001'")
    paths = [
        "/v1/occasions",
        "/v1/aggregates?assessment=pl:reading&year=2026&period=2026 Fall&by=school",
        f"/v1/students/{student}",
        f"/v1/students/{student}/accesses",
        "/readyz",
    ]
    worker = pipeline.start("worker", "--wait-seconds=1")
    users, files = set(), 1
    try:
        with running_api(pipeline, issuer, tmp_path) as api:
            load = Load(api, paths, asking, pause)
            with load.going_on():
                for number in range(rotations):
                    pipeline.upload(f"{number}.csv", samples.PLAIN.replace("212", str(200 + number)))
                    files += 1
                    users.add(rotate(rotating, pipeline)["username"])
                    # All of the API's connections go, as after a failover: its next ones are opened with a secret that
                    # is out of date, of a user who by every second rotation has another password.
                    with load.nothing_in_hand():
                        ports = [
                            connection.laddr.port for connection in psutil.Process(api.process.pid).net_connections()
                        ]
                        assert pipeline.rows(OF_PORTS, ports) != [(0,)]
                    before = load.total()
                    while load.total() < before + 10 * asking and worker.poll() is None:
                        with contextlib.suppress(subprocess.TimeoutExpired):
                            worker.wait(0.05)
                while pipeline.rows("SELECT count(*) FROM homeroom.file WHERE state = 'merged'") != [(files,)]:
                    assert worker.poll() is None
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        worker.wait(0.1)
    finally:
        worker.terminate()
        output = worker.communicate(timeout=60)[0]
    assert worker.returncode == 0, output
    assert users == {"homeroom_app", "homeroom_app_clone"}
    assert set(load.got) == {"200"}, load.got
    assert load.got["200"] > rotations * asking * len(paths)
