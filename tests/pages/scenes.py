"""Every page of the console and the admin, and the states in which each is looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from playwright.sync_api import Page

from tests.pages.actions import (
    add_a_freeze_wrongly,
    add_a_window_wrongly,
    add_an_account_wrongly,
    add_an_endpoint_wrongly,
    ask_for_no_period,
    change_the_password_wrongly,
    confirm_a_code,
    confirm_wrongly,
    create_a_token_wrongly,
    grant_wrongly,
    invite_wrongly,
    lose_the_connection,
    make_a_service_wrongly,
    open_the_dialog,
    push_without_a_word,
    register_a_file,
    register_wrongly,
    roll_out_wrongly,
    set_a_past_day,
    set_wrongly,
    sign_in_again,
    sign_in_again_wrongly,
    sign_in_wrongly,
    try_a_file,
    try_an_empty_file,
    type_a_wrong_code,
    type_a_wrong_number,
)
from tests.pages.browsing import WIDTHS
from tests.pages.fixtures import World


class State(StrEnum):
    """What a page is looked at in."""

    USUAL = "usual"
    EMPTY = "empty"
    LOADING = "loading"
    ERROR = "error"
    FORBIDDEN = "forbidden"
    HUGE = "huge"


OPENED_VARIANTS = (
    "bulk-usual",
    "tokens-usual",
    "fleet-empty",
    "fleet-forbidden",
    "fleet-huge",
    "district-error",
    "district-huge",
    "district-huge-right-to-left",
    "run-usual-awaiting-approval",
    "run-usual-teardown",
    "run-error",
)
"""Of several scenes of one page, those that have parts of their own."""
OF_THE_ADMIN = (
    "admin:index",
    "admin:districts_district_changelist",
    "admin:districts_district_add",
    "admin:districts_district_change",
    "admin:provisioning_run_change",
    "admin:audit_auditevent_changelist",
)


@dataclass(frozen=True)
class Scene:
    """A page in a state: its name in Django's addresses, where it is, who looks, and what is done before."""

    view: str
    state: State
    world: World
    address: str
    shows: str
    """A text that the page has in this state and not in another."""
    who: str = "ada"
    status: int = 200
    act: Callable[[Page], None] | None = None
    keeps: tuple[tuple[str, str], ...] = ()
    """The fields of a form that was refused, and what somebody had typed into them."""
    also: str = ""
    """What tells it from another scene of the same page and state."""

    @property
    def name(self) -> str:
        """The scene's name, for tests and files."""
        return "-".join(part for part in (self.view.replace(":", "-"), self.state, self.also) if part)

    @property
    def is_refused(self) -> bool:
        """Return whether a form was sent that cannot be accepted."""
        return self.state is State.ERROR and self.act is not None

    @property
    def is_refusal(self) -> bool:
        """Return whether it is the page of what is forbidden: one and the same, which the fleet stands for."""
        return self.state is State.FORBIDDEN and self.view != "fleet"

    @property
    def widths(self) -> tuple[int, ...]:
        """Return the widths at which axe looks in every test run.

        Nothing is shown at the middle width alone. What is filled in, and what has parts of its own, is looked at on a
        telephone as well; of the other pages a telephone's are made of the same parts.
        """
        has_own_parts = (
            self.act is not None or self.name in OPENED_VARIANTS or self.view in ("fleet", "district", "run")
        )
        return (WIDTHS[0], WIDTHS[-1]) if has_own_parts else (WIDTHS[-1],)

    @property
    def is_opened_always(self) -> bool:
        """Return whether a browser opens it in every test run, and not in the long edition alone.

        What somebody does on a page needs a browser, and so does each of the console's pages once: a form as it is
        after it was refused, where it has all that it has before. Of the admin, whose templates are Django's, the
        pages stand that have parts of ours.
        """
        if self.name in OPENED_VARIANTS:
            return True
        if self.state is State.USUAL and self.view in refused_forms():
            return bool(self.also) and self.act is not None
        if self.act is not None:
            return True
        if self.view.startswith("admin:"):
            return self.view in OF_THE_ADMIN and self.state is State.USUAL and not self.also
        return self.state is State.USUAL and not self.also


