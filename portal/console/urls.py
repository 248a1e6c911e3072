"""The console's addresses."""

from django.urls import path

from portal.console.views import audit, certificate, district, fleet, register, run, session, system, teardown

app_name = "console"

urlpatterns = [
    path("sign-in", session.SignIn.as_view(), name="sign-in"),
    path("sign-in/again", session.again, name="sign-in-again"),
    path("sign-out", session.SignOut.as_view(), name="sign-out"),
    path("", fleet.fleet, name="fleet"),
    path("districts/new", register.register, name="register"),
    path("districts/new/check", register.check, name="register-check"),
    path("districts/<slug:suffix>", district.overview, name="district"),
    path("districts/<slug:suffix>/row", fleet.row, name="fleet-row"),
    path("districts/<slug:suffix>/resources", district.resources, name="district-resources"),
    path("districts/<slug:suffix>/runs", district.runs, name="district-runs"),
    path("districts/<slug:suffix>/audit", district.audit, name="district-audit"),
    path("districts/<slug:suffix>/danger", district.danger, name="district-danger"),
    path("districts/<slug:suffix>/plan", district.plan, name="district-plan"),
    path("districts/<slug:suffix>/deploy", district.deploy, name="district-deploy"),
    path("districts/<slug:suffix>/teardown", teardown.teardown, name="teardown"),
    path("districts/<slug:suffix>/teardown/look", teardown.look, name="teardown-look"),
    path("runs/<int:number>", run.page, name="run"),
    path("runs/<int:number>/live", run.live, name="run-live"),
    path("runs/<int:number>/log", run.log, name="run-log"),
    path("runs/<int:number>/cancel", run.cancel, name="run-cancel"),
    path("runs/<int:number>/retry", run.retry, name="run-retry"),
    path("certificates/key", certificate.key, name="certificate-key"),
    path("certificates/<int:number>", certificate.page, name="certificate"),
    path("certificates/<int:number>/file", certificate.download, name="certificate-file"),
    path("audit", audit.audit, name="audit"),
    path("system", system.system, name="system"),
]
