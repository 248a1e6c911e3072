"""A message is its English sentence, and keeps what that was made of through everything that passes it along."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.message import (
    Joined,
    Message,
    Sentence,
    Verbatim,
    beside_fields,
    listed,
    message,
    sentences,
    term,
    verbatim,
    word,
)
from messages.stored import MARK, codes_of, loaded, packed, restored, stored, unpacked, within

LOCKED = message("The state is locked by {holder}.", holder="ada@host")
KINDS = [
    LOCKED,
    message("{state} took longer than {hours}.", state=word("Planning", "RunState"), hours=message("{n} hours", n=2)),
    sentences(LOCKED, message("Wait until it has ended."), "Said by somebody."),
    word("In sync", "DriftStatus").lower(),
    verbatim("Error: no such host"),
    verbatim(""),
]


@pytest.mark.parametrize("made", KINDS)
def test_it_is_a_string_and_says_the_sentence(made: Message) -> None:
    assert made == "".join(list(made))
    assert json.loads(json.dumps(made)) == made


@pytest.mark.parametrize("made", KINDS)
def test_what_is_stored_pickled_or_copied_comes_back_with_its_parts(made: Message) -> None:
    for copied in (loaded(json.loads(json.dumps(stored(made)))), pickle.loads(pickle.dumps(made)), copy.deepcopy(made)):
        assert type(copied) is type(made)
        assert (copied, stored(copied)) == (made, stored(made))


def test_an_error_that_is_raised_with_one_still_has_it() -> None:
    assert str(ValueError(LOCKED)) is LOCKED
    assert isinstance(LOCKED.strip(), Sentence)
    assert LOCKED.code == "state_locked_holder"


def test_an_f_string_makes_plain_text_of_it() -> None:
    assert type(f"{LOCKED} Wait.") is str


def test_a_number_stays_one_and_everything_else_is_written_as_it_is() -> None:
    sentence = message("{count} of {share}, {is_on}, {none}", count=3, share=1.5, is_on=True, none=None)
    assert sentence == "3 of 1.5, True, None"
    assert dict(sentence.values) == {"count": 3, "share": "1.5", "is_on": "True", "none": "None"}


@given(st.text())
def test_a_value_is_never_read_as_a_template(text: str) -> None:
    sentence = message("{first} and {second}", first=text, second="{first}")
    assert sentence == f"{text} and {{first}}"
    assert loaded(json.loads(json.dumps(stored(sentence)))) == sentence


@pytest.mark.parametrize("text", ["{}", "{0}", "{holder}", "{holder.__class__}", "%s %(holder)s", "<b>", "\\g<0>"])
def test_hostile_values_are_text(text: str) -> None:
    assert message("Locked by {holder}.", holder=text) == f"Locked by {text}."
    assert message("{a}{b}", a="{b}", b=text) == f"{{b}}{text}"


def test_empty_parts_are_left_out_and_a_single_one_is_itself() -> None:
    assert sentences("", LOCKED, "") is LOCKED
    assert sentences() == ""
    assert isinstance(sentences(LOCKED, LOCKED), Joined)
    assert listed(["a", "b"], between=" or ") == "a or b"
    assert beside_fields({"cidr": ["No.", LOCKED], "slug": ["Taken."]}) == f"cidr: No. {LOCKED}; slug: Taken."


def test_words_are_small_in_the_middle_of_a_sentence_and_keep_their_context() -> None:
    small = word("Awaiting approval", "RunState").lower()
    assert (small, type(small)) == ("awaiting approval", Sentence)
    assert term("Processor image").lower() == "processor image"
    assert type(LOCKED.lower()) is str


def test_programs_are_told_code_and_values_part_by_part() -> None:
    assert codes_of(sentences(LOCKED, "Ask Ada.")) == [
        {"code": "state_locked_holder", "values": {"holder": "ada@host"}},
        {"code": "verbatim", "values": {"text": "Ask Ada."}},
    ]
    assert codes_of("") == []


def test_parts_that_do_not_give_the_text_are_not_believed() -> None:
    data = stored(LOCKED)
    for change in ({"text": "The state is free."}, {"template": "{holder} is gone."}, {"values": {"holder": "otto"}}):
        read = loaded(data | change)
        assert type(read) is Verbatim
        assert read == (data | change)["text"]


@pytest.mark.parametrize("data", [{}, {"text": None}, {"text": "x", "parts": [1]}, {"text": "x", "template": 3}])
def test_what_was_never_stored_so_is_text(data: dict[str, object]) -> None:
    assert type(loaded(data)) is Verbatim


def test_messages_within_json_are_packed_and_come_back() -> None:
    data = {"reasons": [LOCKED, "own"], "deep": {"says": sentences(LOCKED, LOCKED)}, "n": 1}
    content = json.loads(json.dumps(packed(data)))
    assert content["reasons"][0] == {MARK: stored(LOCKED)}
    back = unpacked(content)
    assert back == data
    assert stored(back["deep"]["says"]) == stored(data["deep"]["says"])  # type: ignore[index]


def test_a_file_keeps_plain_texts_and_its_messages_beside_them() -> None:
    data = {"reason": LOCKED, "more": [{"says": LOCKED}, "own"]}
    beside = within(data)
    assert [entry["text"] for entry in beside] == [LOCKED]
    back = restored(json.loads(json.dumps(data)), json.loads(json.dumps(beside)))
    assert stored(back["more"][0]["says"]) == stored(LOCKED)
    assert type(back["more"][1]) is str
