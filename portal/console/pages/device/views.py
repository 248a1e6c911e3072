"""The page on which a person confirms that a program may sign in for them (RFC 8628, 3.3)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portal.console.doors import person, require_role
from portal.console.forms import DescribedForm
from portal.console.pages.tokens.form import TermsForm
from portal.sign_in.reauthentication import sign_in_again, signed_in_lately
from registry.accounts.acts import Act
from registry.accounts.tokens import devices
from registry.accounts.tokens.service import TokenRefusedError


class CodeForm(DescribedForm):
    """The code that a program shows."""

    user_code = forms.CharField(
        label=gettext_lazy("Code"), max_length=20, help_text=gettext_lazy("Eight letters, as the program shows them.")
    )


@never_cache
@require_http_methods(["GET", "POST"])
@require_role(Act.SEE)
def device(request: HttpRequest) -> HttpResponse:
    """Ask for the code, then show who asks for what, then take the decision."""
    typed = str(request.POST.get("user_code") or request.GET.get("user_code", ""))[:20]
    form = CodeForm(request.POST or None, initial={"user_code": typed})
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        if not signed_in_lately(request):
            messages.warning(request, _("You signed in a while ago. Sign in again, then look at the code."))
            return redirect(sign_in_again(f"{request.path}?{urlencode({'user_code': typed})}"))
        try:
            decision = request.POST.get("decision", "")
            if decision == "refuse":
                return _refused(request, typed)
            terms = TermsForm(request.POST if decision == "approve" else None, initial={"days": devices.TOKEN_DAYS})
            if decision == "approve" and (answer := _approved(request, typed, terms)) is not None:
                return answer
            context |= _device_context(request, typed) | {"terms": terms}
            # Of the form that is shown, errors are summed up above it.
            context |= {"form": terms} if terms.errors else {}
        except devices.CodeUnknownError:
            form.add_error("user_code", _("Nobody waits for this code. It holds for ten minutes, and once."))
        except devices.TooManyError as error:
            form.add_error(None, _("Too many tries. Try again in %(seconds)s seconds.") % {"seconds": error.seconds})
            answer = render(request, "device/page.html", context, status=429)
            answer["Retry-After"] = str(error.seconds)
            return answer
    return render(request, "device/page.html", context, status=422 if context["form"].errors else 200)


def _device_context(request: HttpRequest, typed: str) -> dict[str, Any]:
    row = devices.waiting(typed, person(request))
    scopes = devices.grantable(row, person(request))
    return {
        "row": row,
        "typed": typed,
        "given": scopes,
        "left_out": sorted(set(row.scopes) - {scope.value for scope in scopes}),
    }


def _approved(request: HttpRequest, typed: str, terms: TermsForm) -> HttpResponse | None:
    """Give the token on these terms; None where they cannot be, with the errors in the form."""
    if not terms.is_valid():
        return None
    try:
        row = devices.decide(
            typed, actor=person(request), approved=True, reach=terms.reach(), days=terms.cleaned_data["days"]
        )
    except TokenRefusedError as refusal:
        terms.refuse(refusal.problems)
        return None
    messages.success(request, _("%(client)s gets its token now.") % {"client": row.client})
    return redirect("console:tokens")


def _refused(request: HttpRequest, typed: str) -> HttpResponse:
    row = devices.decide(typed, actor=person(request), approved=False)
    messages.success(request, _("%(client)s gets no token.") % {"client": row.client})
    return redirect("console:tokens")
