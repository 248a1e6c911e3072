"""People and service accounts, and the access review."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from ninja import Router

from portal.api.door import caller_of, operation
from portal.api.paging import Cursor, Limit, page_of
from portal.api.schemas.records import PeoplePage, PersonOut
from portal.console.exports import download
from registry.accounts.acts import Act
from registry.accounts.factors import FACTORS
from registry.accounts.models import User
from registry.accounts.review import COLUMNS, record_review, review
from registry.accounts.roles import role_of
from registry.accounts.tokens.scopes import Scope

router = Router(tags=["people"])


@operation(router, "GET", "/people", scope=Scope.ADMINISTER, besides=(Scope.PEOPLE, Scope.AUDIT), returns=PeoplePage)
def list_people(request: HttpRequest, cursor: Cursor, limit: Limit) -> PeoplePage:
    """Who has which role and a second factor; for tokens that reach all districts."""
    caller_of(request).require_of_all(Act.REVIEW)
    live = Q(api_tokens__revoked_at=None, api_tokens__expires_at__gt=timezone.now())
    factor = Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS)
    read, following = page_of(User.objects.prefetch_related("groups"), cursor, limit)
    rows = User.objects.filter(pk__in=[user.pk for user in read])
    counted = rows.annotate(live_tokens=Count("api_tokens", filter=live), factor=Exists(factor))
    details = {pk: (tokens, factor) for pk, tokens, factor in counted.values_list("pk", "live_tokens", "factor")}
    items = [
        PersonOut(
            username=user.get_username(),
            role=role_of(user),
            is_active=user.is_active,
            is_service=user.is_service,
            has_second_factor=details[user.pk][1],
            last_sign_in=user.last_login,
            tokens=details[user.pk][0],
        )
        for user in read
    ]
    return PeoplePage(items=items, next=following)


@operation(router, "GET", "/people/access/export", scope=Scope.AUDIT, returns=None)
def export_access_review(request: HttpRequest) -> HttpResponseBase:
    """Everybody's roles and reaches as lines of JSON, since when, by whom, last used; it is recorded who took it."""
    caller = caller_of(request)
    caller.require_of_all(Act.REVIEW)
    record_review(caller.user)
    name = f"homeroom-access-{timezone.now():%Y%m%d-%H%M%S}"
    return download("ndjson", name=name, columns=COLUMNS, rows=(row for access in review() for row in access.rows()))
