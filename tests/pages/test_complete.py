"""The list of scenes has every page, and every page has each of the states that it can be in."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern

from portal.console.urls import urlpatterns
from tests.pages.scenes import SCENES, State

NO_PAGES = {
    "sign-out": "changes something, and leads on",
    "display": "changes something, and leads on",
    "draft-delete": "changes something, and leads on",
    "account-session-end": "changes something, and leads on",
    "account-sessions-end": "changes something, and leads on",
    "token-revoke": "changes something, and leads on",
    "reset": "the portals that are looked at send no mail",
    "reset-sent": "the portals that are looked at send no mail",
    "reset-choose": "the portals that are looked at send no mail",
    "fleet-export": "a file",
    "register-check": "a part of the form's page",
    "bulk-template": "a file",
    "bulk-plan": "changes something, and leads on",
    "fleet-row": "a row of the fleet",
    "drift-check": "changes something, and leads on",
    "drift-plan": "changes something, and leads on",
    "drift-repair": "changes something, and leads on",
    "drift-accept": "changes something, and leads on",
    "drift-remove": "changes something, and leads on",
    "district-pipeline": "a part of the district's page",
    "district-plan": "changes something, and leads on",
    "district-deploy": "changes something, and leads on",
    "teardown-look": "changes something, and leads on",
    "run-live": "a part of the run's page",
    "run-log": "a file",
    "run-cancel": "changes something, and leads on",
    "run-comment": "changes something, and leads on",
    "run-apply": "changes something, and leads on",
    "run-decide": "changes something, and leads on",
    "run-state-look": "changes something, and leads on",
    "run-retry": "changes something, and leads on",
    "certificate-key": "a file",
    "certificate-file": "a file",
    "freeze-end": "changes something, and leads on",
    "window-end": "changes something, and leads on",
    "run-override": "changes something, and leads on",
    "rollout-check": "a part of the form's page",
    "rollout-live": "a part of the rollout's page",
    "rollout-confirm": "changes something, and leads on",
    "rollout-pause": "changes something, and leads on",
    "rollout-resume": "changes something, and leads on",
    "rollout-abort": "changes something, and leads on",
    "audit-verify": "changes something, and leads on",
    "audit-export": "a file",
    "access-test-chosen": "a part of the form's page",
    "access-test": "changes something, and leads on",
    "preflight-look": "changes something, and leads on",
    "access": "a part of the system's page",
    "inbox-read": "changes something, and leads on",
    "inbox-mail": "changes something, and leads on",
    "notice-act": "changes something, and leads on",
    "evidence-drill": "changes something, and leads on",
    "evidence-file": "a file",
    "people-export": "a file",
    "aws-account-retire": "changes something, and leads on",
    "service-act": "changes something, and leads on",
    "person-act": "changes something, and leads on",
    "grant-end": "changes something, and leads on",
    "person-invited": "held by its own tests: the link is not known before",
    "notice-again": "changes something, and leads on",
}

STATES = {State.EMPTY, State.LOADING, State.ERROR, State.FORBIDDEN, State.HUGE}
FORM = "a form is as large as its fields"
STILL = "nothing on it goes on by itself"
SURE = "nothing on it can go wrong"
WITHOUT: dict[str, dict[State, str]] = {
    "sign-in": {
        State.EMPTY: FORM,
        State.LOADING: STILL,
        State.FORBIDDEN: "it is everybody's",
        State.HUGE: FORM,
    },
    "sign-in-again": {State.EMPTY: FORM, State.LOADING: STILL, State.FORBIDDEN: "it is everybody's", State.HUGE: FORM},
    "account": {
        State.EMPTY: "everybody has a name and a role",
        State.LOADING: STILL,
        State.ERROR: SURE,
        State.FORBIDDEN: "it is everybody's",
        State.HUGE: "nobody has many factors or sessions",
    },
    "account-password": {
        State.EMPTY: FORM,
        State.LOADING: STILL,
        State.FORBIDDEN: "it is everybody's",
        State.HUGE: FORM,
    },
    "device": {State.EMPTY: FORM, State.LOADING: STILL, State.HUGE: FORM},
    "tokens": {State.LOADING: STILL, State.HUGE: "50 tokens at most"},
    "register": {State.LOADING: STILL, State.HUGE: FORM},
    "bulk": {State.LOADING: STILL, State.HUGE: "200 rows at most, as in the fleet"},
    "bulk-progress": {
        State.EMPTY: "an unknown batch is a 404",
        State.ERROR: "failed runs stand in the fleet's rows",
        State.FORBIDDEN: "the door is the form's",
        State.HUGE: "200 rows at most, as in the fleet",
    },
    "district-resources": {State.LOADING: STILL, State.ERROR: SURE},
    "district-runs": {State.EMPTY: "a registration makes the first run"},
    "district-drift": {
        State.LOADING: "a check is a run, with a page of its own",
        State.ERROR: "it shows what is wrong",
    },
    "district-settings": {State.EMPTY: FORM, State.LOADING: STILL},
    "district-audit": {State.EMPTY: "the registration is the first event", State.LOADING: STILL, State.ERROR: SURE},
    "district-danger": {State.LOADING: STILL, State.ERROR: SURE},
    "run-force-stop": {State.EMPTY: FORM, State.LOADING: STILL, State.HUGE: FORM},
    "run-state": {State.LOADING: STILL, State.HUGE: "a run has few attempts"},
    "run-changes": {State.LOADING: STILL, State.ERROR: SURE},
    "run-resources": {State.ERROR: "what failed stands in its list"},
    "run-lines": {State.ERROR: "an archive that is away is shown by the tests"},
    "run-activity": {State.EMPTY: "a run has a step", State.HUGE: "the newest 100 acts are shown"},
    "certificate": {State.EMPTY: "an unknown one is a 404", State.LOADING: STILL, State.ERROR: "shown by the tests"},
    "overview": {State.LOADING: STILL, State.ERROR: "it counts what is wrong"},
    "rollouts": {State.LOADING: STILL, State.ERROR: SURE},
    "runs": {State.LOADING: STILL, State.ERROR: SURE},
    "approvals": {State.LOADING: STILL, State.ERROR: SURE, State.HUGE: "a hundred at most"},
    "drift": {State.LOADING: STILL, State.ERROR: "it shows what is wrong"},
    "calendar": {State.LOADING: STILL, State.ERROR: SURE, State.HUGE: "a hundred of each at most"},
    "freeze-new": {State.EMPTY: FORM, State.LOADING: STILL, State.HUGE: FORM},
    "window-new": {State.EMPTY: FORM, State.LOADING: STILL, State.HUGE: FORM},
    "district-lifetime": {State.EMPTY: FORM, State.LOADING: STILL, State.HUGE: FORM},
    "district-contract": {State.EMPTY: FORM, State.LOADING: STILL, State.HUGE: FORM},
    "district-time-zone": {
        State.EMPTY: FORM,
        State.LOADING: STILL,
        State.ERROR: "a zone is chosen from a list",
        State.HUGE: FORM,
    },
    "rollout-new": {State.LOADING: STILL},
    "rollout": {State.EMPTY: "a rollout has a district", State.LOADING: "its huge state is at work"},
    "audit": {State.LOADING: STILL, State.ERROR: "a broken chain is shown by the tests"},
    "search": {State.LOADING: STILL, State.ERROR: SURE},
    "system": {State.LOADING: STILL, State.ERROR: "no worker answers in any state here"},
    "preflight": {State.HUGE: "it has as many lines as there are checks"},
    "inbox": {
        State.EMPTY: "whoever made an account told its person",
        State.LOADING: STILL,
        State.ERROR: SURE,
        State.HUGE: "fifty at a time",
    },
    "evidence": {
        State.LOADING: "a worker makes the package, and its row says so",
        State.HUGE: "twenty packages at most",
    },
    "people": {
        State.EMPTY: "whoever looks is one",
        State.LOADING: STILL,
        State.ERROR: SURE,
        State.HUGE: "fifty at a time",
    },
    "services": {State.LOADING: STILL, State.HUGE: "fifty at a time"},
    "aws-accounts": {State.LOADING: STILL, State.ERROR: SURE, State.HUGE: "fifty at a time"},
    "aws-account-new": {State.EMPTY: FORM, State.LOADING: STILL, State.HUGE: FORM},
    "aws-account": {
        State.EMPTY: "an unknown one is a 404",
        State.LOADING: "a worker asks AWS, and its part says so",
        State.ERROR: "held by its own tests",
        State.HUGE: FORM,
    },
    "person-new": {State.EMPTY: FORM, State.LOADING: STILL, State.HUGE: FORM},
    "person": {
        State.EMPTY: "an unknown one is a 404",
        State.LOADING: STILL,
        State.ERROR: SURE,
        State.HUGE: "fifty sessions at most",
    },
    "grant-new": {State.EMPTY: FORM, State.LOADING: STILL, State.HUGE: FORM},
    "roles": dict.fromkeys((State.EMPTY, State.LOADING, State.ERROR, State.HUGE), "it is always the same"),
    "notices": {State.LOADING: STILL, State.ERROR: SURE, State.HUGE: "nobody has many endpoints"},
    "notice-new": {State.EMPTY: FORM, State.LOADING: STILL, State.HUGE: FORM},
    "notice-endpoint": {
        State.EMPTY: "an unknown one is a 404",
        State.LOADING: STILL,
        State.ERROR: "the form is that of a new one",
        State.HUGE: "fifty deliveries at a time",
    },
    "design": dict.fromkeys((State.EMPTY, State.LOADING, State.ERROR, State.HUGE), "it is always the same"),
    "legend": dict.fromkeys((State.EMPTY, State.LOADING, State.ERROR, State.HUGE), "it is always the same"),
}
"""Which states a page is never in, and why."""


def views() -> set[str]:
    return {str(pattern.name) for pattern in urlpatterns if isinstance(pattern, URLPattern)}


def looked_at() -> dict[str, set[State]]:
    states: dict[str, set[State]] = {}
    for scene in SCENES:
        states.setdefault(scene.view, set()).add(scene.state)
    return states


def test_every_address_of_the_console_is_looked_at_or_is_no_page():
    assert views() == {view for view in looked_at() if ":" not in view and view in views()} | set(NO_PAGES)


def test_every_page_is_looked_at_in_each_of_its_states():
    missing = {
        view: sorted(STATES - states - set(WITHOUT.get(view, {})))
        for view, states in looked_at().items()
        if view in views() and STATES - states - set(WITHOUT.get(view, {}))
    }
    assert not missing


def test_no_state_is_both_looked_at_and_impossible():
    contradictions = {
        (view, state) for view, states in WITHOUT.items() for state in states if state in looked_at().get(view, set())
    }
    assert not contradictions


def test_every_model_of_the_admin_is_looked_at_as_a_list_and_as_a_page():
    names = {f"admin:{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry}
    lists = {f"{name}_changelist" for name in names}
    assert lists <= set(looked_at())
    pages = {f"{name}_change" for name in names}
    assert pages <= set(looked_at())


def test_names_tell_scenes_apart():
    names = [scene.name for scene in SCENES]
    assert len(names) == len(set(names))
