"""AWS accounts and their preflights."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router

from portal.api.door import caller_of, operation
from portal.api.parameters import AccountId
from portal.api.schemas.records import (
    AccountOut,
    AccountsOut,
    PreflightIn,
    PreflightOut,
    PreflightsOut,
    preflight_out,
)
from provisioning.models import Preflight
from provisioning.preflight.service import request_preflight
from registry.accounts.tokens.scopes import Scope

router = Router(tags=["accounts"])


@operation(router, "GET", "/accounts", scope=Scope.READ, returns=AccountsOut)
def list_accounts(request: HttpRequest) -> AccountsOut:
    """Accounts within reach, by name."""
    names = AccountOut.model_fields
    rows = caller_of(request).accounts().order_by("name")
    return AccountsOut(items=[AccountOut(**{name: getattr(account, name) for name in names}) for account in rows])


@operation(router, "GET", "/accounts/{account_id}/preflights", scope=Scope.READ, returns=PreflightsOut)
def list_preflights(request: HttpRequest, account_id: AccountId) -> PreflightsOut:
    """The last look at each region of an account."""
    account = caller_of(request).account(account_id)
    rows = Preflight.objects.filter(account=account).select_related("account").order_by("region")
    return PreflightsOut(items=[preflight_out(row) for row in rows])


@operation(
    router,
    "POST",
    "/accounts/{account_id}/preflights",
    scope=Scope.OPERATE,
    returns=PreflightOut,
    status=202,
    together=False,
)
def start_preflight(request: HttpRequest, account_id: AccountId, body: PreflightIn) -> PreflightOut:
    """Have a worker look at an account in a region."""
    caller = caller_of(request)
    return preflight_out(request_preflight(account=caller.account(account_id), region=body.region, actor=caller.user))
