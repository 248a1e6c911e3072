"""Who asks."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router

from portal.api.door import caller_of, operation
from portal.api.schemas.records import MeOut, ReachOut, TokenOut
from registry.accounts.tokens.scopes import Scope

router = Router(tags=["me"])


@operation(router, "GET", "/me", scope=Scope.READ, returns=MeOut)
def me(request: HttpRequest) -> MeOut:
    """Who this token comes in as, and how far it goes."""
    caller = caller_of(request)
    token = caller.token
    return MeOut(
        username=caller.user.get_username(),
        role=caller.within.rights.role,
        is_service=caller.user.is_service,
        token=TokenOut(
            name=token.name,
            scopes=[Scope(scope) for scope in token.scopes],
            reach=ReachOut(environments=token.environments, account_ids=token.account_ids, districts=token.suffixes),
            expires_at=token.expires_at,
            last_used_on=token.last_used_on,
        ),
    )
