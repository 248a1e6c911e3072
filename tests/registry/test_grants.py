"""Grants of roles: given with a reach and an end, counted at once, ended with sessions and tokens, and reviewed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from portal.sign_in.reauthentication import SIGNED_IN_AT
from provisioning.measurements.daily import keep_figures
from provisioning.models import Announcement, PersonalNotices, Run
from provisioning.notices.occasions import Occasion
from provisioning.notices.reach import people_for
from provisioning.rollouts.selection import Selection
from provisioning.rollouts.service import RolloutRefusedError, RolloutRequest, create_rollout
from provisioning.runs.approval import approve
from provisioning.runs.second_person import who_may_approve
from provisioning.states.runs import RunState
from registry.accounts.acts import CHANGES, TABLE, WHOLE, Act
from registry.accounts.factors import needs_factor
from registry.accounts.grants import GrantRefusedError, end_grant, give_grant
from registry.accounts.models import ApiToken, Grant, User
from registry.accounts.reach import EVERYWHERE, Place, Reach, any_of
from registry.accounts.review import review
from registry.accounts.rights import Holding, Rights, may, rights_of
from registry.accounts.roles import NotAllowedError, Role
from registry.accounts.tokens.scopes import Scope
from registry.accounts.tokens.service import TokenInvalidError, create_token, known_token
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts.models import District
from registry.districts.registration import RegistrationRefusedError
from registry.districts.services import register
from tests.builders import PASSWORD, a_district, a_person, a_registration, a_run, moved
from tests.pages.fixtures import planned

pytestmark = pytest.mark.django_db
SANDBOXES = Reach(environments=("sandbox",))


@pytest.fixture
def ada() -> User:
    return a_person(Role.ADMINISTRATOR, "ada")


@pytest.fixture
def otto() -> User:
    return User.objects.create_user("otto", "otto@example.com", PASSWORD)


@pytest.fixture
def client(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def a_waiting_run() -> Run:
    run = a_run()
    planned(run, 3, waits=True)
    moved(run, RunState.AWAITING_APPROVAL)
    return run


def test_a_grant_is_given_used_and_ended(ada: User, otto: User):
    run = a_waiting_run()
    other_district = a_district()
    grant = give_grant(otto, role=Role.APPROVER, reach=Reach(suffixes=(run.district.suffix,)), actor=ada)
    assert may(otto, Act.APPROVE, run.district.place)
    assert not may(otto, Act.APPROVE, other_district.place)
    assert not may(otto, Act.APPROVE)
    assert not may(otto, Act.OPERATE, run.district.place)
    assert who_may_approve(run) == ["ada", "otto"]
    assert who_may_approve(a_waiting_run()) == ["ada"]
    approve(run=run, actor=fresh(otto))
    grant.refresh_from_db()
    assert grant.last_used_on == timezone.now().date()
    end_grant(grant, actor=ada)
    assert rights_of(fresh(otto)).role is None
    assert not fresh(otto).has_grants
    events = AuditEvent.objects.filter(subject_id="otto", subject_kind="user").values_list("action", flat=True)
    assert {AuditAction.GRANT_GIVEN, AuditAction.GRANT_ENDED} <= set(events)
    sentences = Announcement.objects.filter(user=otto).values_list("sentence", flat=True)
    assert any("was granted the role Approver for the districts" in sentence for sentence in sentences)


def test_a_grant_that_has_expired_lets_nothing_through_whatever_is_still_open(ada: User, otto: User, monkeypatch):
    grant = give_grant(
        otto, role=Role.VIEWER, reach=SANDBOXES, expires_at=timezone.now() + timedelta(hours=1), actor=ada
    )
    _, secret = create_token(owner=otto, actor=otto, name="mine", scopes=[Scope.READ])
    his = Client()
    his.force_login(otto)
    assert his.get("/runs").status_code == 200
    Grant.objects.filter(pk=grant.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert his.get("/runs").status_code == 403
    with pytest.raises(TokenInvalidError):
        known_token(secret)


def test_the_end_of_a_grant_ends_sessions_and_tokens(ada: User, otto: User):
    grant = give_grant(otto, role=Role.VIEWER, reach=SANDBOXES, actor=ada)
    create_token(owner=otto, actor=otto, name="mine", scopes=[Scope.READ])
    his = Client()
    his.force_login(fresh(otto))
    end_grant(grant, actor=ada)
    end_grant(grant, actor=ada)
    assert his.get("/runs").status_code == 302
    assert ApiToken.objects.get(user=otto).revoked_at is not None
    assert AuditEvent.objects.filter(action=AuditAction.GRANT_ENDED).count() == 1


def test_nobody_grants_to_oneself_and_only_administrators_of_everything_grant(ada: User, otto: User):
    with pytest.raises(ValidationError, match="yourself"):
        give_grant(ada, role=Role.VIEWER, reach=SANDBOXES, actor=ada)
    own = give_grant(ada, role=Role.VIEWER, reach=SANDBOXES, actor=None)
    with pytest.raises(ValidationError, match="yourself"):
        end_grant(own, actor=ada)
    give_grant(otto, role=Role.ADMINISTRATOR, reach=SANDBOXES, actor=ada)
    with pytest.raises(NotAllowedError, match="there"):
        give_grant(a_person(Role.VIEWER), role=Role.VIEWER, reach=SANDBOXES, actor=otto)


@pytest.mark.parametrize(
    ("reach", "days", "field"),
    [
        (Reach(environments=("moon",)), 1, "environments"),
        (Reach(account_ids=("12",)), 1, "account_ids"),
        (Reach(suffixes=("No Where",)), 1, "suffixes"),
        (Reach(suffixes=tuple(f"district-{number}-sbx" for number in range(201))), 1, "suffixes"),
        (SANDBOXES, -1, "expires_at"),
    ],
)
def test_what_cannot_be_granted_is_refused_by_its_field(ada: User, otto: User, reach: Reach, days: int, field: str):
    with pytest.raises(GrantRefusedError) as refused:
        give_grant(otto, role=Role.VIEWER, reach=reach, expires_at=timezone.now() + timedelta(days=days), actor=ada)
    assert set(refused.value.problems) == {field}


def test_whoever_gave_a_grant_finds_no_second_person_in_it(otto: User):
    requester = a_person(Role.ADMINISTRATOR)
    run = a_waiting_run()
    Run.objects.filter(pk=run.pk).update(requested_by=requester, requester_may_confirm=False)
    run.refresh_from_db()
    give_grant(otto, role=Role.APPROVER, reach=EVERYWHERE, actor=requester)
    assert "otto" not in who_may_approve(run)


def test_whoever_has_no_grant_is_not_looked_up_among_them():
    user = fresh(a_person(Role.OPERATOR))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        rights_of(user)
    assert len(queries) == 1


def test_mail_goes_to_whom_all_that_it_tells_is_within_reach(ada: User, otto: User):
    within, beyond = a_district(), a_district()
    give_grant(otto, role=Role.VIEWER, reach=Reach(suffixes=(within.suffix,)), actor=ada)
    PersonalNotices.objects.create(user=otto, by_mail=[Occasion.DRIFTED.value])
    both = District.objects.filter(pk__in=[within.pk, beyond.pk])
    for districts, expected in (
        (both.filter(pk=within.pk), [otto]),
        (both.filter(pk=beyond.pk), []),
        (both, []),
        (None, []),
    ):
        assert people_for(Occasion.DRIFTED, districts) == expected


def test_a_registration_beyond_reach_is_refused_and_names_nobody(ada: User, otto: User):
    hidden = a_district(name="Lakeside", slug="lakeside")
    give_grant(otto, role=Role.OPERATOR, reach=Reach(suffixes=("cedar-sbx",)), actor=ada)
    with pytest.raises(NotAllowedError):
        register(registration=a_registration(name="Birch", slug="birch"), actor=otto)
    with pytest.raises(RegistrationRefusedError) as refused:
        register(registration=a_registration(name="Lakeside", slug="cedar", cidr=str(hidden.cidr)), actor=otto)
    text = str(refused.value.problems)
    assert {"cidr", "name"} <= set(refused.value.problems)
    assert "Lakeside" not in text
    assert "lakeside" not in text
    assert register(registration=a_registration(name="Cedar", slug="cedar"), actor=otto).suffix == "cedar-sbx"


def test_a_rollout_goes_to_what_is_within_reach(ada: User, otto: User):
    within, beyond = a_run().district, a_run().district
    District.objects.update(status="live")
    give_grant(otto, role=Role.OPERATOR, reach=Reach(suffixes=(within.suffix,)), actor=ada)
    named = RolloutRequest(reason="x", selection=Selection(suffixes=(beyond.suffix,)))
    with pytest.raises(RolloutRefusedError, match="No district has the suffix"):
        create_rollout(request=named, actor=otto)
    rollout = create_rollout(request=RolloutRequest(reason="x", waves="100%"), actor=otto)
    assert [member.district for member in rollout.members.all()] == [within]


def test_whoever_may_change_something_somewhere_needs_a_second_factor(ada: User, otto: User, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    assert not needs_factor(otto)
    give_grant(otto, role=Role.APPROVER, reach=SANDBOXES, actor=ada)
    assert needs_factor(otto)
    assert not needs_factor(a_person(Role.AUDITOR))


def test_an_administrator_grants_and_ends_in_the_console_and_the_review_has_it(client: Client, otto: User):
    tomorrow = timezone.localdate() + timedelta(days=1)
    address = f"/people/{otto.pk}/grants/new"
    bad = client.post(address, {"role": "Viewer", "suffixes": "No Where", "last_day": "1999-01-01"})
    assert bad.status_code == 422
    assert {"suffixes", "last_day"} & set(bad.context["form"].errors)
    data = {"role": "Viewer", "environments": ["sandbox"], "last_day": tomorrow.isoformat()}
    assert client.post(address, data).status_code == 302
    grant = Grant.objects.get(user=otto)
    assert grant.expires_at is not None
    assert timezone.localtime(grant.expires_at).date() == tomorrow + timedelta(days=1)
    page = client.get(f"/people/{otto.pk}").content.decode()
    assert f"/people/{otto.pk}/grants/{grant.pk}/end" in page
    review_csv = b"".join(client.get("/people/export").streaming_content).decode()  # type: ignore[attr-defined]
    (line,) = [line for line in review_csv.splitlines() if line.startswith("otto") and "sandbox" in line]
    assert "Viewer" in line
    assert "ada" in line
    assert client.post(f"/people/{otto.pk}/grants/{grant.pk}/end").status_code == 302
    assert rights_of(fresh(otto)).role is None
    assert [len(list(access.rows())) for access in review() if access.user == otto] == [1]


def test_a_grant_takes_a_fresh_sign_in(client: Client, otto: User):
    session = client.session
    session[SIGNED_IN_AT] = 0
    session.save()
    assert client.post(f"/people/{otto.pk}/grants/new", {"role": "Viewer"})["Location"].startswith("/sign-in/again")
    assert not Grant.objects.exists()


def test_a_reader_of_a_part_sees_no_figures_of_all_and_one_more_query_at_most(ada: User, otto: User):
    run = a_run()
    give_grant(otto, role=Role.VIEWER, reach=Reach(suffixes=(run.district.suffix,)), actor=ada)
    keep_figures()
    his, hers = Client(), Client()
    his.force_login(fresh(otto))
    hers.force_login(a_person(Role.VIEWER))
    for browser in (his, hers):
        browser.get("/overview")
    assert "last 30 days" in hers.get("/overview").content.decode()
    assert "last 30 days" not in his.get("/overview").content.decode()
    counts = []
    for browser in (his, hers):
        with CaptureQueriesContext(connection) as queries:
            browser.get("/runs")
        counts.append(len(queries))
    assert counts[0] <= counts[1] + 1


places = st.builds(
    lambda environment, suffix, account: Place(environment, suffix, lambda: account),
    st.sampled_from(["sandbox", "production"]),
    st.sampled_from(["a-sbx", "b-sbx"]),
    st.sampled_from(["1" * 12, "2" * 12]),
)
reaches = st.builds(
    lambda environments, suffixes, accounts: Reach(
        environments=tuple(environments), suffixes=tuple(suffixes), account_ids=tuple(accounts)
    ),
    st.sets(st.sampled_from(["sandbox", "production"]), max_size=1),
    st.sets(st.sampled_from(["a-sbx", "b-sbx"])),
    st.sets(st.sampled_from(["1" * 12, "2" * 12]), max_size=1),
)
holdings = st.lists(st.builds(Holding, st.sampled_from(list(Role)), reaches), max_size=3)


@given(held=holdings, act=st.sampled_from(list(Act)), place=places)
def test_rights_are_the_sum_of_what_is_held(held: list[Holding], act: Act, place: Place):
    rights = Rights(tuple(held))
    able = [holding for holding in held if holding.role in TABLE[act]]
    assert rights.may(act, place) == any(holding.reach.admits(place) for holding in able)
    assert rights.may(act) == any(not holding.reach.is_narrow for holding in able)
    assert not rights.may(act) or rights.may(act, place), "who may everywhere may here"
    assert not rights.may(act, place) or act in WHOLE or rights.somewhere(act)
    assert (any_of([holding.reach for holding in able]) == any_of([EVERYWHERE])) == rights.may(act)


def test_the_table_gives_nobody_less_than_who_stands_below():
    assert all(Role.ADMINISTRATOR in able for able in TABLE.values())
    assert {act for act, able in TABLE.items() if Role.VIEWER in able} == {Act.SEE}
    assert not {act for act, able in TABLE.items() if Role.AUDITOR in able} & CHANGES
    assert {act for act, able in TABLE.items() if Role.APPROVER in able} == {Act.SEE, Act.COMMENT, Act.APPROVE}
