"""Every state of every enumeration has its row among the badges, drawn with a shape and a tone that there are."""

from __future__ import annotations

import re

from devtools.paths import ROOT
from portal.console.badges import GROUPS, badge_of
from provisioning.states.runs import RunState
from registry.labels import LabeledEnum

STATIC = ROOT / "portal" / "console" / "static" / "console"


def rows() -> dict[type[LabeledEnum], set[LabeledEnum]]:
    return {type(next(iter(badges))): set(badges) for _, badges in GROUPS}


def test_every_state_has_its_row():
    assert rows() == {states: set(states) for states in LabeledEnum.__subclasses__()}


def test_every_row_names_a_shape_and_a_tone_that_are_drawn():
    shapes = set(re.findall(r'id="([\w-]+)"', (STATIC / "icons.svg").read_text()))
    styles = "".join(path.read_text() for path in sorted(STATIC.rglob("*.css")))
    tones = set(re.findall(r"\.tint-([\w-]+)", styles))
    for _, badges in GROUPS:
        for state, badge in badges.items():
            assert badge.icon in shapes, state
            assert badge.tone in tones, state


def test_states_that_are_equal_as_text_have_badges_of_their_own():
    others = [state for states in LabeledEnum.__subclasses__() for state in states if state == RunState.FAILED]
    assert len({str(badge_of(state).meaning) for state in others}) == len(others) > 1
