"""Districts in the admin: registered by the portal's own form, shown read-only, torn down behind the confirmation."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from messages.message import message
from portal.admin.site import (
    AuditHistoryMixin,
    FreshSignInMixin,
    ReadOnlyInline,
    ReadOnlyMixin,
    holds,
    translated_column,
)
from portal.console.doors import person, rights_here
from portal.console.forms import RegistrationForm
from portal.console.pages.run.page import live_context
from portal.console.templatetags.console import badge
from provisioning.errors import ServiceRefusedError
from provisioning.models import AccountAccess, AccountQuota, Run, StackOutput, StackResource
from provisioning.models.district_health import HEALTH
from provisioning.onboarding.service import onboard
from provisioning.runs.selectors import latest_run
from registry.accounts.acts import Act
from registry.accounts.roles import NotAllowedError, Role
from registry.audit.models import AuditEvent
from registry.districts.accounts import Access, AccountRefusedError, add_account
from registry.districts.models import AwsAccount, District
from registry.districts.registration import RegistrationRefusedError
from registry.districts.statuses import DistrictStatus
from registry.messages.translation import translated, translated_word


class OutputInline(ReadOnlyInline):
    """The stack's outputs."""

    model = StackOutput
    fields = ("name", "value", "sensitive")


class ResourceInline(ReadOnlyInline):
    """What exists in AWS."""

    model = StackResource
    fields = ("service", "address", "provider_id", "arn")


class RunInline(ReadOnlyInline):
    """The district's newest runs."""

    newest = 20
    related = ("requested_by",)
    verbose_name_plural = _("newest runs")
    model = Run
    fields = ("kind", "state", "requested_by", "created_at", "finished_at", "error")
    error = translated_column("error_summary", _("Error"))
    show_change_link = True


class EventInline(ReadOnlyInline):
    """The district's newest audit events."""

    newest = 20
    verbose_name_plural = _("newest audit events")

    model = AuditEvent
    fields = ("at", "actor_name", "action", "sentence", "outcome")
    sentence = translated_column("message", _("Sentence"))


