"""What Terraform says of a run becomes the run's events, whatever it says."""

from __future__ import annotations

import json

import pytest

from engine.terraform.events import parse_event
from provisioning.models import RunEvent
from provisioning.runs.recorder import Recorder
from provisioning.states.runs import RunState
from tests.builders import a_run, fenced, moved

pytestmark = pytest.mark.django_db


def test_an_apply_goes_on_where_its_provider_writes_what_no_database_takes():
    run = moved(a_run(), RunState.SYNTHESIZING)
    recorder = Recorder(fenced(run))
    hook = {"resource": {"addr": 'aws_vpc.this["\0"]', "resource_type": "aws_vpc"}, "action": "create"}
    diagnostic = {"severity": "error", "summary": "half a \ud83d", "detail": "a\0b", "address": "aws_vpc.a\0"}
    for said in (
        json.dumps({"type": "apply_start", "@message": "Creating \0", "hook": hook}),
        json.dumps({"type": "diagnostic", "@message": "half a \ud83d", "diagnostic": diagnostic}),
        "no JSON, and a \0",
    ):
        recorder.take(parse_event(said))
    recorder.flush()
    rows = RunEvent.objects.filter(run=run).order_by("sequence")
    assert [row.message for row in rows] == ["Creating \ufffd", "half a \ufffd", "no JSON, and a \ufffd"]
    assert [row.address for row in rows] == ['aws_vpc.this["\ufffd"]', "aws_vpc.a\ufffd", ""]
    assert rows[1].data == {"summary": "half a \ufffd", "detail": "a\ufffdb"}
