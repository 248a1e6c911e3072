"""AWS accounts in the console: added with an external id of their own and a template, changed, and retired."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from engine.aws.quotas import VPCS
from infra.account_template import cloudformation, terraform
from provisioning.models import AccountQuota
from registry.accounts.roles import NotAllowedError, Role
from registry.audit.models import AuditEvent
from registry.districts.accounts import Access, AccountRefusedError, add_account, change_account, retire_account
from registry.districts.models import AwsAccount
from registry.districts.registration import RegistrationRefusedError
from registry.districts.services import register
from tests.builders import a_person, a_registration

pytestmark = pytest.mark.django_db
ID = "210987654321"


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(a_person(Role.ADMINISTRATOR, "ada"))
    return client


def test_an_account_is_added_with_an_external_id_that_stands_in_both_templates(client: Client):
    answer = client.post("/accounts/new", {"name": "South", "account_id": ID}, follow=True)
    account = AwsAccount.objects.get(account_id=ID)
    assert len(account.external_id) == 32
    assert account.role_arn == f"arn:aws:iam::{ID}:role/homeroom-deploy"
    assert answer.content.decode().count(account.external_id) >= 3
    second = client.post("/accounts/new", {"name": "North", "account_id": "310987654321"}, follow=True)
    assert account.external_id not in second.content.decode()


@pytest.mark.parametrize(
    "given", [{"name": "South", "account_id": "12"}, {"name": "", "account_id": ID}, {"name": "West", "account_id": ID}]
)
def test_what_is_no_new_account_is_refused(client: Client, given: dict[str, str]):
    add_account(name="South", account_id=ID, actor=None)
    assert client.post("/accounts/new", given).status_code == 422
    assert AwsAccount.objects.count() == 1


def test_the_role_is_bounded_and_entered_with_the_external_id_alone():
    template = json.loads(cloudformation(ID, "an-external-id", "arn:aws:iam::111111111111:role/homeroom-worker"))
    role = template["Resources"]["DeployRole"]["Properties"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": "an-external-id"}}
    assert role["PermissionsBoundary"] == {"Ref": "Boundary"}
    policies = {
        name: part["Properties"]["PolicyDocument"]
        for name, part in template["Resources"].items()
        if name != "DeployRole"
    }
    assert all(len(json.dumps(document, separators=(",", ":"))) <= 6144 for document in policies.values())
    same = json.loads(terraform(ID, "an-external-id", "arn:aws:iam::111111111111:role/homeroom-worker"))["resource"]
    for name, document in policies.items():
        assert json.loads(same["aws_iam_policy"][name.lower()]["policy"]) == document
    assert json.loads(same["aws_iam_role"]["deploy"]["assume_role_policy"]) == role["AssumeRolePolicyDocument"]


def test_an_account_is_changed_and_a_role_elsewhere_is_refused(client: Client):
    add_account(name="South", account_id=ID, actor=None)
    form = {"name": "Deep South", "role_arn": f"arn:aws:iam::{ID}:role/ours", "external_id": "ab"}
    assert client.post(f"/accounts/{ID}", form).status_code == 302
    assert AwsAccount.objects.get().role_arn.endswith("role/ours")
    refused = client.post(f"/accounts/{ID}", form | {"role_arn": "arn:aws:iam::999999999999:role/ours"})
    assert refused.status_code == 422
    assert AuditEvent.objects.filter(action="account:change").count() == 1


def test_a_limit_of_ones_own_is_set_and_taken_back_and_a_bad_one_is_told_beside_its_field(client: Client):
    account = add_account(name="South", account_id=ID, actor=None)
    form = {"act": "limit", "region": "us-east-2", "code": VPCS.code, "limit": "7"}
    page = client.post(f"/accounts/{ID}", form, follow=True).content.decode()
    quota = AccountQuota.objects.get(account=account)
    assert (quota.region, quota.code, quota.set_limit) == ("us-east-2", VPCS.code, 7)
    assert "The limit is changed." in page
    refused = client.post(f"/accounts/{ID}", form | {"limit": "-1"})
    assert refused.status_code == 422
    assert 'id="id_limit_error"' in refused.content.decode()
    client.post(f"/accounts/{ID}", form | {"limit": ""})
    quota.refresh_from_db()
    assert quota.set_limit is None


def test_an_account_with_districts_stays_and_a_retired_one_takes_none(client: Client):
    district = register(registration=a_registration(), actor=None)
    client.post(f"/accounts/{district.account.account_id}/retire")
    district.account.refresh_from_db()
    assert district.account.retired_at is None
    account = add_account(name="South", account_id=ID, actor=None)
    client.post(f"/accounts/{ID}/retire")
    account.refresh_from_db()
    assert account.retired_at is not None
    with pytest.raises(RegistrationRefusedError):
        register(registration=a_registration(account_id=ID), actor=None)
    assert AuditEvent.objects.filter(action="account:retire").count() == 1


def test_only_administrators_see_and_change_accounts():
    account = add_account(name="South", account_id=ID, actor=None)
    otto = a_person(Role.OPERATOR)
    client = Client()
    client.force_login(otto)
    for address in ("/accounts", "/accounts/new", f"/accounts/{ID}"):
        assert client.get(address).status_code == 403
    assert client.post(f"/accounts/{ID}/retire").status_code == 403
    with pytest.raises(NotAllowedError):
        change_account(account=account, name="x", access=Access(), actor=otto)
    with pytest.raises(NotAllowedError):
        retire_account(account=account, actor=otto)
    with pytest.raises(AccountRefusedError):
        change_account(account=account, name=" ", access=Access(), actor=None)
