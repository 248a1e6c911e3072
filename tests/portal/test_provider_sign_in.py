"""Signing in by the organization's provider: who comes in, as what, and which answers let nobody in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.utils import timezone

from devtools.services import identity_provider
from devtools.services.identity_provider import CLIENT_ID, CLIENT_SECRET, GROUP_ROLES, HOSTILE, MEMBERS, Provider
from portal import identity_providers
from registry.accounts.acts import Act
from registry.accounts.credentials import within_reach
from registry.accounts.grants import end_grant, give_grant
from registry.accounts.models import Credential, CredentialChange, Grant, User
from registry.accounts.people import invitation, invite
from registry.accounts.reach import Reach
from registry.accounts.rights import may, rights_of
from registry.accounts.roles import Role, role_of
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from tests.builders import PASSWORD, a_district, a_person
from tests.portal.passkeys import Passkey

pytestmark = pytest.mark.django_db
LOGIN = "/account/oidc/login/"


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with identity_provider.running_identity_provider() as provider:
        yield provider


@pytest.fixture
def provider(running: Provider, settings: Any) -> Iterator[Provider]:
    oidc = identity_providers.OpenIdConnect(
        issuer=running.url, name="Example Schools", client_id=CLIENT_ID, secret=CLIENT_SECRET
    )
    settings.OIDC_ISSUER = running.url
    settings.SOCIALACCOUNT_PROVIDERS = identity_providers.providers(oidc=oidc)
    settings.GROUP_ROLES = dict(pair.split("=") for pair in GROUP_ROLES.split(","))
    yield running
    running.twist, running.signed_in_at = None, None


def asked(client: Client, then: str = "/system") -> dict[str, str]:
    answer = client.post(LOGIN, {"next": then})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    return {name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()}


def sign_in(client: Client, provider: Provider, name: str = "oscar") -> Any:
    back = urlsplit(provider.begin(asked(client), name))
    return client.get(f"{back.path}?{back.query}")


def test_somebody_with_a_role_comes_in_and_is_made_at_the_first_time(provider: Provider):
    client = Client()
    answer = sign_in(client, provider)
    assert (answer.status_code, answer["Location"]) == (302, "/system")
    oscar = User.objects.get(username="oscar")
    assert role_of(oscar) is Role.OPERATOR
    assert not oscar.has_usable_password()
    assert client.get("/system").status_code == 200
    assert AuditEvent.objects.filter(action=AuditAction.USER_SIGNED_IN, actor=oscar).exists()
    sign_in(Client(), provider)
    assert User.objects.filter(username__startswith="oscar").count() == 1


def test_a_sign_out_goes_on_to_the_provider_and_of_somebody_with_a_password_does_not(provider: Provider, settings: Any):
    settings.PUBLIC_URL = "https://homeroom.example/"
    client = Client()
    sign_in(client, provider)
    answer = client.post("/sign-out")
    location, _, query = answer["Location"].partition("?")
    assert location == f"{provider.url}/sign-out"
    assert parse_qs(query) == {"client_id": [CLIENT_ID], "post_logout_redirect_uri": ["https://homeroom.example/"]}
    assert client.get("/system").status_code == 302
    other_client = Client()
    other_client.force_login(a_person(Role.OPERATOR, "olga"), "django.contrib.auth.backends.ModelBackend")
    assert other_client.post("/sign-out")["Location"].startswith("/sign-in")


def test_somebody_from_the_provider_adds_a_factor_where_one_is_demanded(provider: Provider, settings: Any):
    settings.REQUIRE_SECOND_FACTOR = True
    client = Client()
    sign_in(client, provider)
    assert client.get("/system")["Location"].startswith("/account?next=")
    assert client.get("/account/factors/totp/activate/").status_code == 200
    session = client.session
    session["signed_in_at"] = "2020-01-01T00:00:00+00:00"
    session.save()
    assert client.get("/account/factors/totp/activate/")["Location"].startswith("/sign-in/again?next=")
    settings.PROVIDER_HAS_FACTOR = True
    assert client.get("/system").status_code == 200


def test_the_sign_in_page_offers_it(provider: Provider):
    assert "Sign in with Example Schools" in Client().get("/sign-in").content.decode()


def test_somebody_without_a_role_does_not(provider: Provider):
    client = Client()
    answer = sign_in(client, provider, "stranger")
    assert answer.status_code == 403
    assert "You have no role here" in answer.content.decode()
    assert not User.objects.filter(username="stranger").exists()
    assert client.get("/").status_code == 302


def test_a_grant_lets_in_whom_no_group_does_and_gives_what_it_gives(provider: Provider, settings: Any):
    sign_in(Client(), provider)
    oscar, district = User.objects.get(username="oscar"), a_district()
    beyond = a_district()
    settings.GROUP_ROLES = {}
    assert sign_in(Client(), provider).status_code == 403
    grant = give_grant(oscar, role=Role.VIEWER, reach=Reach(suffixes=(district.suffix,)), actor=None)
    client = Client()
    assert sign_in(client, provider).status_code == 302
    assert client.get(f"/districts/{district.suffix}").status_code == 200
    assert client.get(f"/districts/{beyond.suffix}").status_code == 404
    assert role_of(User.objects.get(username="oscar")) is None
    end_grant(grant, actor=None)
    assert client.get("/").status_code == 302
    refused = sign_in(Client(), provider)
    assert refused.status_code == 403
    assert "no role was granted to you" in refused.content.decode()
    expired = give_grant(oscar, role=Role.VIEWER, reach=Reach(suffixes=(district.suffix,)), actor=None)
    Grant.objects.filter(pk=expired.pk).update(expires_at=timezone.now())
    assert sign_in(Client(), provider).status_code == 403


def by_invitation(client: Client, provider: Provider, link: str, name: str = "stranger") -> Any:
    page = client.get(f"/invited/{link}").content.decode()
    assert f'name="invitation" value="{link}"' in page
    answer = client.post(LOGIN, {"invitation": link})
    query = {name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()}
    back = urlsplit(provider.begin(query, name))
    return client.get(f"{back.path}?{back.query}")


def test_who_is_invited_and_granted_something_comes_in_by_the_provider_as_whom_the_link_names(provider: Provider):
    superintendent = invite(username="superintendent", email="", role=None, actor=None)
    link = invitation(superintendent, actor=None)
    assert by_invitation(Client(), provider, link).status_code == 403, "there is nothing to come in for yet"
    assert not SocialAccount.objects.exists()
    district = a_district()
    give_grant(superintendent, role=Role.VIEWER, reach=Reach(suffixes=(district.suffix,)), actor=None)
    client = Client()
    assert by_invitation(client, provider, link).status_code == 302
    assert client.get(f"/districts/{district.suffix}").status_code == 200
    assert SocialAccount.objects.get().user == superintendent
    assert CredentialChange.objects.filter(user=superintendent, what=Credential.LINK).count() == 2, "made, and used"
    assert AuditEvent.objects.get(action=AuditAction.USER_JOINED_PROVIDER).actor == superintendent
    assert sign_in(Client(), provider, "stranger").status_code == 302, "from now on without the link"
    assert Client().get(f"/invited/{link}").status_code == 404, "it holds once"
    Client().post(LOGIN, {"invitation": "made up"})
    other_client = Client()
    query = parse_qs(urlsplit(other_client.post(LOGIN, {"invitation": link})["Location"]).query)
    back = urlsplit(provider.begin({name: values[0] for name, values in query.items()}, "vera"))
    other_client.get(f"{back.path}?{back.query}")
    assert SocialAccount.objects.filter(user=superintendent).count() == 1, "nobody joins the account after that"


@pytest.mark.parametrize(
    ("invited_as", "member", "by_groups", "held"),
    [
        (Role.OPERATOR, "stranger", None, Role.OPERATOR),
        (Role.OPERATOR, "vera", Role.VIEWER, Role.OPERATOR),
        (Role.VIEWER, "oscar", Role.OPERATOR, Role.OPERATOR),
        (Role.ADMINISTRATOR, "vera", Role.VIEWER, Role.ADMINISTRATOR),
    ],
)
def test_the_role_of_an_invitation_stays_beside_what_the_groups_give(
    provider: Provider, invited_as: Role, member: str, by_groups: Role | None, held: Role
):
    ada = a_person(Role.ADMINISTRATOR, "ada")
    link = invitation(invite(username="iris", email="", role=invited_as, actor=ada), actor=ada)
    client = Client()
    assert by_invitation(client, provider, link, member).status_code == 302
    for _ in range(2):
        iris = User.objects.get(username="iris")
        assert (role_of(iris), rights_of(iris).role) == (by_groups, held)
        assert may(iris, Act.OPERATE) == (held is not Role.VIEWER)
        assert client.get("/system").status_code == 200
        client = Client()
        assert sign_in(client, provider, member).status_code == 302, "and at each sign-in from then on"
    grant = iris.grants.get()
    assert (grant.granted_by, grant.role, grant.suffixes, grant.expires_at) == (ada, invited_as, [], None)
    event = AuditEvent.objects.get(action=AuditAction.GRANT_GIVEN)
    assert (event.actor, "iris keeps the role" in event.message) == (iris, True)
    assert within_reach([ada.pk], timezone.now() - timedelta(days=1)).keys() == {iris.pk}, "ada could act through iris"

    # It is to be seen where it stands, and ends where grants end.
    office = Client()
    office.force_login(ada)
    page = office.get(f"/people/{iris.pk}").content.decode()
    assert "what an invitation gave is one" in page
    assert f"/people/{iris.pk}/grants/{grant.pk}/end" in page
    end_grant(grant, actor=ada)
    assert client.get("/system").status_code == 302
    assert sign_in(Client(), provider, member).status_code == (403 if by_groups is None else 302)
    assert rights_of(User.objects.get(username="iris")).role is by_groups


def test_who_chose_a_password_by_the_link_has_the_role_and_no_grant(provider: Provider):
    link = invitation(invite(username="iris", email="", role=Role.OPERATOR, actor=None), actor=None)
    chosen = {"new_password1": PASSWORD, "new_password2": PASSWORD}
    assert Client().post(f"/invited/{link}", chosen).status_code == 302
    iris = User.objects.get(username="iris")
    assert (role_of(iris), iris.grants.count()) == (Role.OPERATOR, 0)


def test_the_form_says_what_becomes_of_the_role():
    client = Client()
    client.force_login(a_person(Role.ADMINISTRATOR))
    assert "stays when the person signs in by the organization" in client.get("/people/new").content.decode()


def test_a_name_that_somebody_has_is_never_taken_over(provider: Provider):
    a_person(Role.ADMINISTRATOR, "oscar")
    sign_in(Client(), provider)
    assert User.objects.get(username="oscar").has_usable_password()
    assert role_of(User.objects.exclude(username="oscar").get()) is Role.OPERATOR


def test_a_role_that_goes_ends_the_sessions(provider: Provider, settings: Any):
    client = Client()
    sign_in(client, provider)
    assert client.get("/system").status_code == 200
    settings.GROUP_ROLES = {"platform-operators": "Viewer"}
    other_client = Client()
    sign_in(other_client, provider)
    assert other_client.get("/system").status_code == 200
    assert client.get("/system").status_code == 302
    settings.GROUP_ROLES = {}
    assert sign_in(Client(), provider).status_code == 403
    assert other_client.get("/system").status_code == 302
    assert role_of(User.objects.get(username="oscar")) is None


def test_somebody_inactive_does_not_come_in(provider: Provider):
    client = Client()
    sign_in(client, provider)
    User.objects.filter(username="oscar").update(is_active=False)
    assert client.get("/system").status_code == 302
    assert sign_in(Client(), provider).status_code == 403


@pytest.mark.parametrize("kind", list(HOSTILE))
def test_an_answer_that_does_not_hold_lets_nobody_in(provider: Provider, kind: str):
    if kind == "replayed":
        sign_in(Client(), provider)
    provider.twist = HOSTILE[kind]
    client = Client()
    answer = sign_in(client, provider)
    assert answer.status_code == 401
    assert "The sign-in failed" in answer.content.decode()
    assert client.get("/system").status_code == 302
    assert AuditEvent.objects.latest("id").action == AuditAction.USER_SIGN_IN_FAILED


def test_the_way_back_is_used_once_and_by_the_browser_that_began(provider: Provider):
    client = Client()
    back = urlsplit(provider.begin(asked(client), "oscar"))
    address = f"{back.path}?{back.query}"
    assert Client().get(address).status_code == 401
    assert client.get(address).status_code == 302
    assert client.get(address).status_code == 401


def test_an_account_is_never_joined_to_another(provider: Provider):
    client = Client()
    client.force_login(a_person(Role.ADMINISTRATOR, "ada"))
    back = urlsplit(provider.begin(asked(client), "oscar"))
    client.get(f"{back.path}?{back.query}&process=connect")
    assert not SocialAccount.objects.filter(user__username="ada").exists()
    assert client.post(f"{LOGIN}?process=connect").status_code == 302


def test_asking_again_means_a_fresh_sign_in_at_the_provider(provider: Provider):
    client = Client()
    sign_in(client, provider)
    parameters = asked(client, "/")
    assert (parameters["prompt"], parameters["max_age"]) == ("login", "0")
    provider.signed_in_at = int(time.time()) - 3600
    back = urlsplit(provider.begin(parameters, "oscar"))
    assert client.get(f"{back.path}?{back.query}").status_code == 401
    assert "Sign in with Example Schools" in client.get("/sign-in/again").content.decode()


def test_a_local_account_still_comes_in(provider: Provider):
    person = a_person(Role.ADMINISTRATOR)
    answer = Client().post("/sign-in", {"username": person.username, "password": PASSWORD})
    assert answer.status_code == 302
    assert {member.name for member in MEMBERS} >= {"oscar", "stranger"}


def test_a_passkey_is_no_way_round_the_provider(provider: Provider, settings: Any):
    client = Client()
    sign_in(client, provider)
    oscar = User.objects.get(username="oscar")
    passkey = Passkey.of(oscar)
    client.post("/sign-out")
    settings.GROUP_ROLES = {}  # at the provider, oscar's groups are taken away
    refused = Client()
    answer = passkey.sign_in(refused)
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/sign-in")
    page = refused.get(answer["Location"]).content.decode()
    assert "Sign in with Example Schools" in page
    assert "a passkey alone is not" in page
    assert refused.get("/system").status_code == 302
    failed = AuditEvent.objects.latest("id")
    assert (failed.action, failed.subject_id, failed.outcome) == (AuditAction.USER_SIGN_IN_FAILED, "oscar", "refused")
    assert sign_in(refused, provider).status_code == 403
    settings.GROUP_ROLES = {"platform-operators": "Viewer"}
    assert sign_in(refused, provider)["Location"] == "/account/factors/authenticate/", "and it stays a second factor"


def test_who_has_a_password_here_comes_in_by_passkey():
    person = a_person(Role.OPERATOR)
    client = Client()
    assert Passkey.of(person).sign_in(client).status_code == 302
    assert client.get("/system").status_code == 200
