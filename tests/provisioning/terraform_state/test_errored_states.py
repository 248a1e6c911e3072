"""A state that could not be written is encrypted, kept until it is decided on, told without what is in it, and gone."""

from __future__ import annotations

import io
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.test import Client

from engine.aws.clients import client
from engine.errors import ErroredStateUnreadableError
from engine.processes.supervisor import STARTED
from engine.state.errored_state import BACKEND
from engine.state.sealed_states import sealed_folder
from engine.state.store import delete_state, ensure_state_bucket, state_key
from engine.terraform.workspace import COMMANDS, STATE_SAVED_HERE, new_workspace
from messages.message import verbatim
from provisioning.engine_settings import engine_settings
from provisioning.errors import ServiceRefusedError
from provisioning.models import ErroredPlace, ErroredState, Run
from provisioning.states.runs import RunKind, RunState
from provisioning.tasks import forget_states, keep_states, sweep_workspaces
from provisioning.terraform_state.errored_keeping import fetch, forget_decided, keep_left_on_host, key_of
from provisioning.terraform_state.errored_states import note_discarded, note_pushed, note_refused
from provisioning.terraform_state.service import discard_kept, request_push
from registry.accounts.roles import NotAllowedError, Role
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from tests.builders import a_person, a_run, moved

pytestmark = pytest.mark.django_db

SECRET = "correct-horse-that-only-the-state-knows"
STATE = {
    "version": 4,
    "serial": 3,
    "lineage": "0b0e5c7e-1",
    "outputs": {},
    "resources": [{"mode": "managed", "type": "aws_db", "name": "one", "instances": [{"attributes": {"p": SECRET}}]}],
}
BODY = json.dumps(STATE).encode()


@pytest.fixture
def bucket(settings, url: str) -> None:
    settings.AWS_ENDPOINT_URL = url
    ensure_state_bucket(engine_settings())


@pytest.fixture(autouse=True)
def own_work(settings, tmp_path: Path) -> None:
    settings.WORK_DIR = tmp_path / "work"


@pytest.fixture
def failed() -> Run:
    """A run that failed, and left a state in its folder when its worker died."""
    run = a_run()
    moved(run, RunState.SYNTHESIZING)
    moved(run, RunState.FAILED)
    Run.objects.filter(pk=run.pk).update(attempt=1)
    (new_workspace(engine_settings(), run.number, 1) / STATE_SAVED_HERE).write_bytes(BODY)
    return run


def left(run: Run) -> Path:
    return engine_settings().work_dir / "runs" / str(run.number) / "1" / STATE_SAVED_HERE


def kept(run: Run) -> ErroredState:
    keep_left_on_host(engine_settings())
    return ErroredState.objects.select_related("run", "run__district").get(run=run)


def versions(row: ErroredState) -> list[Any]:
    s3 = client(engine_settings(), "s3", "us-east-1")
    listing = s3.list_object_versions(Bucket=engine_settings().state_bucket, Prefix=key_of(row))
    return [*listing.get("Versions", []), *listing.get("DeleteMarkers", [])]


def test_the_folder_is_not_swept_before_the_state_is_kept_and_is_afterwards(failed: Run):
    sweep_workspaces()
    assert left(failed).read_bytes() == BODY
    keep_states()
    sweep_workspaces()
    assert not left(failed).parent.parent.exists()
    row = ErroredState.objects.get(run=failed)
    assert fetch(row, engine_settings()) == BODY


def test_while_the_bucket_is_away_it_is_on_the_host_encrypted_and_its_owners_alone(failed: Run):
    row = kept(failed)
    assert (row.place, row.serial, row.lineage, row.size) == (ErroredPlace.HOST, 3, "0b0e5c7e-1", len(BODY))
    folder = sealed_folder(engine_settings())
    [sealed] = folder.iterdir()
    assert (folder.stat().st_mode & 0o777, sealed.stat().st_mode & 0o777) == (0o700, 0o600)
    assert SECRET.encode() not in sealed.read_bytes()
    keep_states()
    assert sealed.exists(), "nothing sweeps it"


def test_another_secret_key_does_not_open_it(failed: Run, settings):
    row = kept(failed)
    settings.SECRET_KEY = "another one"
    with pytest.raises(ErroredStateUnreadableError, match="HOMEROOM_SECRET_KEY has changed"):
        fetch(row, engine_settings())


def test_as_soon_as_the_bucket_can_be_written_it_is_there_and_not_here(failed: Run, bucket):
    row = kept(failed)
    assert row.place == ErroredPlace.BUCKET
    assert list(sealed_folder(engine_settings()).iterdir()) == []
    s3 = client(engine_settings(), "s3", "us-east-1")
    head = s3.head_object(Bucket=engine_settings().state_bucket, Key=key_of(row))
    assert head["ServerSideEncryption"] == "aws:kms"
    assert fetch(row, engine_settings()) == BODY
    delete_state(engine_settings(), state_key(failed.district.suffix))
    assert versions(row), "it outlives the state: it goes by its own rule"


