"""The catalogue of known errors: each speaks of its own and of nothing else."""

from __future__ import annotations

import random
import re

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devtools.paths import ROOT
from engine.known_errors.catalogue import CATALOGUE
from engine.known_errors.entry import Hint, Rank
from engine.known_errors.hints import hint_for

ENTRIES = pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.code)
FRAMES = ("{}", "│ Error: {}\n│ \n│   with aws_vpc.this,\n│   on cdk.tf.json line 9", "{} (and 3 more)", "\n  {}\n")


def first_in(entries: list[Hint], text: str) -> Hint | None:
    return next((entry for entry in sorted(entries, key=lambda entry: entry.rank) if entry.pattern.search(text)), None)


def test_there_are_forty_codes_and_each_is_told_apart():
    codes = [entry.code for entry in CATALOGUE]
    assert len(codes) == len(set(codes)) >= 40
    assert all(re.fullmatch(r"[a-z_]+", code) for code in codes)


@ENTRIES
@pytest.mark.parametrize("frame", FRAMES)
def test_an_entry_knows_its_message_however_it_is_framed(entry, frame):
    assert hint_for(frame.format(entry.example)) is entry


@ENTRIES
def test_no_other_entry_of_the_same_rank_knows_the_message(entry):
    others = [other.code for other in CATALOGUE if other.rank is entry.rank and other is not entry]
    swallowing = [code for code in others if by_code(code).pattern.search(entry.example)]
    assert swallowing == []


def by_code(code: str) -> Hint:
    return next(entry for entry in CATALOGUE if entry.code == code)


@given(seed=st.integers(), index=st.integers(0, len(CATALOGUE) - 1))
def test_the_order_of_entries_decides_nothing(seed, index):
    shuffled = random.Random(seed).sample(list(CATALOGUE), len(CATALOGUE))
    assert first_in(shuffled, CATALOGUE[index].example) is CATALOGUE[index]


SPEAKING = [entry for entry in CATALOGUE if entry.rank is not Rank.CAUSE and "\n\n" not in entry.example]


@given(st.lists(st.sampled_from(SPEAKING), min_size=2, max_size=4))
def test_of_several_problems_the_first_is_explained(entries):
    assert hint_for("\n\n".join(entry.example for entry in entries)) is entries[0]


@given(st.sampled_from(SPEAKING))
def test_no_connection_explains_whatever_came_before(entry):
    hint = hint_for(entry.example + "\n\ndial tcp 127.0.0.1:9: connect: connection refused")
    assert hint is not None
    assert hint.code == "aws_unreachable"


@ENTRIES
def test_an_entry_is_a_sentence_with_a_way_out(entry):
    assert entry.summary.endswith(".")
    assert entry.remedy.endswith(".")
    assert len(entry.remedy) > 15
    assert entry.example.strip() == entry.example


@pytest.mark.parametrize("entry", [entry for entry in CATALOGUE if entry.origin.error], ids=lambda entry: entry.code)
def test_an_operation_has_the_error_that_is_named_as_its_origin(entry):
    model = boto3.client(
        entry.origin.service, region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none"
    ).meta.service_model.operation_model(entry.origin.operation)
    known = {shape.metadata.get("error", {}).get("code") or shape.name for shape in model.error_shapes}
    assert entry.origin.error in known


@ENTRIES
def test_an_origin_is_a_page_of_aws_or_a_file_of_its_source(entry):
    address = entry.origin.url
    if address.startswith("https://"):
        assert re.match(r"https://(docs\.aws\.amazon\.com|github\.com/hashicorp|pkg\.go\.dev)/", address)
    else:
        assert (ROOT / "docs" / address).is_file()


@pytest.mark.parametrize("text", ["", "something odd", "api error Strange: nobody wrote of this one"])
def test_what_nobody_knows_has_no_hint(text):
    assert hint_for(text) is None