U, M, L, E, F, H = State.USUAL, State.EMPTY, State.LOADING, State.ERROR, State.FORBIDDEN, State.HUGE
NOTHING, USUAL, HUGE = World.EMPTY, World.USUAL, World.HUGE
OPERATOR = "This needs the role Operator"
ROLELESS = "no role yet"
ENDPOINT = "/notices/{endpoint}"
CERTIFICATES = "/admin/provisioning/removalcertificate"

REGISTERED = (("#id_name", "Maple Valley"), ("#id_slug", "other"), ("#id_nces_id", "12"), ("#id_cidr", "10.0.0.0/16"))
NOWHERE = (("#id_suffixes", "No Where"),)
TAKEN = (("#id_username", "0tt0"), ("#id_email", "otto@example.com"))
SPACED = (("#id_username", "deploy pipeline"),)
DIGITS = (("#id_name", "Elsewhere"), ("#id_account_id", "12"))
INSIDE = (("#id_name", "Metadata"), ("#id_address", "https://169.254.169.254/"))
CONFIRMED = (("#id_full_name", "another"), ("#id_reason", "The contract has ended"))
WANTED = (("#id_name", "ci"), ("#id_account_ids", "12"))
BACKWARDS = (
    ("#id_reason", "State testing"),
    ("#id_starts_at", "2099-02-02T08:00"),
    ("#id_ends_at", "2099-02-01T08:00"),
)
NO_DAY = (("#id_starts", "22:00"), ("#id_minutes", "120"))
PAST_DAY = (("#id_last_day", "2020-06-30"),)
ROLLED_OUT = (("#id_value", "no-digest"), ("#id_reason", "Faster ingest"))