class HealthFilter(admin.SimpleListFilter):
    """Districts by how they are."""

    title = _("State")
    parameter_name = "health"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return every state with its word."""
        return DistrictStatus.choices()

    def queryset(self, request: HttpRequest, queryset: QuerySet[District]) -> QuerySet[District]:
        """Return those that are so."""
        if self.value() not in {status.value for status in DistrictStatus}:
            return queryset
        return queryset.alias(is_now=HEALTH).filter(is_now=self.value())


@admin.register(District)
class DistrictAdmin(AuditHistoryMixin, ReadOnlyMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    """Registers, shows and leads to the teardown."""

    list_display = (
        *("name", "suffix", "environment_shown", "region", "size", "health_shown", "drift_shown", "created_at"),
    )
    list_filter = (HealthFilter, "drift", "environment", "region", "size", "account")
    search_fields = ("name", "suffix", "=nces_id")
    list_per_page = 50
    show_full_result_count = False
    inlines = (OutputInline, ResourceInline, RunInline, EventInline)
    actions = ("tear_down",)
    environment_shown = translated_column("environment", _("Environment"), translated_word)
    change_form_template = "admin/districts/district/change_form.html"

    @admin.display(description=_("State"), ordering="health")
    def health_shown(self, district: District) -> SafeString:
        """Draw how the district is, as the console does."""
        return badge(DistrictStatus(district.health))  # type: ignore[attr-defined]

    def get_queryset(self, request: HttpRequest) -> QuerySet[District]:
        """Read how each district is along with it."""
        rows: QuerySet[District] = super().get_queryset(request)
        return rows.annotate(health=HEALTH)

    @admin.display(description=_("Drift"), ordering="drift")
    def drift_shown(self, district: District) -> SafeString:
        """Draw what the last check found."""
        return badge(district.drift_badge)

    def audit_filter(self, obj: Any) -> dict[str, str]:
        """Return the district's own events."""
        return {"district": obj.suffix}

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Operators register."""
        return holds(request, Act.OPERATE)

    def has_teardown_permission(self, request: HttpRequest) -> bool:
        """Operators tear down."""
        return holds(request, Act.OPERATE)

    @admin.action(description=_("Tear down the selected district …"), permissions=["teardown"])
    def tear_down(self, request: HttpRequest, chosen: QuerySet[District]) -> HttpResponse | None:
        """Lead to the confirmation; each district is confirmed by its own slug."""
        districts = list(chosen[:2])
        if len(districts) != 1:
            self.message_user(request, _("Choose one district: each is confirmed on its own."), messages.ERROR)
            return None
        return redirect("console:teardown", districts[0].suffix)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Register a district and ask for its first run, by the same form and service as the console."""
        if not self.has_add_permission(request):
            raise PermissionDenied(str(NotAllowedError(Role.OPERATOR)))
        initial = {"registration_key": uuid.uuid4()}
        form = RegistrationForm(rights_here(person(request)), request.POST or None, initial=initial)
        if request.method == "POST" and form.is_valid():
            try:
                run = onboard(registration=form.registration(), actor=person(request))
            except RegistrationRefusedError as refusal:
                form.refuse(refusal.problems)
            except ServiceRefusedError as refusal:
                form.add_error(None, translated(str(refusal)))
            else:
                values = {"name": run.district.name, "number": run.number}
                self.message_user(request, gettext("%(name)s is registered; run #%(number)s makes it.") % values)
                return redirect("admin:districts_district_change", run.district_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Register a district"),
            "form": form,
            **(extra_context or {}),
        }
        return render(request, "admin/districts/district/register.html", context, status=422 if form.errors else 200)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the district with its newest run, which updates itself while it is active."""
        district = self.get_object(request, object_id)
        run = latest_run(district) if district else None
        live = live_context(run, request.GET) if run else {}
        return super().change_view(request, object_id, form_url, {**live, **(extra_context or {})})


ACCESS = ("role_arn", "external_id", "permissions_boundary_arn")


class AccessInline(ReadOnlyInline):
    """As whom AWS knows the portal there."""

    model = AccountAccess
    parent = "account"
    fields = ("checked_at", "arn", "answered_account", "problem", "remedy")


class QuotaInline(ReadOnlyInline):
    """The account's quotas."""

    model = AccountQuota
    parent = "account"
    fields = ("region", "code", "name", "limit", "set_limit", "used", "source", "read_at")
    show_change_link = True


@admin.register(AwsAccount)
class AwsAccountAdmin(FreshSignInMixin, AuditHistoryMixin, ReadOnlyMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    """The accounts that districts are placed in; administrators add them."""

    list_display = ("name", "account_id", "created_at")
    search_fields = ("name", "account_id")
    fields = ("name", "account_id", *ACCESS)
    inlines = (AccessInline, QuotaInline)

    def audit_filter(self, obj: Any) -> dict[str, str]:
        """Return the events that name the account."""
        return {"words": obj.account_id}

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Show what is known of an account once there is one."""
        return self.inlines if obj is not None else ()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Administrators add."""
        return holds(request, Act.ADMINISTER)

    def save_model(self, request: HttpRequest, obj: AwsAccount, form: ModelForm[AwsAccount], change: bool) -> None:
        """Add the account through its service."""
        access = Access(**{name: getattr(obj, name) for name in ACCESS})
        added = add_account(name=obj.name, account_id=obj.account_id, actor=person(request), access=access)
        obj.pk = added.pk

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Refuse an id of the wrong shape beside its field."""
        form = super().get_form(request, obj, change, **kwargs)

        class Checked(form):  # type: ignore[misc,valid-type]
            def clean_account_id(self) -> str:
                value = str(self.cleaned_data["account_id"])
                if len(value) != 12 or not value.isdecimal():
                    self.add_error(
                        "account_id", translated(str(AccountRefusedError(message("An AWS account id has 12 digits."))))
                    )
                return value

            def clean(self) -> dict[str, Any]:
                data = super().clean() or self.cleaned_data
                access = Access(**{name: data.get(name, "") for name in ACCESS})
                for name, sentence in access.problems(data.get("account_id", "")).items():
                    self.add_error(name, translated(sentence))
                return dict(data)

        return Checked
