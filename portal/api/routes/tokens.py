"""API tokens: those that a token's person may see, and their end. A secret is shown once, by the console or a code."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router

from messages.message import message
from portal.api.door import caller_of, operation
from portal.api.parameters import Number
from portal.api.problems import or_not_found
from portal.api.reach import Caller
from portal.api.schemas.facts import HeldTokenOut, TokensOut
from portal.api.schemas.records import ReachOut
from registry.accounts.acts import Act
from registry.accounts.models import ApiToken
from registry.accounts.tokens.scopes import Scope
from registry.accounts.tokens.service import revoke_token, tokens_for

router = Router(tags=["tokens"])


@operation(router, "GET", "/tokens", scope=Scope.READ, returns=TokensOut)
def list_tokens(request: HttpRequest) -> TokensOut:
    """One's own tokens; everybody's for a token that lets people in and reaches all districts."""
    return TokensOut(items=[_token_out(token) for token in _seen(caller_of(request))])


@operation(router, "POST", "/tokens/{number}/revoke", scope=Scope.PEOPLE, returns=HeldTokenOut)
def revoke(request: HttpRequest, number: Number) -> HeldTokenOut:
    """End a token at once, one's own or anybody's; for tokens that reach all districts."""
    caller = caller_of(request)
    caller.require_of_all(Act.ADMINISTER)
    token = or_not_found(
        ApiToken.objects.filter(pk=number, revoked_at=None).first(),
        message("There is no token {number}.", number=number),
    )
    return _token_out(revoke_token(token=token, actor=caller.user))


def _seen(caller: Caller) -> list[ApiToken]:
    everybodys = Scope.PEOPLE in caller.token.scopes and not caller.is_narrow
    return [token for token in tokens_for(caller.user) if everybodys or token.user_id == caller.user.pk]


def _token_out(token: ApiToken) -> HeldTokenOut:
    return HeldTokenOut(
        number=token.pk,
        name=token.name,
        username=token.user.get_username(),
        scopes=[Scope(scope) for scope in token.scopes],
        reach=ReachOut(environments=token.environments, account_ids=token.account_ids, districts=token.suffixes),
        created_at=token.created_at,
        expires_at=token.expires_at,
        last_used_on=token.last_used_on,
        revoked=token.revoked_at is not None,
    )
