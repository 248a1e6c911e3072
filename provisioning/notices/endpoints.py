"""What administrators may do with the endpoints that notices go to; the only writer of them but for their health.

Raises NotAllowedError without the role, and ServiceRefusedError with the field's name as its code where a value is not
taken. A secret is returned once, when it is made, and is readable nowhere afterwards.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from infra.spec import Environment
from messages.message import Message, message, verbatim
from provisioning.errors import ServiceRefusedError
from provisioning.models import Notice, NoticeEndpoint
from provisioning.notices.channels import can_mail
from provisioning.notices.endpoint_secrets import OVERLAP, address_sealed, secret_sealed
from provisioning.notices.occasions import CHOOSABLE, Occasion
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import require
from registry.audit.actions import AuditAction
from registry.audit.services import record
from registry.districts.models import District
from registry.outbound.addresses import AddressRefusedError, judged
from registry.outbound.signing import new_secret

Kind = NoticeEndpoint.Kind
MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
MOST_RECIPIENTS = 20
MOST_DISTRICTS = 500
TEST_SENTENCE = message("This is a test. Notices of Homeroom arrive here.")


@dataclass(frozen=True, kw_only=True)
class EndpointValues:
    """What an administrator chooses; an empty address leaves that of an endpoint that exists as it is."""

    name: str
    kind: str
    address: str = ""
    occasions: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    """By their suffixes."""


@transaction.atomic
def create_endpoint(*, values: EndpointValues, actor: User | None) -> tuple[NoticeEndpoint, str]:
    """Add an endpoint; return it and, of a webhook, the secret that signs what is posted there."""
    require(actor, Act.ADMINISTER)
    if not values.address:
        raise ServiceRefusedError("address", message("An endpoint needs an address."), message("Give one."))
    endpoint = NoticeEndpoint(kind=_kind(values.kind))
    districts = _apply(endpoint, values)
    secret = new_secret() if endpoint.kind == Kind.WEBHOOK else ""
    endpoint.sealed_secret = secret_sealed(secret)
    endpoint.save()
    endpoint.districts.set(districts)
    sentence = message("{name} was added as an endpoint for notices.", name=endpoint.name)
    _record(AuditAction.ENDPOINT_CREATED, endpoint, actor, sentence, after=_audited(endpoint, values))
    return endpoint, secret


@transaction.atomic
def change_endpoint(*, endpoint: NoticeEndpoint, values: EndpointValues, actor: User | None) -> None:
    """Give an endpoint other values; its kind stays what it is."""
    require(actor, Act.ADMINISTER)
    row = NoticeEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    districts = _apply(row, values)
    row.save()
    row.districts.set(districts)
    _record(
        AuditAction.ENDPOINT_CHANGED,
        row,
        actor,
        message("{name} was changed as an endpoint.", name=row.name),
        after=_audited(row, values),
    )


@transaction.atomic
def rotate_secret(*, endpoint: NoticeEndpoint, actor: User | None) -> str:
    """Give a webhook a new secret and return it; for a day what is posted is signed with the former one as well."""
    require(actor, Act.ADMINISTER)
    row = NoticeEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    if row.kind != Kind.WEBHOOK:
        raise ServiceRefusedError(
            "kind", message("Only a webhook has a secret."), message("Change the address instead.")
        )
    secret = new_secret()
    row.sealed_former_secret, row.former_until = row.sealed_secret, timezone.now() + OVERLAP
    row.sealed_secret = secret_sealed(secret)
    row.save()
    _record(
        AuditAction.ENDPOINT_SECRET_ROTATED,
        row,
        actor,
        message("The secret of the endpoint {name} was rotated.", name=row.name),
    )
    return secret


@transaction.atomic
def switch(*, endpoint: NoticeEndpoint, on: bool, actor: User | None) -> None:
    """Switch an endpoint on or off; what is told while it is off is not sent there later."""
    require(actor, Act.ADMINISTER)
    row = NoticeEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    if row.is_enabled == on:
        return
    row.is_enabled, row.failing_since, row.disabled_reason = on, None, ""
    row.save()
    action = AuditAction.ENDPOINT_ENABLED if on else AuditAction.ENDPOINT_DISABLED
    _record(
        action,
        row,
        actor,
        message("Notices to {name} were switched on.", name=row.name)
        if on
        else message("Notices to {name} were switched off.", name=row.name),
    )


@transaction.atomic
def remove_endpoint(*, endpoint: NoticeEndpoint, actor: User | None) -> None:
    """Remove an endpoint with its deliveries."""
    require(actor, Act.ADMINISTER)
    _record(
        AuditAction.ENDPOINT_REMOVED,
        endpoint,
        actor,
        message("{name} was removed as an endpoint for notices.", name=endpoint.name),
    )
    endpoint.delete()


@transaction.atomic
def send_test(*, endpoint: NoticeEndpoint, actor: User | None) -> Notice:
    """Have a notice sent there that tells nothing; it is tried once."""
    require(actor, Act.ADMINISTER)
    if not endpoint.is_enabled:
        raise ServiceRefusedError("off", message("The endpoint is switched off."), message("Switch it on first."))
    _record(
        AuditAction.ENDPOINT_TESTED,
        endpoint,
        actor,
        message("A test was sent to the endpoint {name}.", name=endpoint.name),
    )
    return Notice.objects.create(
        occasion=Occasion.TEST.value,
        channel=endpoint.kind,
        endpoint=endpoint,
        sentence=TEST_SENTENCE,
        path="/",
        due_at=timezone.now(),
    )


@transaction.atomic
def redeliver(*, notice: Notice, actor: User | None) -> None:
    """Have a notice sent again, with the id that it had: a receiver that has it already sees that."""
    require(actor, Act.ADMINISTER)
    row = Notice.objects.select_for_update(of=("self",)).select_related("endpoint").get(pk=notice.pk)
    if row.endpoint is None or not row.endpoint.is_enabled:
        raise ServiceRefusedError("off", message("The endpoint is switched off."), message("Switch it on first."))
    row.sent_at = row.given_up_at = None
    row.attempts, row.due_at = 0, timezone.now()
    row.save()
    sentence = message("A notice to the endpoint {name} is sent again.", name=row.endpoint.name)
    _record(AuditAction.NOTICE_REDELIVERED, row.endpoint, actor, sentence, after={"notice": str(row.key)})


def _apply(endpoint: NoticeEndpoint, values: EndpointValues) -> list[District]:
    """Put the values into the row and return the districts that they name; raises ServiceRefusedError."""
    name = values.name.strip()
    if not name or not name.isprintable():
        raise ServiceRefusedError("name", message("An endpoint needs a name."), message("Give one."))
    if NoticeEndpoint.objects.filter(name=name).exclude(pk=endpoint.pk).exists():
        raise ServiceRefusedError("name", message("Another endpoint has this name."), message("Choose another."))
    endpoint.name = name
    if values.address:
        address = _mail(values.address) if endpoint.kind == Kind.MAIL else _url(values.address)
        endpoint.sealed_address, endpoint.shown = address_sealed(address[0]), address[1][:255]
    choosable = [occasion.value for occasion in CHOOSABLE]
    endpoint.occasions = [value for value in choosable if value in values.occasions]
    endpoint.environments = [part.value for part in Environment if part.value in values.environments]
    return _districts(values.districts)


def _kind(kind: str) -> str:
    if kind not in Kind.values:
        raise ServiceRefusedError(
            "kind", message("There is no such kind of endpoint."), message("Choose one of the list.")
        )
    return kind


def _url(address: str) -> tuple[str, str]:
    try:
        target = judged(address.strip())
    except AddressRefusedError as refusal:
        raise ServiceRefusedError(
            "address", verbatim(str(refusal)), message("Give an address of the open internet.")
        ) from refusal
    return address.strip(), target.host


def _mail(addresses: str) -> tuple[str, str]:
    if not can_mail():
        remedy = message("Set HOMEROOM_EMAIL_URL and HOMEROOM_EMAIL_FROM first.")
        raise ServiceRefusedError("address", message("This portal sends no mail."), remedy)
    recipients = [part for part in re.split(r"[\s,;]+", addresses) if part]
    if not recipients or len(recipients) > MOST_RECIPIENTS or not all(MAIL.fullmatch(part) for part in recipients):
        remedy = message("Give one to {most_recipients}, parted by commas.", most_recipients=MOST_RECIPIENTS)
        raise ServiceRefusedError("address", message("These are no addresses of mail."), remedy)
    return ",".join(recipients), ", ".join(recipients)


def _districts(suffixes: tuple[str, ...]) -> list[District]:
    if len(suffixes) > MOST_DISTRICTS:
        remedy = message("Choose their environments instead.")
        raise ServiceRefusedError(
            "districts",
            message("These are more than {most_districts} districts.", most_districts=MOST_DISTRICTS),
            remedy,
        )
    districts = list(District.objects.filter(suffix__in=suffixes))
    unknown = sorted(set(suffixes) - {district.suffix for district in districts})
    if unknown:
        raise ServiceRefusedError(
            "districts",
            message("No district is called {unknown}.", unknown=unknown[0][:40]),
            message("Give their suffixes."),
        )
    return districts


def _audited(endpoint: NoticeEndpoint, values: EndpointValues) -> dict[str, object]:
    return {
        "name": endpoint.name,
        "kind": endpoint.kind,
        "host": endpoint.shown,
        "occasions": endpoint.occasions,
        "environments": endpoint.environments,
        "districts": sorted(values.districts),
    }


def _record(
    action: AuditAction,
    endpoint: NoticeEndpoint,
    actor: User | None,
    message: Message,
    after: dict[str, object] | None = None,
) -> None:
    record(action=action, actor=actor, subject_kind="endpoint", subject_id=endpoint.name, message=message, after=after)
