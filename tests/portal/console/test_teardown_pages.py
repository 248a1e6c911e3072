"""The teardown's confirmation, signing in again before it, and the certificate's pages."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from engine.aws.clients import client
from portal.sign_in.reauthentication import SIGNED_IN_AT, TYPED
from provisioning.aws_kinds import service_of
from provisioning.engine_settings import engine_settings
from provisioning.models import RemovalCertificate, Run, StackResource
from provisioning.states.runs import RunState
from provisioning.tasks import look_at_holdings
from provisioning.teardown.certificates import portal_key
from provisioning.teardown.service import request_teardown
from provisioning.teardown.signatures import verify
from registry.accounts.models import User
from registry.accounts.roles import Role
from registry.districts.models import District
from sandbox.launch import running_sandbox
from tests.builders import PASSWORD, a_district, a_person, a_run, moved, proven
from tests.markup import squeezed
from tests.portal.console.test_pages import INLINE

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script> 🍁"


@pytest.fixture
def operator() -> User:
    return a_person(Role.OPERATOR)


def signed_in(user: User, *, ago: timedelta = timedelta(0)) -> Client:
    """Return a client whose session signed in so long ago."""
    browser = Client()
    browser.force_login(user)
    session = browser.session
    session[SIGNED_IN_AT] = (timezone.now() - ago).isoformat()
    session.save()
    return browser


def filled(district: District, **changes: str) -> dict[str, str]:
    return {"full_name": district.suffix, "reason": "Contract ended"} | changes


CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/4d1e3a52-8f0c-4a57-9a55-2f3f7c0b8a11"


def a_certificate(
    name: str = "Lakeside", suffix_slug: str = "lakeside", retained: tuple[dict[str, str], ...] = (), **more: Any
) -> RemovalCertificate:
    """Return the certificate of a district that was removed, with a proof as the walk stores it."""
    district = a_district(name=name, slug=suffix_slug)
    run = request_teardown(district=district, typed_name=district.suffix, reason=HOSTILE, actor=None)
    for step in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.VERIFYING):
        moved(run, step)
    gone = {
        "address": f"aws_vpc.{HOSTILE}",
        "type": "aws_vpc",
        "id": "v",
        "arn": "",
        "gone_at": None,
        "gone_in_run": None,
    }
    proven(run, (gone | more,))
    moved(run, RunState.SUCCEEDED, kept_by_aws=list(retained))
    return RemovalCertificate.objects.get(run=run)


def test_the_page_offers_the_snapshot_as_the_district_has_it(operator):
    district = a_district()
    browser = signed_in(operator)

    def box() -> str:
        page = squeezed(browser.get(f"/districts/{district.suffix}/teardown").content.decode())
        return str(re.findall(r'<input type="checkbox" name="final_snapshot"[^>]*>', page)[0])

    assert "checked" not in box()
    District.objects.filter(pk=district.pk).update(final_snapshot=True)
    assert "checked" in box()


@pytest.mark.parametrize("kept", [True, False])
def test_the_confirmation_asks_for_what_was_chosen(operator, kept):
    district = a_district()
    form = filled(district, **({"final_snapshot": "on"} if kept else {}))
    answer = signed_in(operator).post(f"/districts/{district.suffix}/teardown", form)
    run = Run.objects.get(district=district)
    assert answer["Location"] == f"/runs/{run.number}"
    assert run.spec["final_snapshot"] is kept


def test_sent_twice_it_is_one_run_and_get_asks_for_nothing(operator):
    district = a_district()
    browser, path = signed_in(operator), f"/districts/{district.suffix}/teardown"
    browser.get(path, filled(district))
    assert not Run.objects.exists()
    first, second = browser.post(path, filled(district)), browser.post(path, filled(district))
    assert first["Location"] == second["Location"]
    assert Run.objects.count() == 1


def test_what_is_wrong_is_said_and_what_was_typed_stays(operator):
    district = a_district()
    form = filled(district, full_name="other", reason="Because of the contract", final_snapshot="on")
    answer = signed_in(operator).post(f"/districts/{district.suffix}/teardown", form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f"Type {district.suffix} to confirm." in page
    assert "Because of the contract" in page
    assert not Run.objects.exists()


def test_an_old_sign_in_is_renewed_first(operator, settings):
    district = a_district()
    path = f"/districts/{district.suffix}/teardown"
    browser = signed_in(operator, ago=timedelta(minutes=settings.REAUTHENTICATE_MINUTES, seconds=1))
    page = browser.get(path).content.decode()
    assert "Sign in again to confirm" in page
    assert 'name="full_name"' not in page
    again = browser.post(path, filled(district, final_snapshot="on"))["Location"]
    assert not Run.objects.exists()
    assert set(browser.session[TYPED]["fields"]) == {"reason", "final_snapshot"}, "the name confirms by being typed"
    assert browser.get(again).status_code == 200
    refused = browser.post(again, {"password": "not the one", "next": path})
    assert (refused.status_code, "not your password" in refused.content.decode()) == (422, True)
    assert browser.post(again, {"password": PASSWORD, "next": path})["Location"] == path
    page = browser.get(path).content.decode()
    assert filled(district)["reason"] in page
    assert re.search(r'name="final_snapshot"[^>]* checked', page)
    assert browser.post(path, filled(district))["Location"] == f"/runs/{Run.objects.get().number}"


def test_a_young_sign_in_is_enough(operator, settings):
    district = a_district()
    browser = signed_in(operator, ago=timedelta(minutes=settings.REAUTHENTICATE_MINUTES - 1))
    browser.post(f"/districts/{district.suffix}/teardown", filled(district))
    assert Run.objects.count() == 1


def test_a_session_from_before_the_rule_signs_in_again(operator):
    browser = signed_in(operator)
    session = browser.session
    del session[SIGNED_IN_AT]
    session.save()
    district = a_district()
    assert "/sign-in/again" in browser.post(f"/districts/{district.suffix}/teardown", filled(district))["Location"]


@pytest.mark.parametrize("elsewhere", ["https://evil.example/x", "//evil.example", "javascript:alert(1)", ""])
def test_signing_in_again_leads_to_no_other_site(operator, elsewhere):
    browser = signed_in(operator)
    assert browser.post("/sign-in/again", {"password": PASSWORD, "next": elsewhere})["Location"] == "/"


def test_signing_in_again_is_for_who_is_signed_in():
    assert Client().get("/sign-in/again")["Location"].startswith("/sign-in?")


def test_a_viewer_tears_nothing_down():
    district = a_district()
    answer = signed_in(a_person(Role.VIEWER)).post(f"/districts/{district.suffix}/teardown", filled(district))
    assert answer.status_code == 403


def test_the_certificate_is_shown_downloaded_and_found_from_everywhere(operator):
    certificate = a_certificate(name=HOSTILE[:40])
    browser = signed_in(operator)
    page = browser.get(f"/certificates/{certificate.number}").content.decode()
    assert "Hash and signature verified." in page
    assert "<script>alert" not in page
    assert not INLINE.search(page)
    moments = re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?(.{4})", page)
    assert len(moments) > 3
    assert set(moments) == {" UTC"}, "a document for the file names the zone of each of its times"
    file = browser.get(f"/certificates/{certificate.number}/file")
    key = portal_key()
    assert key is not None
    assert verify(file.content.decode(), {key.key_id})["certificate"] == certificate.number
    assert (
        file["Content-Disposition"]
        == f'attachment; filename="homeroom-certificate-{certificate.number}-lakeside-sbx.json"'
    )
    link = f'href="/certificates/{certificate.number}"'
    for place in ("districts/lakeside-sbx", "districts/lakeside-sbx/teardown", f"runs/{certificate.run_id}"):
        assert link in browser.get(f"/{place}").content.decode(), place


def test_the_certificate_stays_when_the_suffix_is_somebody_elses(operator):
    certificate = a_certificate()
    a_run(name="Another", slug="lakeside")
    browser = signed_in(operator)
    assert "Lakeside" in browser.get(f"/certificates/{certificate.number}").content.decode()
    assert f"/certificates/{certificate.number}" not in browser.get("/districts/lakeside-sbx").content.decode()


def test_the_key_is_everybodys_and_certificates_are_not():
    certificate = a_certificate()
    answer = Client().get("/certificates/key")
    assert answer.content.decode() == certificate.public_key
    assert Client().get(f"/certificates/{certificate.number}").status_code == 302
    assert signed_in(a_person(Role.VIEWER)).get("/certificates/999999999999999999").status_code == 404


def test_a_web_server_without_the_key_publishes_the_one_that_signed(settings, tmp_path):
    settings.SIGNING_KEY = tmp_path / "nowhere.pem"
    assert Client().get("/certificates/key").status_code == 404
    settings.SIGNING_KEY = portal_key_path()
    certificate = a_certificate()
    settings.SIGNING_KEY = tmp_path / "nowhere.pem"
    assert Client().get("/certificates/key").content.decode() == certificate.public_key


def portal_key_path() -> str:
    from django.conf import settings as django_settings

    return str(django_settings.VAR_DIR / "signing-key.pem")


def test_the_runs_page_shows_what_goes_and_what_is_left(operator):
    district = a_district()
    run = request_teardown(district=district, typed_name=district.suffix, reason="x", actor=None)
    says = "12 object versions, 3.4 MB."
    row = {"address": "aws_s3_bucket.results", "service": "S3", "holds_data": True, "says": says}
    holdings = {"at": timezone.now().isoformat(), "monthly_saving_usd": "812.50", "resources": [row]}
    leftovers = [{"service": "ec2", "kind": "vpc", "identifier": "arn:left"}]
    Run.objects.filter(pk=run.pk).update(holdings=holdings, left_behind=leftovers)
    browser = signed_in(operator)
    page = browser.get(f"/runs/{run.number}").content.decode()
    for text in (says, "$812.50", "arn:left"):
        assert text in page


def test_a_worker_looks_at_what_the_environment_holds_before_it_is_confirmed(operator, settings):
    run = a_run()
    for address, kind, name in (
        ("aws_s3_bucket.results", "aws_s3_bucket", "looked-at"),
        ("aws_rds_cluster.this", "aws_rds_cluster", "aurora"),
    ):
        StackResource.objects.create(
            district=run.district,
            run=run,
            address=address,
            type=kind,
            name="x",
            provider_id=name,
            service=service_of(kind),
        )
    browser, path = signed_in(operator), f"/districts/{run.district.suffix}/teardown"
    assert signed_in(a_person(Role.VIEWER)).post(f"{path}/look").status_code == 403
    assert browser.post(f"{path}/look")["Location"] == path
    assert "Reading bucket contents" in browser.get(path).content.decode()
    with running_sandbox() as sandbox:
        settings.AWS_ENDPOINT_URL = sandbox.url
        s3 = client(engine_settings(), "s3", "us-east-1")
        s3.create_bucket(Bucket="looked-at")
        s3.put_object(Bucket="looked-at", Key="results.csv", Body=b"x" * 1234)
        look_at_holdings(run.district_id)
    page = browser.get(path).content.decode()
    assert "1 object version, 1.2 kB." in page
    assert page.index("aws_rds_cluster.this") < page.index("aws_s3_bucket.results")
    assert "Reading bucket contents" not in page
    look_at_holdings(run.district_id)
    page = browser.get(path).content.decode()
    assert "What it holds could not be read." in page, "the embedded AWS is gone"


def test_the_stored_certificate_is_checked_when_it_is_shown(operator, monkeypatch):
    certificate = a_certificate()
    document = json.loads(certificate.document)
    document["district"]["name"] = "Another"
    broken = RemovalCertificate(
        pk=certificate.pk,
        district=certificate.district,
        run=certificate.run,
        issued_at=certificate.issued_at,
        document=json.dumps(document),
        sha256=certificate.sha256,
        signature=certificate.signature,
        key_id=certificate.key_id,
        public_key=certificate.public_key,
    )
    monkeypatch.setattr("portal.console.pages.certificate.views._certificate", lambda request, number: broken)
    page = signed_in(operator).get(f"/certificates/{certificate.number}").content.decode()
    assert "This certificate is not genuine." in page


def test_the_page_says_which_environment_and_no_shared_name_confirms_it(operator):
    district = a_district()
    namesake = a_run(
        name=district.name, slug=district.slug, environment="staging", certificate_arn=CERTIFICATE
    ).district
    browser, path = signed_in(operator), f"/districts/{district.suffix}/teardown"
    page = browser.get(path).content.decode()
    for text in (district.suffix, "Sandbox", district.account.account_id, district.region, namesake.suffix):
        assert text in page
    for typed in (district.slug, namesake.suffix, district.name):
        assert browser.post(path, filled(district, full_name=typed)).status_code == 422
    assert not Run.objects.filter(kind="destroy").exists()
    assert browser.post(path, filled(district, full_name=f" {district.suffix} ")).status_code == 302


def test_a_certificate_contradicts_itself_in_nothing(operator):
    browser = signed_in(operator)

    def shown(certificate: RemovalCertificate) -> str:
        return browser.get(f"/certificates/{certificate.number}").content.decode()

    assert "the inventory came back empty" in shown(a_certificate())
    key = "arn:aws:kms:us-east-1:123456789012:key/k-1"
    retained = {"service": "kms", "kind": "key", "identifier": key, "scheduled": "key deleted on 2030-01-07"}
    page = shown(a_certificate("Oak Park", "oak", (retained,), id="k-1", arn=key, gone_at="2029-12-31T10:00:00+00:00"))
    assert "the inventory came back empty" not in page
    assert "nothing was left but what is listed below" in page
    assert "key deleted on" not in page, "what is to come is not told as done, in old certificates either"
    assert page.count("key to be deleted on 2030-01-07") == 2
    assert "Destroyed by Terraform 2029-12-31" in page
