"""The console's addresses."""

from django.urls import path

from portal.console.pages.account import views as account
from portal.console.pages.approval import views as approval
from portal.console.pages.approvals import views as approvals
from portal.console.pages.audit import views as audit
from portal.console.pages.aws_accounts import views as aws_accounts
from portal.console.pages.bulk import views as bulk
from portal.console.pages.calendar import views as calendar
from portal.console.pages.certificate import views as certificate
from portal.console.pages.device import views as device
from portal.console.pages.display import views as display
from portal.console.pages.district import views as district
from portal.console.pages.drift import views as drift
from portal.console.pages.evidence import views as evidence
from portal.console.pages.fleet import views as fleet
from portal.console.pages.inbox import views as inbox
from portal.console.pages.legend import views as legend
from portal.console.pages.notices import views as notices
from portal.console.pages.overview import views as overview
from portal.console.pages.people import views as people
from portal.console.pages.preflight import views as preflight
from portal.console.pages.register import views as register
from portal.console.pages.reset import views as reset
from portal.console.pages.roles import views as roles
from portal.console.pages.rollout import views as rollout
from portal.console.pages.run import views as run
from portal.console.pages.runs import views as runs
from portal.console.pages.search import views as search
from portal.console.pages.services import views as services
from portal.console.pages.settings import views as settings
from portal.console.pages.sign_in import views as sign_in
from portal.console.pages.state import views as state
from portal.console.pages.system import views as system
from portal.console.pages.teardown import views as teardown
from portal.console.pages.tokens import views as tokens

app_name = "console"