def test_a_state_that_somebody_exchanges_is_not_read(failed: Run, bucket):
    row = kept(failed)
    s3 = client(engine_settings(), "s3", "us-east-1")
    s3.put_object(Bucket=engine_settings().state_bucket, Key=key_of(row), Body=b"{}")
    with pytest.raises(ErroredStateUnreadableError, match="not the one that was put there"):
        fetch(row, engine_settings())


def test_a_state_on_another_host_is_named_with_its_host(failed: Run):
    row = kept(failed)
    for sealed in sealed_folder(engine_settings()).iterdir():
        sealed.unlink()
    ErroredState.objects.update(host="worker-7/boot/1")
    row.refresh_from_db()
    with pytest.raises(ErroredStateUnreadableError, match="is still on worker-7"):
        fetch(row, engine_settings())


def test_the_worker_of_a_run_that_goes_on_is_not_disturbed(failed: Run):
    Run.objects.filter(pk=failed.pk).update(attempt=1)
    run = a_run()
    moved(run, RunState.SYNTHESIZING)
    Run.objects.filter(pk=run.pk).update(attempt=1)
    path = new_workspace(engine_settings(), run.number, 1) / STATE_SAVED_HERE
    path.write_bytes(BODY)
    keep_left_on_host(engine_settings())
    assert path.exists()
    Run.objects.filter(pk=run.pk).update(attempt=2)
    keep_left_on_host(engine_settings())
    assert not path.exists(), "an earlier attempt's is nobody's to store any more"


def begun_before_the_boot(attempt: Path) -> None:
    """Leave what a command leaves that was begun before the container was started anew on the same volume."""
    folder = attempt / COMMANDS / "1-apply"
    folder.mkdir(parents=True)
    gone = {"host": "this-one/before/1", "pid": 1, "started": 1.0, "ticks": None}
    (folder / STARTED).write_text(json.dumps({"supervisor": gone}))


def test_what_a_host_left_before_it_started_anew_is_kept_once_its_run_has_ended(failed: Run):
    begun_before_the_boot(left(failed).parent)
    keep_states()
    assert not left(failed).exists()
    assert ErroredState.objects.get(run=failed).place == ErroredPlace.HOST
    sweep_workspaces()
    assert not left(failed).parent.exists()


def test_what_a_host_left_before_it_started_anew_is_kept_once_another_attempt_has_seen_it_to_be_over():
    run = a_run()
    moved(run, RunState.SYNTHESIZING)
    path = new_workspace(engine_settings(), run.number, run.attempt) / STATE_SAVED_HERE
    path.write_bytes(BODY)
    begun_before_the_boot(path.parent)
    apply = {"command": "apply", "orphan_seconds": 600, "grace_seconds": 300}
    Run.objects.filter(pk=run.pk).update(attempt=run.attempt + 1, process=apply)
    keep_states()
    assert path.exists(), "its Terraform may still write it, as far as anybody can see"
    Run.objects.filter(pk=run.pk).update(process=apply | {"ended": None})
    keep_states()
    assert not path.exists()


def test_a_state_of_another_district_is_not_taken_for_that_of_the_run_that_has_its_number(failed: Run, caplog):
    """Given a database that was restored from a backup, which gives numbers again."""
    backend = left(failed).parent / BACKEND
    backend.parent.mkdir()
    backend.write_text(json.dumps({"backend": {"config": {"key": state_key("another-sbx")}}}))
    keep_states()
    assert left(failed).exists()
    assert "it is the state districts/another-sbx/terraform.tfstate" in caplog.text
    backend.write_text(json.dumps({"backend": {"config": {"key": state_key(failed.district.suffix)}}}))
    keep_states()
    assert not left(failed).exists()


def test_who_decides_first_has_decided(failed: Run, bucket):
    row = kept(failed)
    assert note_refused(row, verbatim("The district's state was written since."))
    assert note_pushed(row)
    assert not note_discarded(row, None, "Too late")
    assert not note_refused(row, verbatim("Too late"))
    row.refresh_from_db()
    assert (row.place, row.refusal) == (ErroredPlace.PUSHED, "")
    assert forget_decided(engine_settings()) == [failed.number]
    assert forget_decided(engine_settings()) == []
    assert versions(row) == []
    acts = AuditEvent.objects.filter(action__startswith="run:errored-state").order_by("pk")
    assert [act.action for act in acts] == [
        AuditAction.ERRORED_STATE_KEPT,
        AuditAction.ERRORED_STATE_MOVED,
        AuditAction.ERRORED_STATE_REFUSED,
        AuditAction.ERRORED_STATE_PUSHED,
        AuditAction.ERRORED_STATE_DELETED,
    ]


