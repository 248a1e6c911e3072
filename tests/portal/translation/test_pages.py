"""No page says a word that is not translated: in a language of brackets, nothing is read outside of the brackets."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.conf import settings as project_settings
from django.contrib import admin
from django.contrib.admin.utils import display_for_field
from django.contrib.auth.tokens import default_token_generator
from django.db.models import JSONField
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlsafe_base64_encode

from portal.console import urls
from portal.console.errors import server_error
from provisioning.models import DriftItem
from registry.accounts.roles import Role
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts.registration import REGIONS
from tests.builders import ACCOUNT_ID, PASSWORD, a_person
from tests.portal.translation import pseudo
from tests.portal.translation.world import World, a_world

pytestmark = pytest.mark.django_db

NO_PAGES = {
    *("sign-out", "fleet-export", "bulk-template", "bulk-plan", "run-log", "certificate-key", "certificate-file"),
    *("audit-export", "audit-verify", "drift-check", "drift-plan", "drift-repair", "drift-accept", "drift-remove"),
    *("district-plan", "grant-end"),
    *("district-deploy", "teardown-look", "run-cancel", "run-decide", "run-retry", "rollout-pause", "rollout-resume"),
    *(
        "run-apply",
        "rollout-abort",
        "rollout-confirm",
        "access-test",
        "access-test-chosen",
        "preflight-look",
        "run-comment",
    ),
    *("display", "draft-delete", "token-revoke", "service-act"),
    *("run-state-look", "account-session-end", "account-sessions-end", "reset", "reset-sent"),
    *("inbox-read", "inbox-mail", "notice-again", "evidence-file", "evidence-drill", "people-export"),
    *("aws-account-retire", "freeze-end", "window-end", "run-override"),
}
"""Addresses that answer with a file, a redirection or only to a POST; what they say is on the page that follows."""

RUN_PARTS = {"run-resources", "run-lines", "run-activity", "run-live"}

KEY = "4d1e3a52-8f0c-4a57-9a55-2f3f7c0b8a11"
ELSEWHERE = {"sign-in", "bulk-progress", "reset-choose", "person-invited"}
"""Pages that a test of their own looks at."""

DATA = {
    *("Homeroom", "CSV", "NDJSON", "SHA-256", "VPC", "USD", "UTC", "ARN", "data", "zzzz", "vpc-1", "id-1", "x"),
    *("Amazon VPC", "RDS", "ec2", "vpc", "CloudWatch Logs", "ElastiCache", "SNS", "terraform", "Python", "Django"),
    *(
        "Celery",
        "PostgreSQL",
        "service_url",
        "https://lakeside.test",
        "chain",
        "S",
        "New image <b>",
        "<script>alert(1)</script> 🍁",
    ),
    *("CloudFormation", "Terraform (main.tf.json)", "Slack", "Microsoft Teams"),
    *REGIONS,
}
"""Names that are the same in every language, and what this world's people wrote."""


@pytest.fixture(scope="module")
def pseudo_texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pseudo-language's catalogue: two thousand texts, compiled once."""
    return pseudo.write(tmp_path_factory.mktemp("pseudo"))


@pytest.fixture
def brackets(pseudo_texts: Path, settings: Any) -> str:
    """Let the portal speak the pseudo-language."""
    settings.LANGUAGES = [*project_settings.LANGUAGES, (pseudo.CODE, "Brackets")]
    settings.LOCALE_PATHS = [pseudo_texts]
    return pseudo.CODE


@pytest.fixture
def world() -> World:
    return a_world()


def speaking(language: str, user: Any = None) -> Client:
    """Return a client whose person chose a language."""
    client = Client(raise_request_exception=False)
    if user is not None:
        client.force_login(user)
    client.cookies[project_settings.LANGUAGE_COOKIE_NAME] = language
    return client


