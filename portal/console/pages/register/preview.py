"""What a registration would make, shown beside its form. Writes nothing and promises nothing: the plan is the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from ipaddress import IPv4Network

from django.utils.translation import gettext as _

from infra import naming
from infra.cost import Estimate, PricesMissingError, estimate, load_prices
from infra.outline import Subnet, Wish, count, names, outline, subnets
from infra.sizes import SIZES
from infra.spec import Egress, Environment, Size
from portal.console.badges import PartState
from portal.console.district_fields import lines_of
from portal.console.forms import RegistrationForm, environment_code
from portal.console.pages.district.diagram import Diagram, Known, draw
from registry.districts import network, rules, services


@dataclass(frozen=True)
class Preview:
    """Names, network, resources and cost, as far as what is typed tells them."""

    suffix: str
    cidr: IPv4Network | None
    next_free: IPv4Network | None
    is_next_free: bool
    names: list[tuple[str, str]] = field(default_factory=list)
    subnets: list[Subnet] = field(default_factory=list)
    resources: int = 0
    estimate: Estimate | None = None
    no_estimate: str = ""
    """Why there is no cost."""
    budget: int | None = None
    diagram: Diagram | None = None

    @property
    def offers(self) -> bool:
        """Return whether the next free network is another one than the one that is typed."""
        return self.next_free is not None and self.next_free != self.cidr

    @property
    def is_over_budget(self) -> bool:
        """Return whether the stack costs more before anybody uses it than the budget allows."""
        return self.estimate is not None and self.budget is not None and self.estimate.total_usd > self.budget


def preview(form: RegistrationForm) -> Preview:
    """Return what can be said of a form that may be half filled in."""
    typed = {name: str(form[name].value() or "").strip() for name in form.fields}
    slug = typed["slug"] or rules.slug_from(typed["name"])
    is_nameable = naming.is_slug(slug) and environment_code(typed["environment"])
    suffix = naming.suffix_for(slug, typed["environment"]) if is_nameable else ""
    free = _next_free()
    cidr = _network(typed["cidr"]) if typed["cidr"] else free
    wish = wish_of(typed)
    cost, problem = _estimate(wish, typed["region"])
    return Preview(
        suffix=suffix,
        cidr=cidr,
        next_free=free,
        is_next_free=not typed["cidr"],
        names=names(suffix, typed["account_id"]) if suffix and typed["account_id"] else [],
        subnets=subnets(cidr, wish.zones) if cidr else [],
        resources=count(wish),
        estimate=cost,
        no_estimate=problem,
        budget=int(typed["monthly_budget_usd"]) if typed["monthly_budget_usd"].isdecimal() else None,
        diagram=draw(_planned(wish)),
    )


def wish_of(typed: Mapping[str, str]) -> Wish:
    """Return what is asked for; where a choice is not one, the default stands in for it."""
    return Wish(
        environment=Environment(typed["environment"])
        if typed["environment"] in set(Environment)
        else Environment.SANDBOX,
        size=Size(typed["size"]) if typed["size"] in set(Size) else Size.S,
        database_instances=int(typed["database_instances"]) if typed["database_instances"] in {"1", "2"} else None,
        zones=int(typed["zones"]) if typed["zones"] in {"2", "3"} else 2,
        egress=Egress(typed["egress"]) if typed["egress"] in set(Egress) else Egress.NAT,
        has_image=bool(typed["image"]),
        has_certificate=bool(typed["certificate_arn"]),
        has_hosted_zone=bool(typed["hosted_zone_id"] and typed["domain_name"]),
        clients=len(lines_of(typed["allowed_client_cidrs"])),
        emails=len(lines_of(typed["alarm_emails"])),
    )


@dataclass(frozen=True)
class SizeCard:
    """A size as the form offers it: what it holds, and what it costs a month at its least."""

    value: str
    capacity: str
    monthly_usd: Decimal | None


def size_cards(form: RegistrationForm) -> list[SizeCard]:
    """Return each size's card for the rest of what is chosen."""
    typed = {name: str(form[name].value() or "").strip() for name in form.fields}
    wish = wish_of(typed)
    cards = []
    for size, row in SIZES.items():
        cost, _problem = _estimate(replace(wish, size=size), typed["region"])
        description = _("Aurora %(least)s to %(most)s ACU, %(tasks)s to %(more)s tasks") % {
            "least": f"{0 if wish.is_sandbox else row.acu_min:g}",
            "most": f"{row.acu_max:g}",
            "tasks": row.tasks_min,
            "more": row.tasks_max,
        }
        cards.append(SizeCard(size.value, description, cost.total_usd if cost else None))
    return cards


def _planned(wish: Wish) -> dict[str, Known]:
    return {
        f"{kind}.{name}": Known("", PartState.PLANNED)
        for kind, resources in outline(wish).items()
        for name in resources
    }


def _estimate(wish: Wish, region: str) -> tuple[Estimate | None, str]:
    try:
        return estimate({"resource": outline(wish)}, load_prices(), region), ""
    except PricesMissingError as missing:
        return None, _("The cost is not known. %(problem)s") % {"problem": missing}


def _next_free() -> IPv4Network | None:
    try:
        return services.next_free_network()
    except network.PoolExhaustedError:
        return None


def _network(typed: str) -> IPv4Network | None:
    try:
        return IPv4Network(typed)
    except ValueError:
        return None
