"""A district is Removed when AWS has nothing left of it, and then there is a signed certificate that says so."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from engine.aws.clients import client
from engine.aws.inventory import InventoryItem
from engine.aws.late_log_groups import made_again, remove_late_groups
from engine.aws.snapshots import SnapshotFailedError
from engine.errors import AwsUnavailableError, InterruptedRunError, ResourcesRemainError
from engine.state.store import ensure_state_bucket, state_exists, state_key
from provisioning.engine_settings import engine_settings
from provisioning.models import RemovalCertificate, Run, RunEvent
from provisioning.models.certificate import CertificateIsFinalError
from provisioning.runs.archive import archive_events, trim_events
from provisioning.states.runs import RunState
from provisioning.teardown.certificates import audit_digest, certificate_file, portal_key
from provisioning.teardown.data_inventory import record_holdings
from provisioning.teardown.removal import SigningKeyUnusableError, prove_removal
from provisioning.teardown.service import request_teardown
from provisioning.teardown.signatures import verify
from provisioning.teardown.snapshots import settle_snapshots
from registry.accounts.roles import Role
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts.models import District
from registry.districts.registration import RegistrationRefusedError
from registry.districts.statuses import DistrictStatus
from tests.builders import a_district, a_person, a_run, fenced, moved

pytestmark = pytest.mark.django_db
ACCOUNT = "123456789012"


@pytest.fixture(autouse=True)
def aws(settings, url):
    """Return a maker of clients of the embedded AWS, which has a state bucket."""
    settings.AWS_ENDPOINT_URL = url
    settings.REMOVAL_SETTLE_SECONDS = 1
    settings.REMOVAL_QUIET_SECONDS = 0
    ensure_state_bucket(engine_settings())
    return lambda service: client(engine_settings(), service, "us-east-1")


def ended(run: Run, *steps: RunState) -> Run:
    for step in steps:
        moved(run, step)
    run.district.refresh_from_db()
    return run


WAY = (RunState.SYNTHESIZING, RunState.PLANNING, RunState.APPLYING, RunState.VERIFYING)


def a_live_district(slug: str) -> District:
    return ended(a_run(slug=slug), *WAY, RunState.SUCCEEDED).district


def a_teardown(district: District, **choices: Any) -> Run:
    return request_teardown(
        district=district, typed_name=district.suffix, reason="Contract ended", actor=None, **choices
    )


def prove(run: Run, **more: Any) -> None:
    prove_removal(fenced(run), engine_settings(), **more)


def removed(run: Run) -> RemovalCertificate:
    """Walk a teardown to its end, as the worker does."""
    ended(run, RunState.SYNTHESIZING, RunState.PLANNING, RunState.VERIFYING)
    prove(run)
    ended(run, RunState.SUCCEEDED)
    return RemovalCertificate.objects.get(district=run.district)


def document(certificate: RemovalCertificate) -> dict[str, Any]:
    key = portal_key()
    assert key is not None
    return verify(json.dumps(certificate_file(certificate)), {key.key_id})


def bucket_of(run: Run) -> str:
    return f"homeroom-results-{ACCOUNT}-{run.spec['suffix']}"


def test_what_remains_is_named_and_the_district_is_not_removed(aws):
    run = ended(a_teardown(a_live_district("remain")), RunState.SYNTHESIZING, RunState.PLANNING, RunState.VERIFYING)
    aws("s3").create_bucket(Bucket=bucket_of(run))
    aws("s3").put_object(Bucket=engine_settings().state_bucket, Key=state_key("remain-sbx"), Body=b"{}")
    notes: list[str] = []
    with pytest.raises(ResourcesRemainError, match="1 resource is still in AWS") as refused:
        prove(run, note=notes.append)
    assert bucket_of(run) in refused.value.detail
    assert notes == []
    run.refresh_from_db()
    assert run.left_behind == [{"service": "s3", "kind": "bucket", "identifier": f"arn:aws:s3:::{bucket_of(run)}"}]
    assert state_exists(engine_settings(), state_key("remain-sbx")), "a retry needs the state"
    ended(run, RunState.FAILED)
    assert run.district.status == DistrictStatus.NEEDS_ATTENTION
    assert not RemovalCertificate.objects.exists()

    aws("s3").delete_bucket(Bucket=bucket_of(run))
    certificate = removed(a_teardown(run.district))
    assert not state_exists(engine_settings(), state_key("remain-sbx"))
    assert document(certificate)["teardown"]["runs"] == [run.number, certificate.run_id]
    assert document(certificate)["teardown"]["asked"][0]["ended"] == "failed"


def test_what_aws_still_lists_for_a_moment_is_looked_for_again(aws, settings):
    settings.REMOVAL_SETTLE_SECONDS = 20
    run = a_teardown(a_live_district("lagging"))
    aws("s3").create_bucket(Bucket=bucket_of(run))
    notes: list[str] = []
    noted = threading.Event()

    def note(text: str) -> None:
        notes.append(text)
        noted.set()

    def settle() -> None:
        noted.wait(20)
        aws("s3").delete_bucket(Bucket=bucket_of(run))

    thread = threading.Thread(target=settle)
    thread.start()
    prove(run, note=note)
    thread.join()
    assert notes[0] == "1 resource is still in AWS's lists; they are read again in 1 s."
    assert run.left_behind == []


def test_a_log_group_that_aws_has_made_again_does_not_keep_a_district(aws, settings):
    settings.REMOVAL_SETTLE_SECONDS = 20
    run = a_teardown(a_live_district("late"))
    for name in made_again(run.spec["suffix"]):
        aws("logs").create_log_group(logGroupName=name)
    notes: list[str] = []
    prove(run, note=notes.append)
    assert run.left_behind == []
    assert sum("had made the log group" in text for text in notes) == len(made_again(run.spec["suffix"]))


def test_a_late_log_group_is_removed_however_long_the_look_that_found_it_took(aws, settings):
    settings.REMOVAL_SETTLE_SECONDS = 0
    run = a_teardown(a_live_district("slow"))
    for name in made_again(run.spec["suffix"]):
        aws("logs").create_log_group(logGroupName=name)
    prove(run)
    assert run.left_behind == []


def test_a_log_group_that_comes_after_an_empty_inventory_is_waited_for_and_removed(aws, settings):
    """The flush comes when the first look has found nothing, and before the clusters have been gone for long enough."""
    # Long enough for the first look to come before its end, however much else the machine does.
    settings.REMOVAL_SETTLE_SECONDS, settings.REMOVAL_QUIET_SECONDS = 20, 10
    run = a_teardown(a_live_district("flushed"))
    record_holdings(fenced(run), PLAN, engine_settings())
    went(run, 1, "aws_rds_cluster.this")
    name = sorted(made_again(run.spec["suffix"]))[1]
    notes: list[str] = []

    def note(text: str) -> None:
        notes.append(text)
        if "The inventory is empty" in text:
            aws("logs").create_log_group(logGroupName=name)

    prove(run, note=note)
    assert [text.partition(" ")[0] for text in notes[:2]] == ["The", "AWS"]
    assert f"had made the log group {name} again" in notes[1]
    groups = aws("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert (groups, run.left_behind) == ([], [])


def test_nobody_waits_for_a_flush_that_cannot_come_any_more(aws, settings):
    settings.REMOVAL_QUIET_SECONDS = 900
    run = a_teardown(a_live_district("quiet"))
    record_holdings(fenced(run), PLAN, engine_settings())
    long_ago = timezone.now() - timedelta(seconds=901)
    went(run, 1, "aws_rds_cluster.this")
    went(run, 2, "aws_vpc.this")
    RunEvent.objects.filter(run=run, address="aws_rds_cluster.this").update(at=long_ago)
    notes: list[str] = []
    prove(run, note=notes.append)
    assert notes == []


def test_no_other_log_group_is_taken_for_one_that_aws_has_made_again(aws):
    names = ("/homeroom/access-late-sbx", "/aws/rds/cluster/aurora-later-sbx/postgresql")
    arns = [f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{name}" for name in names]
    for name in names:
        aws("logs").create_log_group(logGroupName=name)
    items = [InventoryItem("logs", "log-group", arn) for arn in arns]
    assert remove_late_groups(engine_settings(), "us-east-1", "late-sbx", items) == ()
    remaining = {group["logGroupName"] for group in aws("logs").describe_log_groups()["logGroups"]}
    assert set(names) <= remaining


def test_whoever_waits_hears_that_it_is_to_stop(aws, settings):
    settings.REMOVAL_SETTLE_SECONDS = 60
    run = a_teardown(a_live_district("stopped"))
    aws("s3").create_bucket(Bucket=bucket_of(run))
    with pytest.raises(InterruptedRunError):
        prove(run, poll=lambda: True)
    aws("s3").delete_bucket(Bucket=bucket_of(run))


def test_an_aws_that_does_not_answer_proves_nothing(settings):
    run = a_teardown(a_live_district("silent"))
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    with pytest.raises(AwsUnavailableError):
        prove(run)
    run.refresh_from_db()
    assert run.left_behind is None


def test_without_a_key_nothing_is_forgotten(settings, tmp_path, aws):
    run = a_teardown(a_live_district("keyless"))
    aws("s3").put_object(Bucket=engine_settings().state_bucket, Key=state_key("keyless-sbx"), Body=b"{}")
    settings.SIGNING_KEY = tmp_path / "nowhere.pem"
    with pytest.raises(SigningKeyUnusableError) as refused:
        prove(run)
    assert "make_signing_key" in refused.value.detail
    assert state_exists(engine_settings(), state_key("keyless-sbx"))


PLAN = {
    "resource_changes": [
        {"address": "aws_vpc.this", "type": "aws_vpc", "change": {"actions": ["delete"], "before": {"id": "vpc-1"}}},
        {
            "address": "aws_s3_bucket.results",
            "type": "aws_s3_bucket",
            "change": {
                "actions": ["delete"],
                "before": {"bucket": "counted", "arn": "arn:aws:s3:::counted", "id": "b"},
            },
        },
        {
            "address": "aws_rds_cluster.this",
            "type": "aws_rds_cluster",
            "change": {
                "actions": ["delete"],
                "before": {"id": "aurora-1", "master_password": "secret", "arn": "arn:hidden"},
                "before_sensitive": {"arn": True},
            },
        },
        {"address": "aws_iam_role.kept", "type": "aws_iam_role", "change": {"actions": ["no-op"], "before": {}}},
        {
            "address": "data.aws_region.now",
            "mode": "data",
            "type": "aws_region",
            "change": {"actions": ["delete"], "before": {}},
        },
    ]
}


def test_the_plans_content_is_stored_data_first_and_buckets_are_counted(aws):
    aws("s3").create_bucket(Bucket="counted")
    aws("s3").put_bucket_versioning(Bucket="counted", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"x" * 1500, b"y" * 500):
        aws("s3").put_object(Bucket="counted", Key="results.csv", Body=body)
    run = a_teardown(a_live_district("holding"))
    record_holdings(fenced(run), PLAN, engine_settings(), monthly_saving_usd=None)
    run.refresh_from_db()
    described = [(row["address"], row["holds_data"], row["says"]) for row in run.holdings["resources"]]
    assert described == [
        ("aws_rds_cluster.this", True, run.holdings["resources"][0]["says"]),
        ("aws_s3_bucket.results", True, "2 object versions, 2.0 kB."),
        ("aws_vpc.this", False, ""),
    ]
    assert "No snapshot is kept." in described[0][2]
    assert "secret" not in json.dumps(run.holdings)
    assert run.holdings["resources"][0]["arn"] == "", "Terraform marked it as sensitive"


def test_a_bucket_that_cannot_be_read_is_said(settings):
    run = a_teardown(a_live_district("unread"))
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    record_holdings(fenced(run), PLAN, engine_settings())
    assert run.holdings["resources"][1]["says"] == "What it holds could not be read."


def went(run: Run, sequence: int, address: str, action: str = "delete") -> str:
    at = timezone.now()
    RunEvent.objects.create(
        run=run,
        sequence=sequence,
        at=at,
        level="info",
        kind="apply_complete",
        address=address,
        action=action,
        message="x",
    )
    return at.isoformat()


def test_the_certificate_tells_when_each_went_over_all_runs_of_the_teardown(aws):
    district = a_live_district("departing")
    first = a_teardown(district)
    record_holdings(fenced(first), PLAN, engine_settings())
    moments = {"aws_vpc.this": went(first, 1, "aws_vpc.this"), "x": went(first, 2, "aws_s3_bucket.results", "create")}
    ended(first, *WAY, RunState.FAILED)
    archive_events(first)
    Run.objects.filter(pk=first.pk).update(finished_at=timezone.now() - timedelta(days=100))
    assert trim_events() == [first.number]
    again = a_teardown(first.district)
    moments["aws_rds_cluster.this"] = went(again, 1, "aws_rds_cluster.this")
    certificate = removed(again)
    existed = {part["address"]: part for part in document(certificate)["existed"]}
    assert {address: part["gone_at"] for address, part in existed.items()} == {
        "aws_vpc.this": moments["aws_vpc.this"],
        "aws_rds_cluster.this": moments["aws_rds_cluster.this"],
        "aws_s3_bucket.results": None,
    }
    assert existed["aws_vpc.this"]["gone_in_run"] == first.number
    assert existed["aws_vpc.this"]["id"] == "vpc-1"


def test_the_certificate_says_who_where_and_how(aws):
    operator, approver = a_person(Role.OPERATOR), a_person(Role.OPERATOR)
    district = a_live_district("signing")
    run = request_teardown(district=district, typed_name=district.suffix, reason="Contract ended", actor=operator)
    ended(run, RunState.SYNTHESIZING, RunState.PLANNING, RunState.VERIFYING)
    Run.objects.filter(pk=run.pk).update(decided_by=approver, decided_at=timezone.now(), decision="approved")
    key = aws("kms").create_key(Tags=[{"TagKey": "Suffix", "TagValue": "signing-sbx"}])["KeyMetadata"]["KeyId"]
    aws("kms").schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    run.refresh_from_db()
    prove(run)
    ended(run, RunState.SUCCEEDED)
    certificate = RemovalCertificate.objects.get(district=district)
    content = document(certificate)
    district.refresh_from_db()
    assert content["certificate"] == certificate.number
    assert content["district"]["suffix"] == "signing-sbx"
    assert district.removed_at is not None
    assert content["district"]["removed_at"] == district.removed_at.isoformat()
    request = content["teardown"]["asked"][0]
    assert (request["by"], request["approved_by"], request["reason"]) == (
        operator.username,
        approver.username,
        "Contract ended",
    )
    assert content["inventory"]["account_id"] == ACCOUNT
    assert content["inventory"]["tag"] == {"Suffix": "signing-sbx"}
    assert content["inventory"]["calls"]["resourcegroupstaggingapi:GetResources"] == 1
    assert [item["scheduled"][:20] for item in content["kept_by_aws"]] == ["key to be deleted on"]
    assert content["kept_on_purpose"] == []
    events = AuditEvent.objects.filter(district=district).order_by("id")
    last = events.get(action=AuditAction.DISTRICT_STATUS_CHANGED, after__status="removed")
    first, issued = events[0], events.reverse()[0]
    assert (content["audit"]["first_id"], content["audit"]["last_id"]) == (first.pk, last.pk)
    assert (issued.action, issued.subject_id) == (AuditAction.CERTIFICATE_ISSUED, str(certificate.number))
    assert audit_digest(district)["sha256"] != content["audit"]["sha256"], "the event of its issue came after"


def test_certificate_and_removal_are_one_transaction(settings, tmp_path):
    run = ended(a_teardown(a_live_district("atomic")), RunState.SYNTHESIZING, RunState.PLANNING, RunState.VERIFYING)
    prove(run)
    settings.SIGNING_KEY = tmp_path / "gone.pem"
    with pytest.raises(Exception, match="make_signing_key"):
        moved(run, RunState.SUCCEEDED)
    run.refresh_from_db()
    run.district.refresh_from_db()
    assert (run.state, run.district.status) == (RunState.VERIFYING, DistrictStatus.TEARING_DOWN)


def test_a_certificate_is_final():
    certificate = removed(a_teardown(a_district(slug="final")))
    certificate.sha256 = "0" * 64
    for attempt in (certificate.save, certificate.delete, RemovalCertificate.objects.all().delete):
        with pytest.raises(CertificateIsFinalError):
            attempt()
    for statement in (
        "UPDATE provisioning_removalcertificate SET key_id = 'x'",
        "DELETE FROM provisioning_removalcertificate",
    ):
        with pytest.raises(DatabaseError, match="final"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_draft_that_was_never_deployed_ends_with_an_honest_certificate():
    district = a_district(slug="draft")
    certificate = removed(a_teardown(district))
    content = document(certificate)
    assert (content["existed"], content["district"]["live_at"]) == ([], None)


def test_network_and_suffix_come_free_only_when_removed():
    district = a_live_district("names")
    run = a_teardown(district)
    for _ in ("tearing down", "after a failed teardown"):
        with pytest.raises(RegistrationRefusedError) as refused:
            a_district(slug="names", cidr=str(district.cidr))
        assert {"slug", "cidr"} <= set(refused.value.problems)
        if run.is_active:
            ended(run, *WAY, RunState.FAILED)
    with pytest.raises(DatabaseError), transaction.atomic():
        District.objects.create(
            name="x", slug="names", suffix="names-sbx", cidr="10.200.0.0/22", account=district.account
        )
    removed(a_teardown(run.district))
    assert a_district(slug="names", cidr=str(district.cidr)).suffix == "names-sbx"


def a_database(aws, suffix: str) -> str:
    """Make the district's cluster under its own key, as the stack does; return the key's ARN."""
    key = aws("kms").create_key(Tags=[{"TagKey": "Suffix", "TagValue": suffix}])["KeyMetadata"]["Arn"]
    aws("rds").create_db_cluster(
        DBClusterIdentifier=f"aurora-{suffix}",
        Engine="aurora-postgresql",
        MasterUsername="owner",
        MasterUserPassword="correct-horse",
        StorageEncrypted=True,
        KmsKeyId=key,
        CopyTagsToSnapshot=True,
        Tags=[{"Key": "Suffix", "Value": suffix}],
    )
    return str(key)


def destroyed(aws, suffix: str, key: str) -> None:
    aws("rds").delete_db_cluster(DBClusterIdentifier=f"aurora-{suffix}", SkipFinalSnapshot=True)
    aws("kms").schedule_key_deletion(KeyId=key.rpartition("/")[2], PendingWindowInDays=7)


def snapshots(aws, suffix: str) -> dict[str, str]:
    listed = aws("rds").describe_db_cluster_snapshots()["DBClusterSnapshots"]
    mine = [part for part in listed if part["DBClusterIdentifier"] == f"aurora-{suffix}"]
    return {part["DBClusterSnapshotIdentifier"]: part["KmsKeyId"] for part in mine if part["SnapshotType"] == "manual"}


def test_a_final_snapshot_outlives_the_districts_key_and_is_certified_as_kept(aws):
    district = a_live_district("keeping")
    key = a_database(aws, "keeping-sbx")
    run = a_teardown(district, final_snapshot=True)
    assert (run.spec["final_snapshot"], run.change) == (True, {"final_snapshot": True})
    settle_snapshots(fenced(run), engine_settings())
    settle_snapshots(fenced(Run.objects.get(pk=run.pk)), engine_settings())
    name = f"final-keeping-sbx-{run.number}"
    assert set(snapshots(aws, "keeping-sbx")) == {name}, "one, and the one under the district's key is gone"
    assert snapshots(aws, "keeping-sbx")[name] != key
    assert AuditEvent.objects.filter(action=AuditAction.SNAPSHOT_KEPT).count() == 1
    destroyed(aws, "keeping-sbx", key)
    content = document(removed(run))
    assert [item["name"] for item in content["kept_on_purpose"]] == [name]
    assert content["kept_on_purpose"][0]["key_arn"] == snapshots(aws, "keeping-sbx")[name]
    assert [item["kept"] for item in content["inventory"]["found"] if item["kind"] == "cluster-snapshot"] == [
        f"Final snapshot of run #{run.number}"
    ]

    later = a_teardown(a_district(slug="keeping"), final_snapshot=False)
    settle_snapshots(fenced(later), engine_settings())
    assert set(snapshots(aws, "keeping-sbx")) == {name}, "an earlier district's snapshot is not this one's to delete"
    assert document(removed(later))["kept_on_purpose"] == []


def test_a_snapshot_of_an_earlier_try_goes_when_none_is_asked_for(aws):
    district = a_live_district("changing")
    key = a_database(aws, "changing-sbx")
    first = a_teardown(district, final_snapshot=True)
    settle_snapshots(fenced(first), engine_settings())
    ended(first, *WAY, RunState.FAILED)
    second = a_teardown(district, final_snapshot=False)
    destroyed(aws, "changing-sbx", key)
    certificate = removed(second)
    assert snapshots(aws, "changing-sbx") == {}
    assert document(certificate)["kept_on_purpose"] == []
    assert AuditEvent.objects.filter(action=AuditAction.SNAPSHOT_DROPPED).count() == 1


def test_a_snapshot_that_was_begun_and_not_copied_does_not_stay(aws):
    district = a_live_district("begun")
    a_database(aws, "begun-sbx")
    rds = aws("rds")
    rds.create_db_cluster_snapshot(
        DBClusterSnapshotIdentifier="closing-begun-sbx-1", DBClusterIdentifier="aurora-begun-sbx"
    )
    run = a_teardown(district, final_snapshot=True)
    settle_snapshots(fenced(run), engine_settings())
    assert set(snapshots(aws, "begun-sbx")) == {f"final-begun-sbx-{run.number}"}


def test_without_a_database_there_is_nothing_to_keep():
    run = a_teardown(a_district(slug="nothing"), final_snapshot=True)
    settle_snapshots(fenced(run), engine_settings())
    assert run.kept_on_purpose == []


def test_a_database_that_is_not_available_is_not_destroyed_without_its_snapshot(aws):
    district = a_live_district("stopping")
    a_database(aws, "stopping-sbx")
    aws("rds").stop_db_cluster(DBClusterIdentifier="aurora-stopping-sbx")
    with pytest.raises(SnapshotFailedError, match="takes no snapshot"):
        settle_snapshots(fenced(a_teardown(district, final_snapshot=True)), engine_settings())


def test_the_districts_own_setting_holds_where_nothing_else_is_said():
    district = a_district(slug="setting")
    District.objects.filter(pk=district.pk).update(final_snapshot=True)
    district.refresh_from_db()
    assert a_teardown(district).spec["final_snapshot"] is True
