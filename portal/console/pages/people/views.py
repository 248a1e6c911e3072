"""People, for administrators: the list, a person, the access review; and the page of somebody who was invited."""

from __future__ import annotations

from collections.abc import Callable
from smtplib import SMTPException
from typing import Any

from allauth.usersessions.models import UserSession
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.console.doors import person, require_role
from portal.console.exports import download
from portal.console.forms import ChosenPasswordForm, DescribedForm
from portal.console.pages.sign_in.providers import offered
from portal.console.paging import page_in_order
from portal.sign_in.reauthentication import sign_in_again, signed_in_lately
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.people import (
    choose_password,
    end_all_sessions,
    give_role,
    invitation,
    invite,
    invited,
    let_in,
)
from registry.accounts.review import COLUMNS, access_of, record_review, review, with_access
from registry.accounts.roles import Role
from registry.messages.translation import StrOrPromise

PAGE_SIZE = 50


def roles() -> list[tuple[str, str]]:
    """Return the roles to choose from."""
    return [(role.value, role.label) for role in Role]


def role_choices() -> list[tuple[str, StrOrPromise]]:
    """Return the roles, and none, to choose from."""
    return [("", gettext_lazy("none")), *roles()]


class InviteForm(DescribedForm):
    """Who is invited, and to what."""

    username = forms.CharField(
        label=gettext_lazy("Username"), max_length=150, help_text=gettext_lazy("Can't be changed later.")
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        required=False,
        help_text=gettext_lazy("Where the link is sent, if the portal sends mail."),
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Role for all districts"),
        required=False,
        choices=role_choices,
        help_text=gettext_lazy(
            "None for who gets a grant for some of them. It stays when the person signs in by the organization's "
            "provider: as a grant, beside what the groups there give."
        ),
    )


class RoleForm(DescribedForm):
    """The role of a person; empty for none."""

    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        required=False,
        choices=role_choices,
        help_text=gettext_lazy("What the person may do here."),
    )


@require_GET
@require_role(Act.REVIEW)
def people(request: HttpRequest) -> HttpResponse:
    """Show everybody with their access."""
    pager = page_in_order(with_access(User.objects.all()), request.GET, size=PAGE_SIZE, order="oldest")
    context = {"rows": [access_of(user) for user in pager.rows], "pager": pager, "section": "people"}
    return render(request, "people/page.html", context)


@require_GET
@require_role(Act.REVIEW)
def export(request: HttpRequest) -> HttpResponseBase:
    """Send the access review as CSV; that it was taken is on record."""
    record_review(person(request))
    name = f"homeroom-access-{timezone.now():%Y%m%d-%H%M%S}"
    return download("csv", name=name, columns=COLUMNS, rows=(row for access in review() for row in access.rows()))


@never_cache
@require_http_methods(["GET", "POST"])
@require_role(Act.ADMINISTER)
def new(request: HttpRequest) -> HttpResponse:
    """Show the form; a good one invites, and the answer shows the link once, or says that it was sent."""
    if not signed_in_lately(request):
        return redirect(sign_in_again(request.path))
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            data = form.cleaned_data
            user = invite(
                username=data["username"],
                email=data["email"],
                role=Role(data["role"]) if data["role"] else None,
                actor=person(request),
            )
        except ValidationError as refusal:
            form.refuse({"username": refusal.messages})
        else:
            return _with_link(request, user)
    context = {"form": form, "section": "people"}
    return render(request, "people/new.html", context, status=422 if form.errors else 200)


@require_GET
@require_role(Act.REVIEW)
def detail(request: HttpRequest, number: int) -> HttpResponse:
    """Show a person: role, factor, sessions, and what can be done."""
    user = get_object_or_404(with_access(User.objects.all()), pk=number)
    access = access_of(user)
    context = {
        "access": access,
        "one": user,
        "form": RoleForm(initial={"role": access.role}),
        "sessions": UserSession.objects.filter(user=user).order_by("-created_at")[:PAGE_SIZE],
        "is_oneself": user.pk == person(request).pk,
        "section": "people",
    }
    return render(request, "people/person.html", context)


@never_cache
@require_POST
@require_role(Act.ADMINISTER)
def act(request: HttpRequest, number: int) -> HttpResponse:
    """Give a role, let in, keep out, end sessions or make a new link, as the button says."""
    user = get_object_or_404(User, pk=number)
    url = reverse("console:person", args=[number])
    if not signed_in_lately(request):
        return redirect(sign_in_again(url))
    action = request.POST.get("act", "")
    try:
        if action == "link":
            return _with_link(request, user)
        if action == "role":
            form = RoleForm(request.POST)
            if not form.is_valid():
                raise ValidationError(list(form.errors["role"]))
            chosen = form.cleaned_data["role"]
            give_role(user, Role(chosen) if chosen else None, actor=person(request))
        elif action in ACTS:
            ACTS[action](user, person(request))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("It is done."))
    return redirect(url)


ACTS: dict[str, Callable[[User, User], object]] = {
    "out": lambda user, actor: let_in(user, active=False, actor=actor),
    "in": lambda user, actor: let_in(user, active=True, actor=actor),
    "sessions": lambda user, actor: end_all_sessions(user, actor=actor),
}


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def choose(request: HttpRequest, token: str) -> HttpResponse:
    """Let whoever has the link choose a password, and sign in with it, or come in by the organization's provider."""
    user = invited(token)
    if user is None:
        raise Http404(_("This link does not hold any more. Ask an administrator for another."))
    form: Any = ChosenPasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        if choose_password(token, form.cleaned_data["new_password1"]) is None:
            raise Http404(_("This link does not hold any more. Ask an administrator for another."))
        messages.success(request, _("Your password is changed. Sign in with it."))
        return redirect("console:sign-in")
    context = {"form": form, "one": user, "providers": offered(request), "invitation": token}
    return render(request, "people/invited.html", context, status=422 if form.errors else 200)


def _with_link(request: HttpRequest, user: User) -> HttpResponse:
    """Make a link; send it where mail leaves, and show it otherwise, this once."""
    path = reverse("console:person-invited", args=[invitation(user, actor=person(request))])
    link = request.build_absolute_uri(path)
    if settings.EMAIL_FROM and settings.PUBLIC_URL and user.email:
        link = f"{settings.PUBLIC_URL.rstrip('/')}{path}"
        body = f"You have an account at {settings.PUBLIC_URL}: {user.get_username()}.\n\n"
        body += f"Choose a password within three days:\n{link}\n"
        try:
            send_mail("Homeroom: your account", body, settings.EMAIL_FROM, [user.email])
        except (OSError, SMTPException):
            messages.error(request, _("The mail server did not take the link. Hand it over yourself."))
        else:
            messages.success(request, _("The link was sent by mail."))
            return redirect("console:person", user.pk)
    return render(request, "people/link.html", {"one": user, "link": link, "section": "people"})