def test_what_a_person_discards_goes_with_all_its_versions_as_soon_as_aws_answers(failed: Run, bucket, settings, url):
    row, ada = kept(failed), a_person(Role.ADMINISTRATOR, "ada")
    discard_kept(errored=row, reason="The bucket's is newer", actor=ada)
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    forget_states()
    assert ErroredState.objects.get().deleted_at is None
    settings.AWS_ENDPOINT_URL = url
    forget_states()
    row.refresh_from_db()
    assert (row.place, row.resolved_by, row.reason) == (ErroredPlace.DISCARDED, ada, "The bucket's is newer")
    assert versions(row) == []


def test_what_is_discarded_while_it_is_on_its_host_goes_there_and_never_to_the_bucket(failed: Run, settings, url):
    row = kept(failed)
    discard_kept(errored=row, reason="Nothing of it is there", actor=None)
    settings.AWS_ENDPOINT_URL = url
    ensure_state_bucket(engine_settings())
    keep_left_on_host(engine_settings())
    assert list(sealed_folder(engine_settings()).iterdir()) == []
    assert versions(row) == []


def test_a_discard_wants_an_administrator_a_reason_and_a_district_at_rest(failed: Run):
    row = kept(failed)
    with pytest.raises(NotAllowedError):
        discard_kept(errored=row, reason="Because", actor=a_person(Role.OPERATOR))
    with pytest.raises(ServiceRefusedError, match="needs a reason"):
        discard_kept(errored=row, reason=" \x00 ", actor=a_person(Role.ADMINISTRATOR))
    run = request_push(district=failed.district, reason="The bucket is back", actor=None)
    assert run.kind == RunKind.PLAN
    with pytest.raises(ServiceRefusedError, match=f"Run #{run.number}"):
        discard_kept(errored=row, reason="Because", actor=None)
    row.refresh_from_db()
    assert row.place == ErroredPlace.HOST


def test_without_a_kept_state_there_is_nothing_to_push():
    with pytest.raises(ServiceRefusedError, match="Nothing is kept"):
        request_push(district=a_run().district, reason="Because", actor=None)


def test_the_command_shows_pushes_and_discards(failed: Run, bucket):
    row, suffix = kept(failed), failed.district.suffix
    note_refused(row, verbatim("The district's state was written since."))
    output = io.StringIO()
    call_command("state", "show", suffix, stdout=output)
    assert f"kept state {row.pk}: run #{failed.number}, serial 3" in output.getvalue()
    assert row.sha256 in output.getvalue()
    assert "it could not be pushed: The district's state was written since." in output.getvalue()
    assert "Nobody holds the state's lock." in output.getvalue()
    assert SECRET not in output.getvalue()
    with pytest.raises(CommandError, match="Nothing is kept"):
        call_command("state", "discard", suffix, "--kept", "999999", "--reason", "Because")
    call_command("state", "discard", suffix, "--kept", str(row.pk), "--reason", "The bucket's is newer", stdout=output)
    row.refresh_from_db()
    assert row.place == ErroredPlace.DISCARDED
    with pytest.raises(CommandError, match="Nothing is kept"):
        call_command("state", "push", suffix, "--reason", "Because")
    with pytest.raises(CommandError, match="There is no district"):
        call_command("state", "show", "nowhere-sbx")


def test_a_secret_of_the_state_is_in_no_row_no_log_and_on_no_page(failed: Run, bucket, caplog):
    caplog.set_level(logging.DEBUG)
    row = kept(failed)
    note_refused(row, verbatim("The district's state was written since."))
    ada = Client()
    ada.force_login(a_person(Role.ADMINISTRATOR, "ada"))
    for address in (
        f"/runs/{failed.number}",
        f"/runs/{failed.number}/state",
        f"/districts/{failed.district.suffix}",
        "/audit",
    ):
        page = ada.get(address).content.decode()
        assert SECRET not in page, address
    discard_kept(errored=row, reason="The bucket's is newer", actor=None)
    forget_states()
    for label in ("accounts", "audit", "districts", "provisioning"):
        for model in apps.get_app_config(label).get_models():
            assert SECRET not in str(list(model._default_manager.values())), model
    # What boto3 sends is not ours to log: its debug level is never on in the portal's settings.
    lines = [record.getMessage() for record in caplog.records if not record.name.startswith(("botocore", "boto3"))]
    assert lines
    assert not [line for line in lines if SECRET in line]
