"""The record is pushed in order and whole, and a tail that was cut off is found by an anchor."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from devtools.services.sandbox import running_sandbox
from messages.message import verbatim
from provisioning.evidence.anchors import anchor_head, anchor_text, anchors_in_bucket, read_anchors
from provisioning.evidence.push import push_all
from provisioning.models import AuditAnchor, AuditCursor, Notice
from provisioning.notices.endpoints import EndpointValues, create_endpoint
from registry.audit.actions import AuditAction
from registry.audit.chain import read_chain
from registry.audit.services import record
from tests.registry.outbound.receiver import LOOPBACK, receiving

pytestmark = pytest.mark.django_db


def events(count: int, **more) -> None:
    """Write so many events, each in a transaction of its own: they are chained when they are committed."""
    fields = {"action": AuditAction.USER_SET, "actor": None, "subject_kind": "user", "subject_id": "x"} | more
    for number in range(count):
        record(message=verbatim(f"Event {number}."), **fields)


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run an embedded AWS for these tests; each has a bucket of its own."""
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running.url


@pytest.fixture
def bucket(aws: str, settings, request: pytest.FixtureRequest):
    """Return S3, and have the evidence go to a bucket with Object Lock there."""
    name = "evidence-" + hashlib.sha256(request.node.name.encode()).hexdigest()[:12]
    settings.AWS_ENDPOINT_URL, settings.EVIDENCE_BUCKET = aws, name
    s3 = boto3.client("s3", endpoint_url=aws, region_name="us-east-1")
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return s3


def cut_off(links: int) -> None:
    """Remove the newest links with their events, as somebody who owns the tables can."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("SELECT event_id FROM audit_auditlink ORDER BY position DESC LIMIT %s", [links])
        ids = [row[0] for row in cursor.fetchall()]
        cursor.execute("DELETE FROM audit_auditlink WHERE event_id = ANY(%s)", [ids])
        cursor.execute("DELETE FROM audit_auditevent WHERE id = ANY(%s)", [ids])
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def test_a_tail_that_was_cut_off_is_found_by_an_anchor_that_nobody_can_delete(bucket, settings):
    name = settings.EVIDENCE_BUCKET
    events(12)
    anchor = anchor_head()
    assert anchor is not None
    assert anchor.position == 12
    assert anchor_head() is None, "nothing has come since"
    out = StringIO()
    call_command("verify_audit", "--anchor", stdout=out)
    assert "1 anchors held" in out.getvalue()
    cut_off(10)
    assert read_chain().intact, "the chain itself cannot tell"
    with pytest.raises(CommandError, match="its end was cut off"):
        call_command("verify_audit", "--anchor")
    events(20)
    with pytest.raises(CommandError, match="Link 12 is not the one that was anchored"):
        call_command("verify_audit", "--anchor")
    with pytest.raises(ClientError, match="AccessDenied"):
        bucket.delete_object(Bucket=name, Key=anchor.key, VersionId=anchor.version)
    with pytest.raises(ClientError, match="AccessDenied"):
        bucket.delete_object(Bucket=name, Key=anchor.key, VersionId=anchor.version, BypassGovernanceRetention=True)
    bucket.delete_object(Bucket=name, Key=anchor.key)
    bucket.put_object(Bucket=name, Key=anchor.key, Body=anchor_text(1, "0" * 64, timezone.now()).encode())
    assert anchors_in_bucket()[12] == anchor.hash, "neither a marker of deletion nor a newer version hides it"
    assert anchor.locked_until > timezone.now() + timedelta(days=settings.EVIDENCE_DAYS - 1)


def test_a_bucket_that_locks_nothing_is_said(bucket, settings):
    bucket.create_bucket(Bucket="plain")
    settings.EVIDENCE_BUCKET = "plain"
    events(1)
    with pytest.raises(Exception, match=r"lock"):
        anchor_head()
    assert not AuditAnchor.objects.exists()


def test_an_endpoint_that_asks_for_it_is_told_the_head_and_its_notice_is_an_anchor(settings, tmp_path: Path):
    settings.OUTBOUND_NETWORKS = LOOPBACK
    with receiving() as receiver:
        for name, kinds in (("asks", ("audit.anchored",)), ("hears all that is usual", ())):
            values = EndpointValues(name=name, kind="webhook", address=receiver.url, occasions=kinds)
            create_endpoint(values=values, actor=None)
    events(3)
    anchor_head()
    assert list(Notice.objects.values_list("endpoint__name", flat=True)) == ["asks"]
    payload = Notice.objects.get().about
    file = tmp_path / "anchors"
    file.write_text(json.dumps({"type": "audit.anchored", "data": payload}) + "\n")
    call_command("verify_audit", "--anchor", str(file), stdout=StringIO())
    # The look itself is the newest event.
    cut_off(2)
    with pytest.raises(CommandError, match="cut off"):
        call_command("verify_audit", "--anchor", str(file))


@pytest.mark.parametrize("text", ["", "no", "[]", "{}", '{"position": "1", "hash": "x"}', '{"position": 1, "hash": 2}'])
def test_what_is_no_anchor_is_refused(tmp_path: Path, text: str):
    file = tmp_path / "anchors"
    file.write_text(text)
    with pytest.raises(CommandError):
        call_command("verify_audit", "--anchor", str(file))


def test_two_anchors_of_one_link_that_differ_are_a_finding():
    texts = [anchor_text(5, "a" * 64, timezone.now()), anchor_text(5, "b" * 64, timezone.now())]
    with pytest.raises(Exception, match="written anew"):
        read_anchors(texts)


def test_a_collector_gets_every_event_in_order_and_again_where_it_did_not_answer(settings):
    settings.OUTBOUND_NETWORKS = LOOPBACK
    with receiving() as receiver:
        settings.EVIDENCE_URL, settings.EVIDENCE_TOKEN = receiver.url, "its token"
        events(3)
        receiver.answers += [500]
        push_all()
        assert AuditCursor.objects.get().failing_since is not None
        push_all()
        events(2)
        events(1, action=AuditAction.USER_SIGN_IN_FAILED, outcome="refused")
        push_all()
        push_all()
    taken = [[json.loads(line) for line in body.decode().splitlines()] for _, body in receiver.taken]
    assert [[event["metadata"]["sequence"] for event in batch] for batch in taken] == [[1, 2, 3], [1, 2, 3], [4, 5, 6]]
    assert all(headers["authorization"] == "Bearer its token" for headers, _ in receiver.taken)
    last = taken[-1][-1]
    assert (last["class_uid"], last["activity_id"], last["type_uid"], last["status_id"]) == (3002, 1, 300201, 2)
    assert taken[0] == taken[1], "the same events have the same ids"
    cursor = AuditCursor.objects.get()
    assert (cursor.position, cursor.failing_since, cursor.last_error) == (6, None, "")


def test_a_bucket_gets_the_same_lines(bucket, settings):
    events(2)
    push_all()
    text = (
        bucket.get_object(Bucket=settings.EVIDENCE_BUCKET, Key="events/000000000001-000000000002.ndjson")["Body"]
        .read()
        .decode()
    )
    first, second = (json.loads(line) for line in text.splitlines())
    assert second["unmapped"]["previous_hash"] == first["unmapped"]["hash"] == first["metadata"]["uid"]
