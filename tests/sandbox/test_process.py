"""The process: health, signals, loopback, the ready file."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from urllib.parse import urlsplit

import pytest

from sandbox.launch import ROOT, Sandbox, started_sandbox


def test_health_answers_with_what_was_refused(sandbox: Sandbox):
    with urllib.request.urlopen(f"{sandbox.url}/_sandbox/health", timeout=5) as answer:
        assert answer.status == 200
        report = json.load(answer)
    assert report["status"] == "ok"
    assert report["pid"] == sandbox.process.pid
    assert isinstance(report["refused"], dict)


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.soak)])
def test_a_signal_ends_it_at_once_with_status_zero(number: signal.Signals):
    with started_sandbox() as running:
        began = time.monotonic()
        running.process.send_signal(number)
        assert running.process.wait(5) == 0
        assert time.monotonic() - began < 1


def test_it_is_bound_to_loopback_only(sandbox: Sandbox):
    port = urlsplit(sandbox.url).port
    assert port is not None
    other_loopback = ("127.0.0.2", port)
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect(other_loopback)


def test_an_address_that_others_reach_is_refused():
    command = [sys.executable, "-m", "sandbox", "--host", "0.0.0.0"]
    completed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert completed.returncode == 2
    assert "not a loopback address" in completed.stderr


def test_the_ready_file_and_stdout_hold_the_url(sandbox: Sandbox):
    assert (sandbox.log.parent / "sandbox.url").read_text() == sandbox.url + "\n"
    assert sandbox.log.read_text().startswith(sandbox.url)
