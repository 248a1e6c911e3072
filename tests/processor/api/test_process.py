"""The process itself: it ends in good order, takes a new secret, and writes nothing of students."""

from __future__ import annotations

import json
import runpy
import signal
import socket
import ssl
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from psycopg import sql

from devtools.paths import ROOT
from processor.api.certificate import LIFETIME
from tests.processor import samples
from tests.processor.api.world import Issuer, running_api
from tests.processor.pipeline import Pipeline, cold
from tests.processor.test_no_student_data import MARKS, marked
from tests.processor.warm import WarmProcess

HEALTHCHECK = ROOT / "processor" / "healthcheck"
OCCASION: dict[str, Any] = {"assessment": "pl:reading", "year": 2026, "period": "2026 Fall"}


def test_requests_in_hand_are_answered_when_the_task_is_told_to_end(pipeline: Pipeline, issuer: Issuer, tmp_path: Path):
    pipeline.take("scores.csv", samples.PLAIN)
    with running_api(pipeline, issuer, tmp_path) as api:
        # The answer waits for the table that someone holds; meanwhile the task is told to end.
        statuses: list[int] = []
        with pipeline.admin.transaction():
            pipeline.admin.execute("LOCK TABLE homeroom.result IN ACCESS EXCLUSIVE MODE")
            asking = threading.Thread(target=lambda: statuses.append(api.get("/v1/occasions").status_code))
            asking.start()
            waiting = (
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            while pipeline.rows(waiting) == [(0,)]:
                asking.join(0.05)
            api.process.send_signal(signal.SIGTERM)
        asking.join(30)
        assert statuses == [200]
        assert api.process.wait(30) == 0
        assert '"CacheMisses"' in api.output() or '"Requests"' in api.output(), "the last minute is told"


def test_a_rotation_of_the_secret_fails_no_request(pipeline: Pipeline, issuer: Issuer, tmp_path: Path):
    manager = pipeline.client("secretsmanager")
    with running_api(pipeline, issuer, tmp_path) as api:
        statuses = [api.get("/v1/occasions").status_code]
        for number in range(3):
            fields = json.loads(manager.get_secret_value(SecretId=pipeline.secret_arn)["SecretString"])
            fields["password"] = f"turned-{number}"
            pipeline.admin.execute(
                sql.SQL("ALTER ROLE homeroom_app PASSWORD {}").format(sql.Literal(fields["password"]))
            )
            manager.put_secret_value(SecretId=pipeline.secret_arn, SecretString=json.dumps(fields))
            # As after a failover: all connections are gone, and only the new secret opens others.
            pipeline.admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE usename = 'homeroom_app' AND datname = current_database()"
            )
            statuses += [api.get("/v1/occasions").status_code for _ in range(5)]
        assert statuses == [200] * len(statuses)


def test_nothing_of_a_student_is_in_any_log_of_the_api(pipeline: Pipeline, issuer: Issuer, tmp_path: Path):
    pipeline.take("marked-key-Zaphodina.csv", marked(samples.PLAIN))
    pipeline.take("rejected.csv", marked(samples.PLAIN).replace("4711.25", "Zaphodina"))
    ((student,),) = pipeline.rows("SELECT student::text FROM homeroom.student_name WHERE given_name = 'Zaphodina'")
    with running_api(pipeline, issuer, tmp_path) as api:
        assert "Zaphodina" in api.get(f"/v1/students/{student}").text
        api.get("/v1/aggregates", **OCCASION, by="school", school="Zaphodina")
        api.get("/v1/aggregates", **OCCASION, by="Zaphodina", standard="STU-987654321")
        api.get("/v1/files")
        api.get("/v1/students/Zaphodina")
        api.get("/Zaphodina/Beeblebroxa")
        ((file_id,),) = pipeline.rows("SELECT max(file_id) FROM homeroom.file")
        assert "Zaphodina" in api.get(f"/v1/files/{file_id}/report").text
        # An error of PostgreSQL may quote what it is about.
        pipeline.admin.execute("ALTER TABLE homeroom.student_name RENAME COLUMN given_name TO odd")
        assert api.get(f"/v1/students/{student}").status_code == 500
        pipeline.admin.execute("ALTER TABLE homeroom.student_name RENAME COLUMN odd TO given_name")
        api.process.terminate()
        api.process.wait(30)
        output = api.output()
    assert '"route": "/v1/students/{student}"' in output
    assert '"exception": "UndefinedColumn"' in output
    for mark in MARKS:
        assert mark not in output, mark


def test_a_task_of_a_stack_answers_over_tls_with_a_certificate_of_its_own_and_leaves_no_key(
    pipeline: Pipeline, issuer: Issuer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    serial_numbers = set()
    for start in (cold, WarmProcess):
        with running_api(pipeline, issuer, tmp_path, start, API_TLS="required", TMPDIR=str(scratch)) as api:
            told_at = urlsplit(api.url)
            where = (str(told_at.hostname), int(told_at.port or 0))
            assert api.get("/v1/occasions").status_code == 200
            certificate = x509.load_pem_x509_certificate(ssl.get_server_certificate(where).encode())
            serial_numbers.add(certificate.serial_number)
            assert certificate.not_valid_after_utc - certificate.not_valid_before_utc > LIFETIME
            with socket.create_connection(where, timeout=5) as plain:
                plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                assert not plain.recv(1024).startswith(b"HTTP/")
            source = HEALTHCHECK.read_text().replace(
                "PORT, SECONDS, FRESH_SECONDS = 8080,", f"PORT, SECONDS, FRESH_SECONDS = {where[1]},"
            )
            (tmp_path / "healthcheck").write_text(source)
            for mode, status in (("required", 0), ("off", 1)):
                monkeypatch.setenv("API_TLS", mode)
                with pytest.raises(SystemExit) as raised:
                    runpy.run_path(str(tmp_path / "healthcheck"))
                assert raised.value.code == status
            assert not any(scratch.iterdir()), "the key lies in no file"
    assert len(serial_numbers) == 2, "each start makes another one"
