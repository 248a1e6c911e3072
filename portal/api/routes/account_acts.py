"""What administrators do about AWS accounts: add, change, retire, set limits; and whether AWS lets the portal in."""

from __future__ import annotations

from http import HTTPStatus

from django.db.models import Q
from django.http import HttpRequest

from infra.account_template import boundary_arn, role_arn
from messages.message import message
from portal.api.door import Answer, caller_of, operation, require_unchanged
from portal.api.parameters import AccountId
from portal.api.problems import or_not_found
from portal.api.routes.accounts import router as router
from portal.api.schemas.accounts import (
    AccessOut,
    AccountChange,
    AccountDetail,
    AccountIn,
    LimitIn,
    QuotaOut,
    QuotasOut,
    access_out,
    account_detail,
    quota_out,
)
from provisioning.capacity.quotas import set_limit
from provisioning.health.access_requests import request_check
from provisioning.models import AccountAccess, AccountQuota
from registry.accounts.acts import Act
from registry.accounts.tokens.scopes import Scope
from registry.districts.accounts import (
    Access,
    AccountRefusedError,
    add_account,
    change_account,
    new_external_id,
    retire_account,
)
from registry.districts.models import AwsAccount

ACCESS = ("role_arn", "external_id", "permissions_boundary_arn")


@operation(router, "POST", "/accounts", scope=Scope.ADMINISTER, returns=AccountDetail, status=HTTPStatus.CREATED)
def create_account(request: HttpRequest, body: AccountIn) -> Answer:
    """Add an account with an external id of its own; the answer has the template of its role."""
    caller = caller_of(request)
    caller.require_of_all(Act.ADMINISTER)
    if AwsAccount.objects.filter(Q(account_id=body.account_id) | Q(name=body.name.strip())).exists():
        raise AccountRefusedError(message("There is an account with this id or name."))
    access = Access(
        role_arn=role_arn(body.account_id),
        external_id=new_external_id(),
        permissions_boundary_arn=boundary_arn(body.account_id),
    )
    account = add_account(name=body.name.strip(), account_id=body.account_id, actor=caller.user, access=access)
    return Answer(account_detail(account), location=f"/api/v1/accounts/{account.account_id}")


@operation(router, "GET", "/accounts/{account_id}", scope=Scope.ADMINISTER, returns=AccountDetail)
def show_account(request: HttpRequest, account_id: AccountId) -> AccountDetail:
    """An account with how it is entered; its ETag is for If-Match."""
    return account_detail(_account(request, account_id))


@operation(router, "PATCH", "/accounts/{account_id}", scope=Scope.ADMINISTER, returns=AccountDetail, others=(412,))
def change_aws_account(request: HttpRequest, account_id: AccountId, body: AccountChange) -> AccountDetail:
    """Change what is sent of an account; its districts' next runs go by that."""
    account = _account(request, account_id)
    require_unchanged(request, account_detail(account).etag)
    values = body.model_dump(exclude_none=True)
    access = Access(**{name: values.get(name, getattr(account, name)) for name in ACCESS})
    name = values.get("name", account.name)
    change_account(account=account, name=name, access=access, actor=caller_of(request).user)
    return account_detail(_account(request, account_id))


@operation(router, "POST", "/accounts/{account_id}/retire", scope=Scope.ADMINISTER, returns=AccountDetail)
def retire_aws_account(request: HttpRequest, account_id: AccountId) -> AccountDetail:
    """Take no further district into an account."""
    account = _account(request, account_id)
    retire_account(account=account, actor=caller_of(request).user)
    return account_detail(_account(request, account_id))


@operation(router, "GET", "/accounts/{account_id}/access", scope=Scope.READ, returns=AccessOut)
def show_account_access(request: HttpRequest, account_id: AccountId) -> AccessOut:
    """The last look at whether AWS lets the portal into an account."""
    account = caller_of(request).account(account_id)
    row = or_not_found(
        AccountAccess.objects.select_related("account").filter(account=account).first(),
        message("Nobody has looked yet. Ask for a look."),
    )
    return access_out(row)


@operation(
    router,
    "POST",
    "/accounts/{account_id}/access",
    scope=Scope.OPERATE,
    returns=AccessOut,
    status=HTTPStatus.ACCEPTED,
    together=False,
)
def check_account_access(request: HttpRequest, account_id: AccountId) -> AccessOut:
    """Have a worker ask AWS who the portal is in an account."""
    caller = caller_of(request)
    return access_out(request_check(account=caller.account(account_id), actor=caller.user))


@operation(router, "GET", "/accounts/{account_id}/quotas", scope=Scope.READ, returns=QuotasOut)
def list_account_quotas(request: HttpRequest, account_id: AccountId) -> QuotasOut:
    """The quotas of an account that were read or set, by region."""
    rows = AccountQuota.objects.filter(account=caller_of(request).account(account_id)).order_by("region", "code")
    return QuotasOut(items=[quota_out(row) for row in rows])


@operation(router, "POST", "/accounts/{account_id}/limits", scope=Scope.ADMINISTER, returns=QuotaOut)
def set_account_limit(request: HttpRequest, account_id: AccountId, body: LimitIn) -> QuotaOut:
    """Have a limit count in the place of the one that is read."""
    account = _account(request, account_id)
    actor = caller_of(request).user
    return quota_out(set_limit(account=account, region=body.region, code=body.code, limit=body.limit, actor=actor))


def _account(request: HttpRequest, account_id: str) -> AwsAccount:
    caller = caller_of(request)
    caller.require_of_all(Act.ADMINISTER)
    return or_not_found(
        AwsAccount.objects.filter(account_id=account_id).first(),
        message("There is no account {account_id}.", account_id=account_id),
    )
