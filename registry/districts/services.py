"""The only writer of districts: registers them, and moves them from status to status."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from infra import naming
from infra.spec import SpecError, parse_spec
from messages.message import Message, message, sentences
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.reach import Place
from registry.accounts.rights import Rights, require, require_somewhere, rights_of
from registry.audit.actions import AuditAction
from registry.audit.services import record_of_district
from registry.districts import network, rules
from registry.districts.models import HOLDS_NAMES, AwsAccount, District
from registry.districts.reach import without_others
from registry.districts.registration import Registration, RegistrationRefusedError, stored
from registry.districts.spec import district_field, spec_data
from registry.districts.statuses import TABLE, DistrictStatus, DriftStatus
from registry.districts.time_zones import zone_of_state
from registry.look_alikes import skeleton
from registry.state_table import By

NOT_ASCII = "[^ -~]"
ALLOCATION_LOCK = 0x484F4D45
"""Held while a district is registered, so that two at a time never choose the same network or suffix."""

TAKEN_SPANS = """
SELECT lower(span), upper(span) FROM (
  SELECT unnest(range_agg(int8range(host(cidr)::inet - '0.0.0.0', broadcast(cidr) - '0.0.0.0', '[]'))) AS span
  FROM districts_district WHERE status <> %(removed)s AND cidr && %(pool)s
) taken
"""

FORM_FIELDS = {
    "district_name": "name",
    "suffix": "slug",
    "role_arn": "account_id",
    "external_id": "account_id",
    "permissions_boundary_arn": "account_id",
}
"""Where the specification's field has another name than the registration's."""


class StatusRefusedError(Exception):
    """A district does not go from its status to this one."""


@transaction.atomic
def register(*, registration: Registration, actor: User | None) -> District:
    """Return the new district, as Draft; the same registration key returns the district that it made before.

    Raises NotAllowedError, or RegistrationRefusedError with the sentences per field.
    """
    require_somewhere(actor, Act.OPERATE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ALLOCATION_LOCK])
    existing = District.objects.filter(registration_key=registration.key).first()
    require(actor, Act.OPERATE, _place_of(registration) if existing is None else existing.place)
    if existing is not None:
        return existing
    problems: dict[str, list[str]] = defaultdict(list, rules.problems_of(registration))
    district = _draft(registration, actor, problems)
    _check_spec(district, problems)
    _check_suffix(district, problems)
    _check_double(district, problems)
    if problems:
        raise RegistrationRefusedError(_told_to(rights_of(actor), problems))
    district.save()
    record_of_district(
        district,
        AuditAction.DISTRICT_REGISTERED,
        message(
            "{name} was registered as {suffix} with the network {cidr}.",
            name=district.name,
            suffix=district.suffix,
            cidr=district.cidr,
        ),
        actor=actor,
        after=spec_data(district),
    )
    return district


def check(registration: Registration, rights: Rights) -> dict[str, list[str]]:
    """Return what `register` would refuse, per field, without writing anything, as who asks may read it."""
    problems: dict[str, list[str]] = defaultdict(list, rules.problems_of(registration))
    district = _draft(registration, None, problems)
    _check_spec(district, problems)
    _check_suffix(district, problems)
    _check_double(district, problems)
    return _told_to(rights, problems)


def next_free_network() -> IPv4Network:
    """Return the network that the next district would get; raises PoolExhaustedError.

    PostgreSQL joins what is taken to spans without a gap: of ten thousand districts side by side one is read.
    """
    with connection.cursor() as cursor:
        cursor.execute(TAKEN_SPANS, {"removed": DistrictStatus.REMOVED.value, "pool": str(network.POOL)})
        return network.next_free(cursor.fetchall())


def district_within(cidr: IPv4Network) -> District | None:
    """Return a district whose network shares an address with this one; None where nobody's does."""
    in_use = District.objects.exclude(status=DistrictStatus.REMOVED)
    return in_use.filter(cidr__overlaps=cidr).only("name", "cidr").order_by("cidr").first()