def pages(world: World, *, every: bool) -> dict[str, list[str]]:
    """Return the addresses of each page of the console, by its name; the parts of two runs' pages or of every one's."""
    districts = [world.live.suffix, world.draft.suffix, world.certificate.district.suffix]
    queries = {
        "fleet": ["", "?q=zzzz", "?show=attention"],
        "audit": ["", "?run=x", "?words=zzzz"],
        "search": ["", "?q=vpc", "?q=zzzz", f"?q={world.failed.number}"],
    }
    addresses = {}
    for pattern in urls.urlpatterns:
        name, route = str(pattern.name), str(pattern.pattern)
        if name in NO_PAGES | ELSEWHERE:
            continue
        if "<slug:suffix>" in route:
            addresses[name] = [reverse(f"console:{name}", args=[suffix]) for suffix in districts]
        elif "runs/" in route:
            runs = [world.waiting, world.failed] if name in RUN_PARTS and not every else world.runs
            addresses[name] = [reverse(f"console:{name}", args=[run.number]) for run in runs]
        elif "people/<" in route:
            addresses[name] = [reverse(f"console:{name}", args=[world.administrator.pk])]
        elif "notices/<" in route:
            addresses[name] = [reverse(f"console:{name}", args=[world.endpoint.pk])]
        elif "rollouts/<" in route:
            addresses[name] = [reverse(f"console:{name}", args=[world.rollout.number])]
        elif "<slug:region>" in route:
            addresses[name] = [
                reverse(f"console:{name}", args=[ACCOUNT_ID, region]) for region in ("us-east-1", "us-west-2")
            ]
        elif "accounts/<" in route:
            addresses[name] = [reverse(f"console:{name}", args=[ACCOUNT_ID])]
        elif "certificates/" in route:
            addresses[name] = [reverse(f"console:{name}", args=[world.certificate.number])]
        else:
            addresses[name] = [reverse(f"console:{name}") + query for query in queries.get(name, [""])]
    return addresses


def left_on(answer: Any, data: set[str]) -> list[str]:
    assert answer.status_code in {200, 204, 403, 404, 422, 500}, answer.status_code
    return sorted(set(pseudo.untranslated(answer.content.decode(), DATA | data)))


def asked(client: Client, address: str) -> Any:
    answer = client.get(address)
    act = "link" if "/people/" in address else "rotate"
    return client.post(address, {"act": act}) if answer.status_code == 405 else answer


def none_left(leftovers: dict[str, list[str]]) -> None:
    lines = "\n".join(f"{where}: {some}" for where, some in leftovers.items() if some)
    if lines:
        pytest.fail(f"Not translated:\n{lines}", pytrace=False)


@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_every_page_of_the_console_is_translated(brackets: str, world: World, every: bool) -> None:
    client = speaking(brackets, world.administrator)
    addresses = [address for some in pages(world, every=every).values() for address in some]
    none_left({address: left_on(asked(client, address), world.data) for address in addresses})


def test_a_viewer_and_somebody_without_a_role_are_told_in_their_language(brackets: str, world: World) -> None:
    viewer, nobody = a_person(Role.VIEWER, "vera"), a_person(Role.VIEWER, "nora")
    nobody.groups.clear()
    data = world.data | {"vera", "nora"}
    suffix = world.live.suffix
    addresses = ["/", f"/districts/{suffix}/settings", f"/districts/{suffix}/danger", "/districts/new", "/rollouts"]
    addresses.append(f"/runs/{world.waiting.number}")
    leftovers = {f"viewer {address}": left_on(speaking(brackets, viewer).get(address), data) for address in addresses}
    leftovers |= {"nobody": left_on(speaking(brackets, nobody).get("/"), data)}
    none_left(leftovers)


def test_an_empty_portal_is_translated(brackets: str) -> None:
    client = speaking(brackets, a_person(Role.ADMINISTRATOR, "ada"))
    addresses = ["/", "/rollouts", "/audit?words=zzzz", "/system", "/search"]
    none_left({address: left_on(client.get(address), {"ada"}) for address in addresses})


