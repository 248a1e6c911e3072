"""A new password by a link in a mail: the answer is the same for every address, known or not."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import INTERNAL_RESET_SESSION_TOKEN, PasswordResetConfirmView
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.generic import FormView, TemplateView

from portal.console.forms import ChosenPasswordForm, ResetForm
from portal.console.pages.sign_in.views import throttled
from registry import request_id
from registry.accounts.asking import asking_as
from registry.accounts.reset import ask_for_link, holds
from registry.accounts.throttle import TooManyTriesError


class OnlyByMail:
    """Where no mail leaves there are no such pages."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer 404 without mail."""
        if not settings.EMAIL_FROM:
            raise Http404
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc,no-any-return]


class Ask(OnlyByMail, FormView):  # type: ignore[type-arg]
    """Asks for an address."""

    template_name = "reset/page.html"
    form_class = ResetForm
    success_url = reverse_lazy("console:reset-sent")

    def form_valid(self, form: Any) -> HttpResponse:
        """Have a link sent, by and by and by another process: its time tells nobody whether there is an account."""
        try:
            ask_for_link(form.cleaned_data["email"], request_id.current().remote_addr)
        except TooManyTriesError as refusal:
            form.add_error(None, refusal)
            return throttled(self.form_invalid(form), form)
        return super().form_valid(form)


class Sent(OnlyByMail, TemplateView):
    """Says where to look."""

    template_name = "reset/sent.html"


class Choose(OnlyByMail, PasswordResetConfirmView):
    """Takes the new password of whoever comes by the link; a sign-in follows, with its second factor."""

    template_name = "reset/choose.html"
    form_class = ChosenPasswordForm
    success_url = reverse_lazy("console:sign-in")

    def form_valid(self, form: Any) -> HttpResponse:
        """Set the password: the person's own act, who reads that mail. Of two at the same moment one is taken."""
        with transaction.atomic(), asking_as(self.user):
            if self.user is None or not holds(self.user, self.request.session[INTERNAL_RESET_SESSION_TOKEN]):
                self.validlink = False
                return self.render_to_response(self.get_context_data())
            answer = super().form_valid(form)
        messages.success(self.request, _("Your password is changed. Sign in with it."))
        return answer
