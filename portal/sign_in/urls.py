"""Sign-in's addresses of django-allauth, those of them that are used; the pages around them are the console's."""

from allauth.mfa.base import views as factor_views
from allauth.mfa.recovery_codes import views as recovery_views
from allauth.mfa.totp import views as totp_views
from allauth.mfa.webauthn import views as passkey_views
from django.urls import path
from django.views.generic import RedirectView

from portal.sign_in import openid, stages
from portal.sign_in.saml import views as saml

to_account = RedirectView.as_view(pattern_name="console:account")
to_sign_in = RedirectView.as_view(pattern_name="console:sign-in", query_string=True)

urlpatterns = [
    path("login/", to_sign_in, name="account_login"),
    path("inactive/", to_sign_in, name="account_inactive"),
    path("cancelled/", to_sign_in, name="socialaccount_login_cancelled"),
    path("logout/", stages.leave, name="account_logout"),
    path("factors/", to_account, name="mfa_index"),
    path("factors/authenticate/", factor_views.authenticate, name="mfa_authenticate"),
    path("factors/totp/activate/", totp_views.activate_totp, name="mfa_activate_totp"),
    path("factors/totp/deactivate/", totp_views.deactivate_totp, name="mfa_deactivate_totp"),
    path("factors/recovery-codes/", recovery_views.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "factors/recovery-codes/generate/",
        recovery_views.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path("factors/passkeys/", to_account, name="mfa_list_webauthn"),
    path("factors/passkeys/add/", passkey_views.add_webauthn, name="mfa_add_webauthn"),
    path("factors/passkeys/<int:pk>/remove/", passkey_views.remove_webauthn, name="mfa_remove_webauthn"),
    path("factors/passkeys/login/", passkey_views.login_webauthn, name="mfa_login_webauthn"),
    path("saml/login/", saml.login, name="saml_login"),
    path("saml/acs/", saml.answer, name="saml_acs"),
    path("saml/acs/finish/", saml.finish, name="saml_finish"),
    path("saml/sign-out/", saml.leave, name="saml_sls"),
    path("saml/metadata/", saml.metadata, name="saml_metadata"),
    path("<slug:provider_id>/login/", openid.login, name="openid_connect_login"),
    path("<slug:provider_id>/login/callback/", openid.callback, name="openid_connect_callback"),
]