def test_pages_for_what_goes_wrong_are_translated(brackets: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies[project_settings.LANGUAGE_COOKIE_NAME] = brackets
    with translation.override(brackets):
        broken = server_error(RequestFactory().get("/"))
    answers = {
        "404": speaking(brackets, a_person(Role.VIEWER, "vera")).get("/districts/none"),
        "csrf": strict.post("/sign-in", {"username": "x"}),
        "500": broken,
    }
    assert [answer.status_code for answer in answers.values()] == [404, 403, 500]
    none_left({name: left_on(answer, {"vera"}) for name, answer in answers.items()})


def test_signing_in_is_translated_with_its_refusal(brackets: str) -> None:
    client = speaking(brackets)
    data = {"username": "x", "password": "wrong"}
    leftovers = {
        "asked": left_on(client.get("/sign-in"), set()),
        "refused": left_on(client.post("/sign-in", data), {"x"}),
    }
    again = speaking(brackets, a_person(Role.OPERATOR, "otto"))
    leftovers["again"] = left_on(again.post("/sign-in/again", {"password": "wrong"}), {"otto"})
    none_left(leftovers)


def test_choosing_a_new_password_by_a_link_is_translated(brackets: str, settings: Any) -> None:
    settings.EMAIL_FROM = "homeroom@example.org"
    client = speaking(brackets)
    pages = ("/sign-in/reset", "/sign-in/reset/sent", "/sign-in/reset/MQ/none")
    leftovers = {page: left_on(client.get(page), set()) for page in pages}
    person = a_person(Role.OPERATOR, "otto")
    link = (
        f"/sign-in/reset/{urlsafe_base64_encode(str(person.pk).encode())}/{default_token_generator.make_token(person)}"
    )
    leftovers["choose"] = left_on(client.get(link, follow=True), set())
    none_left(leftovers)


def test_adding_a_factor_is_translated(brackets: str) -> None:
    client = speaking(brackets, a_person(Role.OPERATOR, "otto"))
    client.post("/sign-in/again", {"password": PASSWORD})
    secret = {client.get("/account/factors/totp/activate/").context["form"].secret, "otto"}
    pages = ("/account/factors/totp/activate/", "/account/factors/passkeys/add/")
    leftovers = {page: left_on(client.get(page), secret | {"Master key", "Authenticator code"}) for page in pages}
    secret = {client.get(pages[0]).context["form"].secret}
    code = client.post(pages[0], {"code": "wrong"})
    none_left(leftovers | {"wrong": left_on(code, secret | {"otto", "Authenticator code", "Incorrect code."})})


def test_refusals_beside_fields_are_translated(brackets: str, world: World) -> None:
    client, suffix = speaking(brackets, world.administrator), world.live.suffix
    forms = {
        "/districts/new": {
            "name": "A\x07",
            "slug": world.live.slug,
            "nces_id": "1",
            "contact_email": "x",
            "cidr": str(world.live.cidr),
            "environment": "production",
            "account_id": ACCOUNT_ID,
            "time_zone": "America/New_York",
            "region": "us-west-1",
            "size": "S",
            "zones": "3",
            "egress": "nat",
            "allowed_client_cidrs": "10.0.0.0/33",
            "monthly_budget_usd": "5",
            "registration_key": KEY,
        },
        f"/districts/{suffix}/settings": {"tags": "x", "backup_days": "99", "allowed_client_cidrs": "zzzz"},
        f"/districts/{suffix}/teardown": {"slug": "other", "reason": "data"},
        "/rollouts/new": {
            "what": "retention_days",
            "value": "x",
            "waves": "zzzz",
            "at_once": "999",
            "key": str(uuid4()),
        },
        f"/runs/{world.cancelling.number}/force-stop": {"number": "7"},
        f"/runs/{world.failed.number}/state": {"act": "push", "reason": " "},
    }
    world.data |= {"us-west-1", "A\x07"}
    leftovers = {}
    for address, data in forms.items():
        answer = client.post(address, data)
        assert answer.status_code == 422, address
        leftovers[address] = left_on(answer, world.data)
    none_left(leftovers)


def test_a_file_of_districts_is_translated_through_its_trial_and_progress(brackets: str, world: World) -> None:
    client = speaking(brackets, world.administrator)
    file = "name,slug,nces_id\nNorth,north,\nSouth,north,\nEast,east,1\n"
    tried = client.post("/districts/bulk", {"text": file, "batch": str(uuid4())})
    batch = re.findall(r'name="batch" value="([^"]+)"', tried.content.decode())[0]
    data = world.data | {"North", "South", "East", "north-sbx", "east-sbx"}
    leftovers = {"tried": left_on(tried, data)}
    refused = client.post("/districts/bulk", {"text": "a,b\n1,2\n", "batch": str(uuid4())})
    leftovers["refused"] = left_on(refused, data)
    taken = client.post("/districts/bulk", {"text": file, "batch": batch, "row": "1", "register": "yes"}, follow=True)
    assert taken.redirect_chain
    leftovers["progress"] = left_on(taken, data)
    none_left(leftovers)


def test_what_buttons_answer_is_translated(brackets: str, world: World) -> None:
    client = speaking(brackets, world.administrator)
    rollout, suffix = world.rollout.number, world.live.suffix
    pressed: list[tuple[str, dict[str, str]]] = [
        ("/audit/verify", {}),
        (f"/runs/{world.waiting.number}/decide", {}),
        (f"/runs/{world.waiting.number}/decide", {"decision": "discarded"}),
        (f"/runs/{world.waiting.number}/decide", {"decision": "discarded"}),
        (f"/runs/{world.queued.number}/cancel", {}),
        (f"/runs/{world.queued.number}/cancel", {}),
        (f"/runs/{world.lost.number}/retry", {}),
        (f"/runs/{world.waiting.number}/apply", {}),
        (f"/rollouts/{rollout}/pause", {}),
        (f"/rollouts/{rollout}/pause", {}),
        (f"/rollouts/{rollout}/resume", {}),
        (f"/rollouts/{rollout}/confirm", {}),
        (f"/rollouts/{rollout}/abort", {}),
        (f"/districts/{world.draft.suffix}/drift/check", {}),
        (f"/districts/{world.draft.suffix}/drift/repair", {}),
        (f"/districts/{suffix}/drift/accept", {}),
        (f"/districts/{suffix}/deploy", {}),
        ("/districts/bulk/plan", {}),
        ("/districts/bulk/plan", {"district": suffix}),
    ]
    leftovers = {}
    for number, (address, data) in enumerate(pressed):
        leftovers[f"{number} {address}"] = left_on(client.post(address, data, follow=True), world.data)
    none_left(leftovers)


def test_the_record_is_told_in_the_reader_s_language(brackets: str, world: World) -> None:
    """Every sentence that this world stored finds its translation."""
    client = speaking(brackets, world.administrator)
    assert AuditEvent.objects.count() > 50
    addresses = [f"/audit?district={world.live.suffix}", *(f"/audit?run={run.number}" for run in world.runs)]
    none_left({address: left_on(client.get(address), world.data) for address in addresses})


def stored(*rows: Any) -> set[str]:
    """Return what rows hold, as the admin shows it: raw, since that is what it is for."""
    values = [(getattr(row, field.attname), field) for row in rows for field in row._meta.fields]
    strings = {str(value) for value, _ in values}
    strings |= {display_for_field(value, field, "") for value, field in values if isinstance(field, JSONField)}
    return {text for text in strings if not text.isdigit()} - {""}


def test_the_admin_is_translated(brackets: str, world: World) -> None:
    client = speaking(brackets, world.administrator)
    addresses = [reverse("admin:index"), reverse("admin:districts_district_add")]
    for label in ("accounts", "audit", "districts", "provisioning"):
        for model in apps.get_app_config(label).get_models():
            if admin.site.is_registered(model):
                addresses.append(reverse(f"admin:{label}_{model._meta.model_name}_changelist"))
    addresses += [
        reverse("admin:districts_district_change", args=[world.live.pk]),
        reverse("admin:provisioning_run_change", args=[world.failed.pk]),
        reverse("admin:accounts_user_change", args=[world.administrator.pk]),
    ]
    # Django's own pictures have English names; roles are groups, and codes are what the record filters by.
    data = world.data | {"True", "False", "Search", *Role, *AuditAction, "Sandbox", "token", "test"}
    data |= stored(world.failed, world.live, world.certificate, *DriftItem.objects.all())
    none_left({address: left_on(client.get(address), data) for address in addresses})