SCENES: tuple[Scene, ...] = (
    # Nothing is there yet.
    Scene("sign-in", U, NOTHING, "/sign-in", "Sign in to Homeroom", who=""),
    Scene(
        "sign-in",
        E,
        NOTHING,
        "/sign-in",
        "correct username and password",
        who="",
        act=sign_in_wrongly,
        keeps=(("#id_username", "ada"),),
    ),
    Scene("sign-in-again", U, NOTHING, "/sign-in/again", "cannot be undone"),
    Scene("sign-in-again", E, NOTHING, "/sign-in/again", "not your password", act=sign_in_again_wrongly),
    Scene("account", U, NOTHING, "/account", "Who you are here"),
    Scene("account-password", U, NOTHING, "/account/password", "Your other sessions end"),
    Scene("account-password", E, NOTHING, "/account/password", "Error: ", act=change_the_password_wrongly),
    Scene("device", U, NOTHING, "/device", "Type it here"),
    Scene("device", U, NOTHING, "/device", "asks for a token of yours", act=confirm_a_code, also="asked"),
    Scene("device", E, NOTHING, "/device", "Nobody waits for this code", act=type_a_wrong_code),
    Scene("device", F, NOTHING, "/device", ROLELESS, who="nemo", status=403),
    Scene("tokens", U, USUAL, "/tokens", "github-actions"),
    Scene("tokens", M, NOTHING, "/tokens", "No active tokens."),
    Scene("tokens", E, NOTHING, "/tokens", "Error: ", act=create_a_token_wrongly, keeps=WANTED),
    Scene("tokens", F, USUAL, "/tokens", ROLELESS, who="nemo", status=403),
    Scene("mfa_activate_totp", U, NOTHING, "/account/factors/totp/activate/", "Let the app read", act=sign_in_again),
    Scene("mfa_add_webauthn", U, NOTHING, "/account/factors/passkeys/add/", "Your browser keeps it", act=sign_in_again),
    Scene("fleet", M, NOTHING, "/", "No district yet"),
    Scene("fleet", F, NOTHING, "/", ROLELESS, who="nemo", status=403),
    Scene("register", M, NOTHING, "/districts/new", "Resource suffix"),
    Scene("bulk", M, NOTHING, "/districts/bulk", "Validate file"),
    Scene("rollouts", M, NOTHING, "/rollouts", "No rollout yet"),
    Scene("overview", M, NOTHING, "/overview", "No district yet"),
    Scene("overview", F, NOTHING, "/overview", ROLELESS, who="nemo", status=403),
    Scene("calendar", M, NOTHING, "/calendar", "No freeze is in force"),
    Scene("calendar", F, NOTHING, "/calendar", ROLELESS, who="nemo", status=403),
    Scene("freeze-new", F, NOTHING, "/calendar/freezes/new", OPERATOR, who="vera", status=403),
    Scene("window-new", F, NOTHING, "/calendar/windows/new", OPERATOR, who="vera", status=403),
    Scene("runs", M, NOTHING, "/runs", "No run yet"),
    Scene("runs", F, NOTHING, "/runs", ROLELESS, who="nemo", status=403),
    Scene("approvals", M, NOTHING, "/approvals", "No plan waits for approval"),
    Scene("approvals", F, NOTHING, "/approvals", ROLELESS, who="nemo", status=403),
    Scene("drift", M, NOTHING, "/drift", "No drift detected"),
    Scene("drift", F, NOTHING, "/drift", ROLELESS, who="nemo", status=403),
    Scene("rollouts", F, NOTHING, "/rollouts", ROLELESS, who="nemo", status=403),
    Scene("rollout-new", M, NOTHING, "/rollouts/new", "No district with an environment matches"),
    Scene("search", M, NOTHING, "/search?q=nothing-like-it", "Nothing found"),
    Scene("search", F, NOTHING, "/search", ROLELESS, who="nemo", status=403),
    Scene("audit", M, NOTHING, "/audit?words=nothing-like-it", "No event matches"),
    Scene("audit", F, NOTHING, "/audit", ROLELESS, who="nemo", status=403),
    Scene("system", M, NOTHING, "/system", "No worker answers"),
    Scene("system", F, NOTHING, "/system", ROLELESS, who="nemo", status=403),
    Scene("design", U, NOTHING, "/design", "Buttons"),
    Scene("design", F, NOTHING, "/design", ROLELESS, who="nemo", status=403),
    Scene("legend", U, NOTHING, "/legend", "Statuses and shortcuts"),
    Scene("legend", F, NOTHING, "/legend", ROLELESS, who="nemo", status=403),
    Scene("notices", M, NOTHING, "/notices", "No endpoint yet"),
    Scene("aws-accounts", M, NOTHING, "/accounts", "No AWS account yet"),
    Scene("evidence", M, NOTHING, "/evidence", "No package yet."),
    Scene("404", U, NOTHING, "/nowhere", "There is nothing at this address", status=404),
    Scene("admin:index", M, NOTHING, "/admin/", "Homeroom administration"),
    Scene("admin:login", U, NOTHING, "/admin/login/", "Username", who=""),
    Scene("admin:districts_district_changelist", M, NOTHING, "/admin/districts/district/", "0 districts"),
    # Districts and runs in every state.
    Scene("fleet", U, USUAL, "/", "Lakeside Unified"),
    Scene("fleet", U, USUAL, "/", "Lakeside Unified", who="vera", also="viewer"),
    Scene("fleet", L, USUAL, "/?show=running", "18 of 91"),
    Scene("fleet", E, USUAL, "/?show=attention", "no more VPCs"),
    Scene("fleet", M, USUAL, "/?q=nothing-like-it", "No district matches", also="no-match"),
    Scene("register", U, USUAL, "/districts/new", "Resource suffix"),
    Scene("register", E, USUAL, "/districts/new", "overlaps", act=register_wrongly, keeps=REGISTERED),
    Scene("register", F, USUAL, "/districts/new", OPERATOR, who="vera", status=403),
    Scene("bulk", U, USUAL, "/districts/bulk", "What the file asks for", act=try_a_file),
    Scene("bulk", F, USUAL, "/districts/bulk", OPERATOR, who="vera", status=403),
    Scene("bulk", E, USUAL, "/districts/bulk", "The file has no row", act=try_an_empty_file),
    Scene("bulk-progress", L, USUAL, "/districts/bulk", "0 of 2 runs ended", act=register_a_file),
    Scene("district", U, USUAL, "/districts/{live}", "https://lakeside.example"),
    Scene("district", M, USUAL, "/districts/{pine}", "No outputs yet"),
    Scene("district", L, USUAL, "/districts/{maple}", "is working on this district"),
    Scene("district", E, USUAL, "/districts/{birch}", "no more VPCs"),
    Scene("district", U, USUAL, "/districts/{removed}", "This environment was removed", also="removed"),
    Scene("district", F, USUAL, "/districts/{live}", ROLELESS, who="nemo", status=403),
    Scene("district-resources", U, USUAL, "/districts/{live}/resources", "aws_lb.edge_balancer"),
    Scene("district-resources", M, USUAL, "/districts/{pine}/resources", "Nothing exists in AWS"),
    Scene("district-resources", F, USUAL, "/districts/{live}/resources", ROLELESS, who="nemo", status=403),
    Scene("district-runs", U, USUAL, "/districts/{live}/runs", "First deployment"),
    Scene("district-runs", L, USUAL, "/districts/{maple}/runs", "Applying"),
    Scene("district-runs", E, USUAL, "/districts/{birch}/runs", "Failed"),
    Scene("district-runs", F, USUAL, "/districts/{live}/runs", ROLELESS, who="nemo", status=403),
    Scene("district-drift", U, USUAL, "/districts/{drifted}/drift", "Withheld: sensitive"),
    Scene("district-drift", M, USUAL, "/districts/{pine}/drift", "Nothing to check"),
    Scene("district-drift", F, USUAL, "/districts/{drifted}/drift", ROLELESS, who="nemo", status=403),
    Scene("district-settings", U, USUAL, "/districts/{live}/settings", "Review plan"),
    Scene(
        "district-settings",
        E,
        USUAL,
        "/districts/{live}/settings",
        "Error: ",
        act=set_wrongly,
        keeps=(("#id_allowed_client_cidrs", "not a network"),),
    ),
    Scene("district-settings", U, USUAL, "/districts/{live}/settings", "An operator", who="vera", also="viewer"),
    Scene("district-settings", F, USUAL, "/districts/{live}/settings", ROLELESS, who="nemo", status=403),
    Scene("district-audit", U, USUAL, "/districts/{live}/audit", "was registered"),
    Scene("district-audit", F, USUAL, "/districts/{live}/audit", ROLELESS, who="nemo", status=403),
    Scene("district-danger", U, USUAL, "/districts/{live}/danger", "Destroys everything"),
    Scene("district-danger", U, USUAL, "/districts/{live}/danger", "12 objects", act=open_the_dialog, also="dialog"),
    Scene("district-danger", M, USUAL, "/districts/{removed}/danger", "has been removed"),
    Scene("district-danger", F, USUAL, "/districts/{live}/danger", ROLELESS, who="nemo", status=403),
    Scene("teardown", U, USUAL, "/districts/{live}/teardown", "12 objects, 3.4 MB."),
    Scene("teardown", M, USUAL, "/districts/{pine}/teardown", "No resource is recorded"),
    Scene("teardown", L, USUAL, "/districts/{looked}/teardown", "Reading bucket contents"),
    Scene("teardown", E, USUAL, "/districts/{live}/teardown", "Error: ", act=confirm_wrongly, keeps=CONFIRMED),
    Scene("teardown", F, USUAL, "/districts/{live}/teardown", OPERATOR, who="vera", status=403),
    Scene("teardown", U, USUAL, "/districts/{live}/teardown", "a while ago", who="ada:2", also="signed-in-long-ago"),
    Scene("run", L, USUAL, "/runs/{applying}", "18 of 91"),
    Scene("run", L, USUAL, "/runs/{queued}", "Queued", also="queued"),
    Scene("run", L, USUAL, "/runs/{applying}", "Updates paused", act=lose_the_connection, also="updates-paused"),
    Scene("run", U, USUAL, "/runs/{deployed}", "Succeeded"),
    Scene("run", U, USUAL, "/runs/{waiting}", "This plan waits for approval", also="awaiting-approval"),
    Scene("run", U, USUAL, "/runs/{to_look_at}", "Exactly this plan can be", also="plan-only"),
    Scene("run", U, USUAL, "/runs/{discarded}", "The network is wrong.", also="discarded"),
    Scene("run", U, USUAL, "/runs/{removal}", "Certificate of removal", also="teardown"),
    Scene("run", U, USUAL, "/runs/{cancelling}", "Force stop", also="cancelling"),
    Scene("run", E, USUAL, "/runs/{failed}", "no more VPCs"),
    Scene("run", E, USUAL, "/runs/{lost}", "Another worker takes over this run", also="lost"),
    Scene("run", M, USUAL, "/runs/{deployed}?q=nothing-like-it", "No change matches."),
    Scene("run", E, USUAL, "/runs/{canceled}", "Canceled; 3 resources incomplete", also="canceled"),
    Scene("run-changes", U, USUAL, "/runs/{waiting}/changes", "12 of 12 resources and outputs."),
    Scene("run-changes", M, USUAL, "/runs/{waiting}/changes?q=nothing-like-it", "No change matches."),
    Scene("run-changes", F, USUAL, "/runs/{waiting}/changes", ROLELESS, who="nemo", status=403),
    Scene("run-resources", U, USUAL, "/runs/{waiting}/resources", "12 planned changes"),
    Scene("run-resources", L, USUAL, "/runs/{applying}/resources", "Running"),
    Scene("run-resources", M, USUAL, "/runs/{queued}/resources", "This run has no plan yet"),
    Scene("run-resources", F, USUAL, "/runs/{deployed}/resources", ROLELESS, who="nemo", status=403),
    Scene("run-lines", U, USUAL, "/runs/{deployed}/lines", "creation complete"),
    Scene("run-lines", U, USUAL, "/runs/{deployed}/lines?fold=resource", "1 line", also="folded"),
    Scene("run-lines", L, USUAL, "/runs/{applying}/lines", "Follow"),
    Scene("run-lines", M, USUAL, "/runs/{deployed}/lines?q=nothing-like-it", "No line matches."),
    Scene("run-lines", F, USUAL, "/runs/{deployed}/lines", ROLELESS, who="nemo", status=403),
    Scene("run-activity", U, USUAL, "/runs/{discarded}/activity", "The network is wrong."),
    Scene("run-activity", L, USUAL, "/runs/{applying}/activity", "Applying"),
    Scene("run-activity", E, USUAL, "/runs/{failed}/activity", "cut short"),
    Scene("run-activity", F, USUAL, "/runs/{deployed}/activity", ROLELESS, who="nemo", status=403),
    Scene("run", F, USUAL, "/runs/{deployed}", ROLELESS, who="nemo", status=403),
    Scene("run-force-stop", U, USUAL, "/runs/{cancelling}/force-stop", "What this does"),
    Scene(
        "run-force-stop",
        E,
        USUAL,
        "/runs/{cancelling}/force-stop",
        "Error: ",
        act=type_a_wrong_number,
        keeps=(("#typed-number", "0"),),
    ),
    Scene("run-force-stop", F, USUAL, "/runs/{cancelling}/force-stop", "Administrator", who="otto", status=403),
    Scene("run", E, USUAL, "/runs/{unwritten}", "could not be written", also="state-unwritten"),
    Scene("district", E, USUAL, "/districts/{hazel}", "could not be written", also="state-unwritten"),
    Scene("run-state", U, USUAL, "/runs/{unwritten}/state", "Push the kept state"),
    Scene("run-state", M, USUAL, "/runs/{deployed}/state", "This run wrote every state it made."),
    Scene(
        "run-state",
        E,
        USUAL,
        "/runs/{unwritten}/state",
        "Error: ",
        act=push_without_a_word,
        keeps=(("#id_act", "push"),),
    ),
    Scene("run-state", F, USUAL, "/runs/{unwritten}/state", "Administrator", who="otto", status=403),
    Scene("certificate", U, USUAL, "/certificates/{certificate}", "Hash and signature verified"),
    Scene("certificate", F, USUAL, "/certificates/{certificate}", ROLELESS, who="nemo", status=403),
    Scene("rollouts", U, USUAL, "/rollouts", "Halted"),
    Scene("overview", U, USUAL, "/overview", "Needs your attention"),
    Scene("calendar", U, USUAL, "/calendar", "State testing"),
    Scene("freeze-new", U, USUAL, "/calendar/freezes/new?district={live}", "Lakeside"),
    Scene("freeze-new", E, USUAL, "/calendar/freezes/new", "Error: ", act=add_a_freeze_wrongly, keeps=BACKWARDS),
    Scene("window-new", U, USUAL, "/calendar/windows/new?district={live}", "Lakeside"),
    Scene("window-new", E, USUAL, "/calendar/windows/new", "Error: ", act=add_a_window_wrongly, keeps=NO_DAY),
    Scene("district-lifetime", U, USUAL, "/districts/{live}/lifetime", "Full name of the environment"),
    Scene("district-lifetime", E, USUAL, "/districts/{live}/lifetime", "Error: ", act=set_a_past_day, keeps=PAST_DAY),
    Scene("district-lifetime", F, USUAL, "/districts/{live}/lifetime", OPERATOR, who="vera", status=403),
    Scene("district-time-zone", U, USUAL, "/districts/{live}/time-zone", "It takes effect immediately"),
    Scene("district-time-zone", F, USUAL, "/districts/{live}/time-zone", OPERATOR, who="vera", status=403),
    Scene("district-contract", U, USUAL, "/districts/{live}/contract", "Nothing is torn down."),
    Scene("district-contract", E, USUAL, "/districts/{live}/contract", "Error: ", act=set_a_past_day, keeps=PAST_DAY),
    Scene("district-contract", F, USUAL, "/districts/{live}/contract", OPERATOR, who="vera", status=403),
    Scene("runs", U, USUAL, "/runs", "Lakeside Unified"),
    Scene("approvals", U, USUAL, "/approvals", "Oak Park"),
    Scene("drift", U, USUAL, "/drift", "Cedar Grove"),
    Scene("rollout-new", U, USUAL, "/rollouts/new", "Districts included"),
    Scene("rollout-new", E, USUAL, "/rollouts/new", "Error: ", act=roll_out_wrongly, keeps=ROLLED_OUT),
    Scene("rollout-new", F, USUAL, "/rollouts/new", OPERATOR, who="vera", status=403),
    Scene("rollout", E, USUAL, "/rollouts/{halted}", "Halted: "),
    Scene("rollout", F, USUAL, "/rollouts/{halted}", ROLELESS, who="nemo", status=403),
    Scene("audit", U, USUAL, "/audit?words=registered", "was registered"),
    Scene("search", U, USUAL, "/search?q=lakeside", "Lakeside Unified"),
    Scene("system", U, USUAL, "/system", "Service quotas of this account"),
    Scene("preflight", M, USUAL, "/accounts/{account}/preflight/us-west-1", "No preflight has run here yet"),
    Scene("preflight", F, USUAL, "/accounts/{account}/preflight/us-east-1", ROLELESS, who="nemo", status=403),
    Scene("preflight", U, USUAL, "/accounts/{account}/preflight/us-east-1", "One more district fits."),
    Scene("preflight", L, USUAL, "/accounts/{account}/preflight/us-west-2", "Checking since"),
    Scene("preflight", E, USUAL, "/accounts/{account}/preflight/us-east-2", "A run would fail here: 1 finding."),
    Scene("inbox", U, USUAL, "/inbox", "no more VPCs"),
    Scene("inbox", F, USUAL, "/inbox", ROLELESS, who="nemo", status=403),
    Scene("notices", U, USUAL, "/notices", "Operations channel"),
    Scene("notices", F, USUAL, "/notices", "Administrator", who="otto", status=403),
    Scene("notice-new", U, USUAL, "/notices/new", "Kinds of notices", act=sign_in_again),
    Scene("notice-new", E, USUAL, "/notices/new", "leads inside", act=add_an_endpoint_wrongly, keeps=INSIDE),
    Scene("notice-new", F, USUAL, "/notices/new", "Administrator", who="otto", status=403),
    Scene("notice-endpoint", U, USUAL, ENDPOINT, "Notices of Homeroom arrive here."),
    Scene("notice-endpoint", F, USUAL, ENDPOINT, "Administrator", who="otto", status=403),
    Scene("evidence", U, USUAL, "/evidence", "Generating"),
    Scene("evidence", E, USUAL, "/evidence", "Error: ", act=ask_for_no_period),
    Scene("evidence", F, USUAL, "/evidence", "Auditor", who="otto", status=403),
    Scene("aws-accounts", U, USUAL, "/accounts", "Accounts that districts are placed in"),
    Scene("aws-accounts", F, USUAL, "/accounts", "Administrator", who="otto", status=403),
    Scene("aws-account-new", U, USUAL, "/accounts/new", "Twelve digits.", act=sign_in_again),
    Scene("aws-account-new", E, USUAL, "/accounts/new", "Error: ", act=add_an_account_wrongly, keeps=DIGITS),
    Scene("aws-account-new", F, USUAL, "/accounts/new", "Administrator", who="otto", status=403),
    Scene("aws-account", U, USUAL, "/accounts/{account}", "How Homeroom enters it"),
    Scene("aws-account", F, USUAL, "/accounts/{account}", "Administrator", who="otto", status=403),
    Scene("people", U, USUAL, "/people", "otto"),
    Scene("people", F, USUAL, "/people", "Auditor", who="otto", status=403),
    Scene("services", U, USUAL, "/people/services", "deploy-pipeline"),
    Scene("services", M, NOTHING, "/people/services", "No service accounts yet."),
    Scene("services", E, NOTHING, "/people/services", "Error: ", act=make_a_service_wrongly, keeps=SPACED),
    Scene("services", F, USUAL, "/people/services", "Administrator", who="otto", status=403),
    Scene("person-new", U, USUAL, "/people/new", "Can't be changed later.", act=sign_in_again),
    Scene("person-new", E, USUAL, "/people/new", "looks like it", act=invite_wrongly, keeps=TAKEN),
    Scene("person-new", F, USUAL, "/people/new", "Administrator", who="otto", status=403),
    Scene("person", U, USUAL, "/people/{user_id}", "otto"),
    Scene("person", F, USUAL, "/people/{user_id}", "Auditor", who="otto", status=403),
    Scene("grant-new", U, USUAL, "/people/{user_id}/grants/new", "All lists empty", act=sign_in_again),
    Scene(
        "grant-new", E, USUAL, "/people/{user_id}/grants/new", "no district's suffix", act=grant_wrongly, keeps=NOWHERE
    ),
    Scene("grant-new", F, USUAL, "/people/{user_id}/grants/new", "Administrator", who="otto", status=403),
    Scene("roles", U, USUAL, "/roles", "What each role may do"),
    Scene("roles", F, USUAL, "/roles", ROLELESS, who="nemo", status=403),
    Scene("admin:index", U, USUAL, "/admin/", "Homeroom administration"),
    Scene("admin:app_list", U, USUAL, "/admin/districts/", "Districts"),
    Scene("admin:districts_district_changelist", U, USUAL, "/admin/districts/district/", "lakeside-sbx"),
    Scene("admin:districts_district_changelist", U, USUAL, "/admin/districts/district/", "cedar", "otto", also="otto"),
    Scene("admin:districts_district_add", U, USUAL, "/admin/districts/district/add/", "Governance"),
    Scene("admin:districts_district_change", U, USUAL, "/admin/districts/district/{live_id}/change/", "Lakeside"),
    Scene("admin:districts_district_change", L, USUAL, "/admin/districts/district/{maple_id}/change/", "18 of 91"),
    Scene("admin:districts_district_history", U, USUAL, "/admin/districts/district/{live_id}/history/", "Lakeside"),
    Scene("admin:districts_awsaccount_changelist", U, USUAL, "/admin/districts/awsaccount/", "Sandbox"),
    Scene("admin:districts_awsaccount_add", U, USUAL, "/admin/districts/awsaccount/add/", "External id"),
    Scene("admin:districts_awsaccount_change", U, USUAL, "/admin/districts/awsaccount/{account_id}/change/", "Sandbox"),
    Scene("admin:provisioning_run_changelist", U, USUAL, "/admin/provisioning/run/", "Run #"),
    Scene("admin:provisioning_run_change", U, USUAL, "/admin/provisioning/run/{failed}/change/", "no more VPCs"),
    Scene("admin:provisioning_rollout_changelist", U, USUAL, "/admin/provisioning/rollout/", "Rollout #"),
    Scene("admin:provisioning_rollout_change", U, USUAL, "/admin/provisioning/rollout/{halted}/change/", "Halted"),
    Scene("admin:audit_auditevent_changelist", U, USUAL, "/admin/audit/auditevent/?q=registered", "was registered"),
    Scene("admin:audit_auditevent_change", U, USUAL, "/admin/audit/auditevent/{event}/change/", "was registered"),
    Scene("admin:provisioning_accountquota_changelist", U, USUAL, "/admin/provisioning/accountquota/", "Sandbox"),
    Scene(
        "admin:provisioning_accountquota_change", U, USUAL, "/admin/provisioning/accountquota/{quota}/change/", "VPC"
    ),
    Scene("admin:provisioning_driftitem_changelist", U, USUAL, "/admin/provisioning/driftitem/", "retention_in_days"),
    Scene("admin:provisioning_driftitem_change", U, USUAL, "/admin/provisioning/driftitem/{drift}/change/", "365"),
    Scene("admin:provisioning_presence_changelist", U, USUAL, "/admin/provisioning/presence/", "worker@host-1"),
    Scene("admin:provisioning_presence_change", U, USUAL, "/admin/provisioning/presence/{worker}/change/", "runs"),
    Scene("admin:provisioning_removalcertificate_changelist", U, USUAL, f"{CERTIFICATES}/", "Aspen Falls"),
    Scene("admin:provisioning_removalcertificate_change", U, USUAL, CERTIFICATES + "/{certificate}/change/", "Aspen"),
    Scene("admin:accounts_user_changelist", U, USUAL, "/admin/accounts/user/", "otto"),
    Scene("admin:accounts_user_add", U, USUAL, "/admin/accounts/user/add/", "Username"),
    Scene("admin:accounts_user_change", U, USUAL, "/admin/accounts/user/{user_id}/change/", "otto"),
    Scene("admin:accounts_user_changelist", F, USUAL, "/admin/accounts/user/", "role", who="otto", status=403),
    # More of everything than any layout was made for.
    Scene("fleet", H, HUGE, "/", "of the Lakes"),
    Scene("fleet", H, HUGE, "/?q=Gross", "Grossschul", also="long-name"),
    Scene("district", H, HUGE, "/districts/{long}", "Grossschul"),
    Scene("district", H, HUGE, "/districts/{rtl}", "مدارس", also="right-to-left"),
    Scene("district", H, HUGE, "/districts/{letter}", "one-sbx", also="one-letter"),
    Scene("district-resources", H, HUGE, "/districts/{long}/resources", "indeed_499"),
    Scene("district-runs", H, HUGE, "/districts/{long}/runs", "Grossschul"),
    Scene("district-drift", H, HUGE, "/districts/{long}/drift", "compute_59"),
    Scene("district-settings", H, HUGE, "/districts/{long}/settings", "Grossschul"),
    Scene("district-audit", H, HUGE, "/districts/{long}/audit", "Grossschul"),
    Scene("district-danger", H, HUGE, "/districts/{long}/danger", "Grossschul"),
    Scene("teardown", H, HUGE, "/districts/{long}/teardown", "Grossschul"),
    Scene("run", H, HUGE, "/runs/{big}", "200 of 500"),
    Scene("run-changes", H, HUGE, "/runs/{big}/changes", "500 of 500 resources and outputs."),
    Scene("run-resources", H, HUGE, "/runs/{big}/resources", "500 planned changes"),
    Scene("run-lines", H, HUGE, "/runs/{big}/lines", "The newest 500 lines"),
    Scene("certificate", H, HUGE, "/certificates/{huge_certificate}", "500 resources"),
    Scene("rollout-new", H, HUGE, "/rollouts/new", "districts in"),
    Scene("rollouts", H, HUGE, "/rollouts", "Rollout"),
    Scene("runs", H, HUGE, "/runs?operation=apply", "Next"),
    Scene("overview", H, HUGE, "/overview", "Fleet health"),
    Scene("drift", H, HUGE, "/drift", "Grossschul"),
    Scene("rollout", H, HUGE, "/rollouts/{rollout}", "10 more changes are on the runs' pages"),
    Scene("audit", H, HUGE, "/audit", "Next"),
    Scene("search", H, HUGE, "/search?q=of the Lakes", "The newest"),
    Scene("system", H, HUGE, "/system", "Sandbox"),
    Scene("admin:districts_district_changelist", H, HUGE, "/admin/districts/district/", "of the Lakes"),
    Scene("admin:districts_district_change", H, HUGE, "/admin/districts/district/{long_id}/change/", "indeed_499"),
)


@cache
def refused_forms() -> frozenset[str]:
    """Return the pages with a form that some scene sends in vain, so that it is shown again."""
    return frozenset(scene.view for scene in SCENES if scene.is_refused)