urlpatterns = [
    path("sign-in", sign_in.SignIn.as_view(), name="sign-in"),
    path("sign-in/again", sign_in.again, name="sign-in-again"),
    path("sign-out", sign_in.SignOut.as_view(), name="sign-out"),
    path("sign-in/reset", reset.Ask.as_view(), name="reset"),
    path("sign-in/reset/sent", reset.Sent.as_view(), name="reset-sent"),
    path("sign-in/reset/<uidb64>/<token>", reset.Choose.as_view(), name="reset-choose"),
    path("account", account.account, name="account"),
    path("account/password", account.password, name="account-password"),
    path("account/sessions/end", account.end_session, name="account-session-end"),
    path("account/sessions/end-others", account.end_other_sessions, name="account-sessions-end"),
    path("device", device.device, name="device"),
    path("tokens", tokens.tokens, name="tokens"),
    path("tokens/<int:number>/revoke", tokens.revoke, name="token-revoke"),
    path("", fleet.fleet, name="fleet"),
    path("fleet/export", fleet.export, name="fleet-export"),
    path("districts/new", register.register, name="register"),
    path("districts/new/check", register.check, name="register-check"),
    path("districts/bulk", bulk.bulk, name="bulk"),
    path("districts/bulk/template", bulk.file_template, name="bulk-template"),
    path("districts/bulk/plan", bulk.plan, name="bulk-plan"),
    path("districts/bulk/<uuid:batch>", bulk.progress, name="bulk-progress"),
    path("districts/<slug:suffix>", district.overview, name="district"),
    path("districts/<slug:suffix>/row", fleet.row, name="fleet-row"),
    path("districts/<slug:suffix>/pipeline", district.pipeline, name="district-pipeline"),
    path("districts/<slug:suffix>/resources", district.resources, name="district-resources"),
    path("districts/<slug:suffix>/runs", district.runs, name="district-runs"),
    path("districts/<slug:suffix>/drift", drift.drift, name="district-drift"),
    path("districts/<slug:suffix>/drift/check", drift.check, name="drift-check"),
    path("districts/<slug:suffix>/drift/plan", drift.plan_repair, name="drift-plan"),
    path("districts/<slug:suffix>/drift/repair", drift.repair, name="drift-repair"),
    path("districts/<slug:suffix>/drift/accept", drift.accept, name="drift-accept"),
    path("districts/<slug:suffix>/drift/<int:item>/remove", drift.remove, name="drift-remove"),
    path("districts/<slug:suffix>/settings", settings.settings, name="district-settings"),
    path("districts/<slug:suffix>/lifetime", calendar.lifetime, name="district-lifetime"),
    path("districts/<slug:suffix>/contract", calendar.contract, name="district-contract"),
    path("districts/<slug:suffix>/time-zone", calendar.time_zone, name="district-time-zone"),
    path("districts/<slug:suffix>/audit", district.audit, name="district-audit"),
    path("districts/<slug:suffix>/danger", district.danger, name="district-danger"),
    path("districts/<slug:suffix>/delete", district.delete, name="draft-delete"),
    path("districts/<slug:suffix>/plan", district.plan, name="district-plan"),
    path("districts/<slug:suffix>/deploy", district.deploy, name="district-deploy"),
    path("districts/<slug:suffix>/teardown", teardown.teardown, name="teardown"),
    path("districts/<slug:suffix>/teardown/look", teardown.look, name="teardown-look"),
    path("overview", overview.overview, name="overview"),
    path("runs", runs.runs, name="runs"),
    path("approvals", approvals.approvals, name="approvals"),
    path("drift", drift.fleet, name="drift"),
    path("runs/<int:number>", run.page, name="run"),
    path("runs/<int:number>/resources", run.resources, name="run-resources"),
    path("runs/<int:number>/lines", run.lines, name="run-lines"),
    path("runs/<int:number>/activity", run.activity, name="run-activity"),
    path("runs/<int:number>/changes", run.changes, name="run-changes"),
    path("runs/<int:number>/live", run.live, name="run-live"),
    path("runs/<int:number>/log", run.log, name="run-log"),
    path("runs/<int:number>/cancel", run.cancel, name="run-cancel"),
    path("runs/<int:number>/comment", run.comment, name="run-comment"),
    path("runs/<int:number>/apply", approval.apply, name="run-apply"),
    path("runs/<int:number>/decide", approval.decide, name="run-decide"),
    path("runs/<int:number>/force-stop", approval.force_stop, name="run-force-stop"),
    path("runs/<int:number>/override", calendar.override, name="run-override"),
    path("runs/<int:number>/retry", run.retry, name="run-retry"),
    path("runs/<int:number>/state", state.page, name="run-state"),
    path("runs/<int:number>/state/look", state.look, name="run-state-look"),
    path("certificates/key", certificate.key, name="certificate-key"),
    path("certificates/<int:number>", certificate.page, name="certificate"),
    path("certificates/<int:number>/file", certificate.download, name="certificate-file"),
    path("calendar", calendar.page, name="calendar"),
    path("calendar/freezes/new", calendar.new_freeze, name="freeze-new"),
    path("calendar/freezes/<int:number>/end", calendar.stop_freeze, name="freeze-end"),
    path("calendar/windows/new", calendar.new_window, name="window-new"),
    path("calendar/windows/<int:number>/end", calendar.stop_window, name="window-end"),
    path("rollouts", rollout.rollouts, name="rollouts"),
    path("rollouts/new", rollout.new, name="rollout-new"),
    path("rollouts/new/check", rollout.check, name="rollout-check"),
    path("rollouts/<int:number>", rollout.page, name="rollout"),
    path("rollouts/<int:number>/live", rollout.live, name="rollout-live"),
    path("rollouts/<int:number>/confirm", rollout.confirm, name="rollout-confirm"),
    path("rollouts/<int:number>/pause", rollout.pause, name="rollout-pause"),
    path("rollouts/<int:number>/resume", rollout.resume, name="rollout-resume"),
    path("rollouts/<int:number>/abort", rollout.abort, name="rollout-abort"),
    path("audit", audit.audit, name="audit"),
    path("audit/verify", audit.verify, name="audit-verify"),
    path("audit/export", audit.export, name="audit-export"),
    path("evidence", evidence.evidence, name="evidence"),
    path("evidence/drills", evidence.drill, name="evidence-drill"),
    path("evidence/<int:number>/file", evidence.download, name="evidence-file"),
    path("search", search.search, name="search"),
    path("system", system.system, name="system"),
    path("accounts", aws_accounts.accounts, name="aws-accounts"),
    path("accounts/new", aws_accounts.new, name="aws-account-new"),
    path("accounts/test", system.ask_access, name="access-test-chosen"),
    path("accounts/<slug:account_id>", aws_accounts.account, name="aws-account"),
    path("accounts/<slug:account_id>/retire", aws_accounts.retire, name="aws-account-retire"),
    path("accounts/<slug:account_id>/test", system.ask_access, name="access-test"),
    path("accounts/<slug:account_id>/access", system.access, name="access"),
    path("accounts/<slug:account_id>/preflight/<slug:region>", preflight.preflight, name="preflight"),
    path("accounts/<slug:account_id>/preflight/<slug:region>/look", preflight.look, name="preflight-look"),
    path("inbox", inbox.inbox, name="inbox"),
    path("inbox/read", inbox.read, name="inbox-read"),
    path("inbox/mail", inbox.mail, name="inbox-mail"),
    path("notices", notices.endpoints, name="notices"),
    path("notices/new", notices.new, name="notice-new"),
    path("notices/<int:number>", notices.endpoint, name="notice-endpoint"),
    path("notices/<int:number>/act", notices.act, name="notice-act"),
    path("notices/deliveries/<int:number>/again", notices.again, name="notice-again"),
    path("people", people.people, name="people"),
    path("people/export", people.export, name="people-export"),
    path("people/new", people.new, name="person-new"),
    path("people/services", services.services, name="services"),
    path("people/services/<int:number>/act", services.act, name="service-act"),
    path("people/<int:number>", people.detail, name="person"),
    path("people/<int:number>/act", people.act, name="person-act"),
    path("people/<int:number>/grants/new", roles.new, name="grant-new"),
    path("people/<int:number>/grants/<int:grant>/end", roles.end, name="grant-end"),
    path("roles", roles.table, name="roles"),
    path("invited/<str:token>", people.choose, name="person-invited"),
    path("display", display.display, name="display"),
    path("legend", legend.legend, name="legend"),
    path("design", legend.design, name="design"),
]
