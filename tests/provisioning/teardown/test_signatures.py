"""A certificate's file is genuine as it was signed, and after any change of anything in it is not."""

from __future__ import annotations

import copy
import json
import stat
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from provisioning.teardown.signatures import (
    KeyProblemError,
    NotGenuineError,
    canonical,
    file_of,
    make_key,
    public_key,
    sign,
    verify,
)

DOCUMENT = {
    "certificate": 7,
    "format": 1,
    "district": {"name": "Écoles «Nord» 🍁", "suffix": "nord-prod", "live_at": None},
    "existed": [{"address": "aws_vpc.this", "gone_at": "2026-11-24T20:00:00+00:00"}, {"address": "aws_kms_key.this"}],
    "teardown": {"final_snapshot": False, "runs": [4, 9]},
}
OTHERS = st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False)
Way = tuple[str | int, ...]


@pytest.fixture(scope="module")
def signed(tmp_path_factory) -> tuple[dict[str, Any], str]:
    path = tmp_path_factory.mktemp("key") / "key.pem"
    key = make_key(path)
    return file_of(sign(DOCUMENT, path)), key.key_id


def ways(value: Any, prefix: Way = ()) -> Iterator[Way]:
    """Return the way to each part of JSON data, the whole left out."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield (*prefix, name)
        yield from ways(part, (*prefix, name))


def at(value: Any, way: Way) -> Any:
    for name in way:
        value = value[name]
    return value


def test_the_file_is_genuine_however_it_is_written(signed):
    file, key_id = signed
    for text in (json.dumps(file), json.dumps(file, indent=4, ensure_ascii=False), canonical(file)):
        assert verify(text, {key_id}) == DOCUMENT


@given(data=st.data())
def test_any_part_changed_to_anything_is_found(signed, data):
    file, key_id = signed
    changed = copy.deepcopy(file)
    way = data.draw(st.sampled_from(list(ways(file))))
    before = at(changed, way)
    at(changed, way[:-1])[way[-1]] = data.draw(OTHERS.filter(lambda value: canonical(value) != canonical(before)))
    with pytest.raises(NotGenuineError):
        verify(json.dumps(changed), {key_id})


@given(data=st.data())
def test_any_part_taken_away_or_added_is_found(signed, data):
    file, key_id = signed
    changed = copy.deepcopy(file)
    way = data.draw(st.sampled_from(list(ways(file))))
    holder = at(changed, way[:-1])
    if data.draw(st.booleans()) and isinstance(holder, dict):
        holder["added"] = data.draw(OTHERS)
    else:
        del holder[way[-1]]
    with pytest.raises(NotGenuineError):
        verify(json.dumps(changed), {key_id})


@given(st.data())
def test_one_character_changed_in_the_text_is_found_or_changes_nothing(signed, data):
    file, key_id = signed
    text = json.dumps(file)
    place = data.draw(st.integers(0, len(text) - 1))
    changed = text[:place] + data.draw(st.characters(codec="utf-8")) + text[place + 1 :]
    try:
        assert verify(changed, {key_id}) == DOCUMENT
        assert canonical(json.loads(changed)) == canonical(file)
    except NotGenuineError:
        assert changed != text


def test_a_name_given_twice_is_found(signed):
    file, key_id = signed
    text = json.dumps(file).replace('"certificate": 7', '"certificate": 8, "certificate": 7', 1)
    with pytest.raises(NotGenuineError, match="no JSON file"):
        verify(text, {key_id})


def test_what_another_key_signed_is_not_ours(signed, tmp_path):
    _, key_id = signed
    make_key(tmp_path / "other.pem")
    with pytest.raises(NotGenuineError, match="not this portal's"):
        verify(json.dumps(file_of(sign(DOCUMENT, tmp_path / "other.pem"))), {key_id})


def test_a_key_is_its_owners_alone_and_is_never_replaced(tmp_path):
    path = tmp_path / "folder" / "key.pem"
    key = make_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        make_key(path)
    assert public_key(path) == key
    shared = tmp_path / "public.pem"
    shared.write_text(key.pem)
    assert public_key(shared) == key
    with pytest.raises(KeyProblemError, match="no private key"):
        sign(DOCUMENT, shared)
    with pytest.raises(KeyProblemError, match="make_signing_key"):
        public_key(tmp_path / "nowhere.pem")


def test_the_commands_make_a_key_and_verify_by_it(settings, tmp_path):
    settings.SIGNING_KEY = tmp_path / "key.pem"
    output = StringIO()
    call_command("make_signing_key", stdout=output)
    assert public_key(settings.SIGNING_KEY).key_id in output.getvalue()
    with pytest.raises(CommandError, match="there already"):
        call_command("make_signing_key")
    file = file_of(sign(DOCUMENT, settings.SIGNING_KEY))
    paper = tmp_path / "certificate.json"
    paper.write_text(json.dumps(file))
    call_command("verify_certificate", str(paper), stdout=output)
    assert "Genuine: certificate 7 of the removal of Écoles" in output.getvalue()
    file["document"]["district"]["name"] = "Another"
    paper.write_text(json.dumps(file))
    with pytest.raises(CommandError, match="SHA-256 differs"):
        call_command("verify_certificate", str(paper))
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("verify_certificate", str(tmp_path / "nothing.json"))


def test_a_public_key_verifies_where_the_private_one_is_not(settings, signed, tmp_path):
    file, _ = signed
    settings.SIGNING_KEY = tmp_path / "nowhere.pem"
    paper, key = tmp_path / "certificate.json", tmp_path / "public.pem"
    paper.write_text(json.dumps(file))
    with pytest.raises(CommandError, match="--key"):
        call_command("verify_certificate", str(paper))
    key.write_text(file["signature"]["public_key"])
    output = StringIO()
    call_command("verify_certificate", str(paper), "--key", str(key), stdout=output)
    assert output.getvalue().startswith("Genuine")
