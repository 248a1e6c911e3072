"""The districts and accounts about which a person may do something: what lists show, and what acts are held to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db.models import F, Q, QuerySet, Value

from messages.message import message
from registry.accounts.acts import Act, lowest
from registry.accounts.models import User
from registry.accounts.reach import NOTHING
from registry.accounts.rights import Rights, require_somewhere, rights_of
from registry.accounts.roles import NotAllowedError
from registry.districts.models import AwsAccount, District


def districts_within(rights: Rights, act: Act) -> QuerySet[District]:
    """Return the districts about which the person may do this."""
    return District.objects.filter(rights.where(act))


def accounts_within(rights: Rights, act: Act) -> QuerySet[AwsAccount]:
    """Return the accounts that the person's reach names, and those of the districts within it."""
    rows = AwsAccount.objects.all()
    if rights.everywhere(act):
        return rows
    condition = NOTHING
    for reach in rights.reaches(act):
        if reach.account_ids:
            condition |= Q(account_id__in=reach.account_ids)
        else:
            condition |= Q(pk__in=District.objects.filter(reach.where()).values("account"))
    return rows.filter(condition)


def accounts_to_choose(rights: Rights) -> QuerySet[AwsAccount]:
    """Return the accounts to choose from for a registration: any, where a reach names neither account nor district."""
    rows = AwsAccount.objects.filter(retired_at=None)
    if any(not (reach.account_ids or reach.suffixes) for reach in rights.reaches(Act.OPERATE)):
        return rows
    return rows.filter(pk__in=accounts_within(rights, Act.OPERATE).values("pk"))


def require_account(user: User | None, act: Act, account: AwsAccount) -> None:
    """Raise NotAllowedError unless the person may do this about the account, or about a district in it."""
    require_somewhere(user, act)
    rights = rights_of(user)
    if not rights.everywhere(act) and not accounts_within(rights, act).filter(pk=account.pk).exists():
        raise NotAllowedError(lowest(act), there=True)


def require_all(user: User | None, act: Act, districts: QuerySet[District]) -> None:
    """Raise NotAllowedError unless the person may do this about every one of the districts."""
    require_somewhere(user, act)
    rights = rights_of(user)
    if not rights.everywhere(act) and districts.exclude(rights.where(act)).exists():
        raise NotAllowedError(lowest(act), there=True)


def without_others(problems: Mapping[str, Sequence[str]], where: Q) -> dict[str, list[str]]:
    """Return sentences by field for who reaches these districts alone: those that name another one without its name."""
    hidden = District.objects.exclude(where).exclude(name="")

    def plain(sentence: str) -> str:
        named = Q(told__contains=F("name")) | Q(told__contains=F("suffix"))
        if hidden.annotate(told=Value(sentence)).filter(named).exists():
            return message("Another district has this, or a part of it. Choose another.")
        return sentence

    return {field: [plain(sentence) for sentence in sentences] for field, sentences in problems.items()}