def _told_to(rights: Rights, problems: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return the sentences as somebody with these rights may read them: no district beyond reach is named."""
    return without_others(problems, rights.where(Act.SEE)) if rights.is_narrow else dict(problems)


def _place_of(registration: Registration) -> Place:
    return Place(registration.environment, _names(registration)[1], lambda: registration.account_id)


def _names(registration: Registration) -> tuple[str, str]:
    """Return slug and suffix."""
    slug = registration.slug.strip() or rules.slug_from(registration.name)
    return slug, f"{slug}-{naming.ENVIRONMENT_CODES.get(registration.environment, '')}"


def _draft(registration: Registration, actor: User | None, problems: dict[str, list[str]]) -> District:
    account = AwsAccount.objects.filter(account_id=registration.account_id, retired_at=None).first()
    if account is None:
        problems["account_id"].append(message("Choose one of the AWS accounts; an administrator adds them."))
        account = AwsAccount(account_id="000000000000")
    slug, suffix = _names(registration)
    values = stored(registration)
    zone = registration.time_zone or zone_of_state(registration.state_code)
    return District(
        **values | {"state_code": values["state_code"].upper(), "time_zone": zone},
        slug=slug,
        suffix=suffix,
        cidr=_network(registration.cidr.strip(), problems),
        account=account,
        registration_key=registration.key,
        created_by=actor,
    )


def _network(text: str, problems: dict[str, list[str]]) -> Any:
    try:
        free: IPv4Network | None = next_free_network()
    except network.PoolExhaustedError:
        free = None
    if not text:
        if free is None:
            problems["cidr"].append(
                message(
                    "No /{prefix} is free in {pool}. Give a network of your own.",
                    prefix=network.PREFIX,
                    pool=network.POOL,
                )
            )
        return free
    try:
        requested = IPv4Network(text)
    except ValueError:
        suggestion = message("The next free one is {free}.", free=free) if free else ""
        problems["cidr"].append(
            sentences(message("{text} is no IPv4 network. Write it as 10.0.4.0/22.", text=text[:40]), suggestion)
        )
        return free
    overlapping = district_within(requested)
    if overlapping is not None:
        suggestion = message("Next free: {free}.", free=free) if free else ""
        problems["cidr"].append(
            sentences(
                message(
                    "{wanted} overlaps {name} ({cidr}).", wanted=requested, name=overlapping.name, cidr=overlapping.cidr
                ),
                suggestion,
            )
        )
    return requested


def _check_spec(district: District, problems: dict[str, list[str]]) -> None:
    """Ask the stack's specification; a field that has a problem already keeps that one."""
    try:
        parse_spec(spec_data(district))
    except SpecError as error:
        named = set(problems)
        field_problems = [(district_field(problem.field), problem.sentence) for problem in error.problems]
        # The suffix is made of slug and environment: where those are wrong, it has nothing of its own to say.
        made_of = {"slug", "environment"} & {field for field, _ in field_problems}
        for field, sentence in field_problems:
            form_field = FORM_FIELDS.get(field, field)
            if form_field not in named and not (field == "suffix" and made_of):
                problems[form_field].append(sentence)


def _check_suffix(district: District, problems: dict[str, list[str]]) -> None:
    if "slug" in problems or not naming.is_slug(district.slug):
        return
    existing = District.objects.filter(suffix=district.suffix).exclude(status=DistrictStatus.REMOVED).first()
    if existing is not None:
        problems["slug"].append(
            message(
                "{suffix} is taken by {name}. Choose another slug, or another environment.",
                suffix=district.suffix,
                name=existing.name,
            )
        )


def _check_double(district: District, problems: dict[str, list[str]]) -> None:
    """Refuse a name that another district of this environment has, or one that looks like it.

    Districts of two states may have one name. Names of ASCII letters look like themselves alone, in whatever case; so
    only others are compared letter by letter.
    """
    if "name" in problems or not district.name:
        return
    own = skeleton(district.name)
    candidates = District.objects.filter(HOLDS_NAMES, environment=district.environment)
    if district.state_code:
        candidates = candidates.filter(state_code__in=["", district.state_code])
    namesake = candidates.filter(name__iexact=own).first()
    if namesake is None:
        foreign = candidates.filter(name__regex=NOT_ASCII) if own.isascii() else candidates
        namesake = next(
            (candidate for candidate in foreign.only("name", "suffix") if skeleton(candidate.name) == own), None
        )
    if namesake is not None:
        problems["name"].append(
            message(
                "{suffix} has this name, or one that looks like it. Add what tells them apart, such as the county.",
                suffix=namesake.suffix,
            )
        )


@transaction.atomic
def set_status(
    *,
    district: District,
    status: DistrictStatus,
    by: By,
    actor: User | None = None,
    run_number: int | None = None,
    sentence: Message | None = None,
) -> None:
    """Move the district, because a person asked or a run ended, and bring the object up to date.

    `sentence` is what the record says of it, where that is more than from where to where.
    Raises StatusRefusedError for a move that the table does not have.
    """
    locked = District.objects.select_for_update().get(pk=district.pk)
    before = locked.status_badge
    if TABLE.row(before, status, by) is None:
        raise StatusRefusedError(
            message(
                "{name} does not go from {before} to {status}.",
                name=locked.name,
                before=before.word,
                status=status.word,
            )
        )
    now = timezone.now()
    locked.status = status
    if status is DistrictStatus.LIVE and locked.live_at is None:
        locked.live_at = now
    if status is DistrictStatus.REMOVED:
        locked.removed_at = now
    locked.save(update_fields=["status", "live_at", "removed_at"])
    record_of_district(
        locked,
        AuditAction.DISTRICT_STATUS_CHANGED,
        sentence
        or message("{name} went from {before} to {status}.", name=locked.name, before=before.word, status=status.word),
        actor=actor,
        run_number=run_number,
        before={"status": before.value},
        after={"status": status.value},
    )
    district.refresh_from_db(fields=["status", "live_at", "removed_at"])


@transaction.atomic
def set_drift(*, district: District, drift: DriftStatus, addresses: Sequence[str], run_number: int) -> None:
    """Write what a run says of the drift: the second axis, which leaves the status as it is.

    `addresses` names what drifted, without values. Not checked means that there is nothing left to check.
    """
    locked = District.objects.select_for_update().get(pk=district.pk)
    before = locked.drift_badge
    locked.drift = drift
    locked.drift_checked_at = None if drift is DriftStatus.NOT_CHECKED else timezone.now()
    locked.save(update_fields=["drift", "drift_checked_at"])
    count = (
        message(": {found} attribute", found=len(addresses))
        if len(addresses) == 1
        else message(": {found} attributes", found=len(addresses))
        if addresses
        else ""
    )
    record_of_district(
        locked,
        AuditAction.DRIFT_CHECKED,
        message("{name}, drift: {drift}{count}.", name=locked.name, drift=drift.word.lower(), count=count),
        run_number=run_number,
        before={"drift": before.value},
        after={"drift": drift.value, "found": list(addresses)},
    )
    district.refresh_from_db(fields=["drift", "drift_checked_at"])
