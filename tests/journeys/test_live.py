"""`make live` against an embedded AWS in AWS's place: a district is made, proven, removed, and told of."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import boto3
import pytest

from devtools.environment import inherited
from devtools.paths import ROOT
from sandbox.launch import started_sandbox

pytestmark = [pytest.mark.soak, pytest.mark.long, pytest.mark.terraform]

ACCOUNT = "123456789012"


def test_a_district_lives_in_the_account_leaves_nothing_and_a_report_is_written(tmp_path):
    record = tmp_path / "there.ndjson"
    with started_sandbox(folder=tmp_path / "there", record=record) as sandbox:
        variables = {
            "ACCOUNT": ACCOUNT,
            "YES": ACCOUNT,
            "REGION": "us-east-1",
            "ENDPOINT": sandbox.url,
            "RECORD": str(record),
            "AWS_ACCESS_KEY_ID": os.environ["AWS_ACCESS_KEY_ID"],
            "AWS_SECRET_ACCESS_KEY": os.environ["AWS_SECRET_ACCESS_KEY"],
            "GOGC": os.environ.get("GOGC", "400"),
        }
        command = [sys.executable, "-m", "devtools.live"]
        completed = subprocess.run(
            command, cwd=ROOT, env=inherited() | variables, capture_output=True, text=True, check=False, timeout=3000
        )
        assert completed.returncode == 0, completed.stdout[-3000:] + completed.stderr[-3000:]
        figures = json.loads(completed.stdout.splitlines()[-1])
        assert figures["second_plan_changes"] == figures["left_after_teardown"] == 0
        session = boto3.session.Session(region_name="us-east-1")
        assert session.client("s3", endpoint_url=sandbox.url).list_buckets()["Buckets"] == [], (
            "the states' bucket is left"
        )
    lines = [line for line in completed.stdout.splitlines() if "things were otherwise" in line]
    written = ROOT / lines[0].rpartition(": ")[2]
    report = json.loads(written.with_suffix(".json").read_text())
    shutil.rmtree(written.parent)
    assert report["failure"] == ""
    kinds = {row["kind"] for row in report["differences"]}
    assert kinds <= {"time", "answer", "call"}
    calls = {row["subject"] for row in report["differences"] if row["kind"] == "call"}
    assert calls <= {"iam:ListAccountAliases"}, "beside the guards' own question, both were asked for the same"
