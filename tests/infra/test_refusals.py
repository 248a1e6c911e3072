"""A long table of bad specifications, through the command: each is refused with its field and what to do about it."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from infra.__main__ import main
from tests.infra.conftest import infra

GOOD: dict[str, Any] = {
    "spec_version": 1,
    "district_name": "Lakeside Unified",
    "slug": "lakeside",
    "environment": "sandbox",
    "suffix": "lakeside-sbx",
    "account_id": "123456789012",
    "cidr": "10.0.0.0/22",
}
PLATFORM: dict[str, Any] = {
    "account_id": "123456789012",
    "external_id": "0123456789abcdef",
    "portal_principal_arns": ["arn:aws:iam::210987654321:role/homeroom-portal"],
}
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0b0b0b0b"
IMAGE = "repository@sha256:" + "0" * 64
PRODUCTION = {
    "environment": "production",
    "suffix": "lakeside-prod",
    "certificate_arn": CERTIFICATE,
    "images": {"api": IMAGE, "worker": IMAGE},
}
ZONE, DOMAIN = "Z0123456789ABC", "lakeside.example.org"
WHOLE, TEXT, A_LIST, AN_OBJECT = "Give a whole number", "Give a text", "Give a list", "Give an object"

LOGIN = "https://login.example.org"
KEYS = {"keys": [{"kty": "RSA", "kid": "2026-11", "use": "sig", "alg": "RS256", "n": "0vx7agoebGcQSuu", "e": "AQAB"}]}


def key_with(**members: str) -> str:
    """Return the set with one key that has more, or other, members."""
    return json.dumps({"keys": [KEYS["keys"][0] | members]})


Row = tuple[str, Any, str, str]
"""A field, a bad value, the field that is named if it is another one, and words of the remedy."""

ROWS: list[Row] = [
    # Wrong kinds of value.
    ("district_name", None, "", TEXT),
    ("district_name", 7, "", TEXT),
    ("district_name", ["Lakeside"], "", TEXT),
    ("slug", True, "", TEXT),
    ("environment", 1, "", "'sandbox', 'staging' or 'production'"),
    ("account_id", 123456789012, "", TEXT),
    ("cidr", 167772160, "", TEXT),
    ("cidr", None, "", TEXT),
    ("cidr", ["10.0.0.0/22"], "", TEXT),
    ("zones", True, "", WHOLE),
    ("zones", "2", "", WHOLE),
    ("zones", 2.0, "", WHOLE),
    ("database_instances", True, "", WHOLE),
    ("database_instances", "2", "", WHOLE),
    ("backup_days", True, "", WHOLE),
    ("backup_days", "7", "", WHOLE),
    ("backup_days", 7.5, "", WHOLE),
    ("retention_days", 365.0, "", WHOLE),
    ("monthly_budget_usd", "500", "", WHOLE),
    ("monthly_budget_usd", None, "", WHOLE),
    ("final_snapshot", "yes", "", "true or false"),
    ("final_snapshot", 1, "", "true or false"),
    ("allowed_client_cidrs", "203.0.113.0/24", "", A_LIST),
    ("allowed_client_cidrs", [0], "allowed_client_cidrs.0", TEXT),
    ("alarm_emails", "oncall@example.org", "", A_LIST),
    ("alarm_emails", [7], "alarm_emails.0", TEXT),
    ("tags", ["Team"], "", AN_OBJECT),
    ("tags", {"Team": 7}, "tags.Team", TEXT),
    ("images", "busybox", "", AN_OBJECT),
    ("images", {"api": 7}, "images.api", TEXT),
    ("engine_versions", "16.6", "", AN_OBJECT),
    ("engine_versions", {"postgres": 16.6}, "engine_versions.postgres", TEXT),
    ("hosted_zone_id", 7, "", TEXT),
    # Fields and versions that are not known.
    ("extra", "field", "", "remove it"),
    ("Slug", "lakeside", "", "remove it"),
    ("${aws_kms_key.x}", 1, "", "remove it"),
    ("images", {"web": IMAGE}, "images.web", "remove it"),
    ("engine_versions", {"mysql": "8"}, "engine_versions.mysql", "remove it"),
    ("spec_version", 0, "", "version 1"),
    ("spec_version", 2, "", "newer Homeroom"),
    ("spec_version", "1", "", "version 1"),
    ("spec_version", 1.0, "", "version 1"),
    ("spec_version", True, "", "version 1"),
    ("spec_version", None, "", "version 1"),
    # Huge, small and out of range.
    ("district_name", "x" * 121, "", "Shorten this to 120"),
    ("district_name", "", "", "at least one character"),
    ("slug", "l" * 16, "", "2 to 15"),
    ("zones", 4, "", "2 or 3"),
    ("zones", 10**30, "", "smaller number"),
    ("database_instances", 0, "", "1 or 2"),
    ("database_instances", 3, "", "1 or 2"),
    ("backup_days", 0, "", "1 or more"),
    ("backup_days", 36, "", "35 or less"),
    ("backup_days", 10**40, "", "35 or less"),
    ("monthly_budget_usd", 0, "", "1 or more"),
    ("monthly_budget_usd", 1_000_001, "", "1000000 or less"),
    ("retention_days", 42, "", "one of these"),
    ("retention_days", -1, "", "one of these"),
    ("cidr", "10.0.0.0/8", "", "between /16 and /22"),
    ("cidr", "10.0.0.0/24", "", "between /16 and /22"),
    ("allowed_client_cidrs", [], "", "1 to 25"),
    ("allowed_client_cidrs", [f"203.0.113.{number}/32" for number in range(26)], "", "1 to 25"),
    ("alarm_emails", [f"a{number}@example.org" for number in range(11)], "", "at most 10"),
    ("tags", {f"k{number}": "v" for number in range(21)}, "", "at most 20"),
    ("tags", {"a": "x" * 257}, "", "a length or a character"),
    ("tags", {"x" * 129: "a"}, "", "a length or a character"),
    ("role_arn", "arn:aws:iam::123456789012:role/" + "x" * 600, "", "ARN of an IAM role"),
    # Hostile text.
    ("district_name", "   ", "", "can be read"),
    ("district_name", "Lake\nside: fine", "", "control characters"),
    ("district_name", "Lake\u0000side", "", "control characters"),
    ("slug", "${x}", "", "lower-case letters"),
    ("slug", "lakeside\n", "", "lower-case letters"),
    ("slug", "la\u200bke", "", "lower-case letters"),
    ("slug", "../etc", "", "lower-case letters"),
    ("account_id", "١٢٣٤٥٦٧٨٩٠١٢", "", "12 digits"),
    ("account_id", "123456789012 ", "", "12 digits"),
    ("region", "us-east-1\n", "", "AWS region"),
    ("alarm_emails", ["${aws_kms_key.x}@a.org"], "", "name@example.org"),
    ("alarm_emails", ["a@example.org\nslug: fine"], "", "name@example.org"),
    ("tags", {"a": "${x}"}, "", "a length or a character"),
    ("tags", {"a\nb": "c"}, "", "a length or a character"),
    ("tags", {"a": "b\tc"}, "", "a length or a character"),
    ("external_id", "${x}", "", "2 to 1224"),
    ("hosted_zone_id", "${x}", "", "Route 53 hosted zone"),
    ("domain_name", "a b.example.org", "", "in lower case"),
    ("images", {"api": "${x}@sha256:" + "0" * 64}, "images.api", "by its digest"),
    ("images", {"api": IMAGE + "\n"}, "images.api", "by its digest"),
    ("sign_in", {"issuer": "https://login.example.org?x=${x}"}, "sign_in.issuer", "the issuer's address"),
    ("sign_in", {"issuer": "https://login.example.org\n"}, "sign_in.issuer", "the issuer's address"),
    ("sign_in", {"issuer": "https://" + "a" * 250}, "sign_in.issuer", "the issuer's address"),
    ("sign_in", {"issuer": "http://login.example.org"}, "sign_in.issuer", "over TLS only"),
    ("sign_in", {"issuer": LOGIN, "audience": "${x}"}, "sign_in.audience", "1 to 200 letters"),
    ("sign_in", {"audience": "lakeside"}, "sign_in.audience", "with an issuer"),
    ("sign_in", {"keys": json.dumps(KEYS)}, "sign_in.keys", "with an issuer"),
    ("sign_in", {"issuer": LOGIN, "keys": "{"}, "sign_in.keys", "its jwks_uri"),
    ("sign_in", {"issuer": LOGIN, "keys": '{"keys": []}'}, "sign_in.keys", "its jwks_uri"),
    ("sign_in", {"issuer": LOGIN, "keys": '{"keys": [{"kty": "RSA", "kid": "a"}]}'}, "sign_in.keys", "its jwks_uri"),
    ("sign_in", {"issuer": LOGIN, "keys": key_with(kid="${x}")}, "sign_in.keys", "its jwks_uri"),
    ("sign_in", {"issuer": LOGIN, "keys": key_with(d="AQAB")}, "sign_in.keys", "private key"),
    ("sign_in", {"issuer": LOGIN, "keys": " " * 30_000}, "sign_in.keys", "at most 24,576"),
    ("sign_in", {"client_id": "office"}, "sign_in.client_id", "with an issuer"),
    ("sign_in", {"issuer": LOGIN, "client_id": "${x}"}, "sign_in.client_id", "1 to 200 letters"),
    ("district_ids", ["3904380", "3904380"], "", "each once"),
    ("district_ids", ["39,04380"], "", "is no id"),
    ("district_ids", [str(number) for number in range(11)], "", "at most 10"),
    # Letters of another case.
    ("environment", "Sandbox", "", "'sandbox'"),
    ("size", "s", "", "'S', 'M' or 'L'"),
    ("egress", "NAT", "", "'nat' or 'none'"),
    ("cache_engine", "Redis", "", "'redis' or 'valkey'"),
    ("slug", "Lakeside", "", "lower-case letters"),
    ("suffix", "lakeside-SBX", "", "lower-case letters"),
    ("region", "US-EAST-1", "", "AWS region"),
    ("domain_name", "Lakeside.example.org", "", "in lower case"),
    ("tags", {"suffix": "mine"}, "", "choose another key"),
    ("tags", {"AWS:thing": "mine"}, "", "choose another key"),
    ("tags", {"Team": "a", "team": "b"}, "", "each key once"),
    # Doubles.
    ("alarm_emails", ["a@example.org", "A@example.org"], "", "each address once"),
    ("allowed_client_cidrs", ["203.0.113.0/24", "203.0.113.128/25"], "", "keep the larger"),
    # Values that AWS, or this stack, does not take.
    ("slug", "-lakeside", "", "a letter first"),
    ("slug", "lake--side", "", "single hyphens"),
    ("suffix", "other-sbx", "", "lakeside-sbx"),
    ("region", "us-moon-9", "", "AWS region"),
    ("region", "cn-north-1", "", "AWS region"),
    ("account_id", "12345", "", "12 digits"),
    ("cidr", "8.8.0.0/16", "", "private network"),
    ("cidr", "10.0.0.1/22", "", "the network's own address"),
    ("cidr", "10.0.0.0/33", "", "no IPv4 network"),
    ("cidr", "2001:db8::/32", "", "no IPv4 network"),
    ("certificate_arn", "mine", "", "arn:aws:acm:"),
    ("certificate_arn", CERTIFICATE.replace("east", "west"), "", "us-east-1"),
    ("certificate_arn", CERTIFICATE.replace("123456789012", "999999999999"), "", "123456789012"),
    ("hosted_zone_id", ZONE, "domain_name", "together"),
    ("domain_name", DOMAIN, "hosted_zone_id", "together"),
    ("domain_name", "localhost", "", "a domain name"),
    ("role_arn", "arn:aws:iam::999999999999:role/homeroom-deploy", "", "the district's account"),
    ("external_id", "alone-without-a-role", "", "goes with a role"),
    ("permissions_boundary_arn", "arn:aws:iam::999999999999:policy/x", "", "the district's account"),
    ("engine_versions", {"postgres": "15.4"}, "engine_versions.postgres", "16.3 or a later 16"),
    ("engine_versions", {"cache": "6.2"}, "engine_versions.cache", "use 7.1"),
    ("images", {"api": "busybox:latest"}, "images.api", "by its digest"),
    ("images", {"api": "busybox@sha256:" + "0" * 63}, "images.api", "by its digest"),
]
IN_PRODUCTION: list[Row] = [
    ("images", {}, "images.api", "images by their digest only"),
    ("images", {"api": IMAGE}, "images.worker", "images by their digest only"),
    ("certificate_arn", None, "", "over TLS only"),
    ("database_instances", 1, "", "use 2, or leave this out"),
    ("suffix", "lakeside-sbx", "", "lakeside-prod"),
]
OF_THE_PLATFORM: list[Row] = [
    ("spec_version", 2, "", "version 1"),
    ("spec_version", True, "", "version 1"),
    ("account_id", "1", "", "12 digits"),
    ("account_id", 123456789012, "", TEXT),
    ("account_id", None, "", TEXT),
    ("region", "Ohio", "", "AWS region"),
    ("external_id", "short", "", "at random"),
    ("external_id", "x" * 1225, "", "1224"),
    ("external_id", "${x}${x}", "", "at random"),
    ("portal_principal_arns", [], "", "1 to 5"),
    ("portal_principal_arns", "arn:aws:iam::210987654321:role/homeroom-portal", "", A_LIST),
    ("portal_principal_arns", ["*"], "", "arn:aws:iam::<account>:role/<name>"),
    ("portal_principal_arns", ["arn:aws:iam::123456789012:root"], "", "arn:aws:iam::<account>:role/<name>"),
    ("portal_principal_arns", [f"arn:aws:iam::123456789012:role/r{number}" for number in range(6)], "", "1 to 5"),
    ("portal_principal_arns", ["arn:aws:iam::123456789012:role/r"] * 2, "", "once"),
    ("portal_principal_arns", [7], "portal_principal_arns.0", TEXT),
    ("state_bucket", "Not A Bucket", "", "3 to 63"),
    ("state_bucket", "192.168.0.1", "", "no IP address"),
    ("state_bucket", "a..b", "", "single dots"),
    ("state_bucket", 7, "", TEXT),
    ("evidence_bucket", "Not A Bucket", "", "3 to 63"),
    ("evidence_bucket", "homeroom-evidence", "", "the portal's own account"),
    ("admin_role_arn", "mine", "", "ARN of an IAM role"),
    ("admin_role_arn", "arn:aws:iam::999999999999:role/admin", "", "123456789012"),
    ("guardduty", "perhaps", "", "true or false"),
    ("guardduty", 1, "", "true or false"),
    ("hosted_zone_ids", "Z0123456789ABC", "", A_LIST),
    ("hosted_zone_ids", ["*"], "", "hosted zone"),
    ("hosted_zone_ids", ["Z1", "Z1"], "", "once"),
    ("hosted_zone_ids", [f"Z{number}" for number in range(4)], "", "at most 3"),
    ("extra", 1, "", "remove it"),
    ("Account_id", "123456789012", "", "remove it"),
]
NO_SPECIFICATION = ["", "{", "[]", "null", "7", '"text"', "NaN", "[" * 100_000, "\ufeff{}", "{'slug': 'a'}"]


@pytest.fixture
def refusal(tmp_path, monkeypatch, capsys):
    """Run the command on a text, and return what it says, by field."""

    def run(text: str, *words: str) -> dict[str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        assert main([*words, "-", str(tmp_path / "out")]) == 2
        output = capsys.readouterr()
        assert output.out == ""
        assert not (tmp_path / "out").exists()
        lines = [line.partition(": ") for line in output.err.splitlines()]
        assert all(field and sentence.endswith(".") for field, _, sentence in lines), output.err
        assert all("Input should" not in sentence and "Traceback" not in sentence for _, _, sentence in lines)
        return {field: sentence for field, _, sentence in lines}

    return run


def number(row: object) -> str:
    return str(row)[:24]


@pytest.mark.parametrize(("field", "value", "named", "words"), ROWS, ids=number)
def test_a_bad_field_is_named_with_its_remedy(refusal, field, value, named, words):
    errors = refusal(json.dumps(GOOD | {field: value}))
    assert set(errors) == {named or field}
    assert words in errors[named or field]


@pytest.mark.parametrize(("field", "value", "named", "words"), IN_PRODUCTION, ids=number)
def test_production_asks_for_more(refusal, field, value, named, words):
    errors = refusal(json.dumps(GOOD | PRODUCTION | {field: value}))
    assert set(errors) == {named or field}
    assert words in errors[named or field]


def test_evidence_and_states_are_kept_in_two_buckets(refusal):
    errors = refusal(json.dumps(PLATFORM | {"state_bucket": "one-bucket", "evidence_bucket": "one-bucket"}), "platform")
    assert "kept apart" in errors["evidence_bucket"]


@pytest.mark.parametrize(("field", "value", "named", "words"), OF_THE_PLATFORM, ids=number)
def test_a_bad_field_of_an_account_is_named_with_its_remedy(refusal, field, value, named, words):
    errors = refusal(json.dumps(PLATFORM | {field: value}), "platform")
    assert set(errors) == {named or field}
    assert words in errors[named or field]


@pytest.mark.parametrize("text", NO_SPECIFICATION, ids=number)
@pytest.mark.parametrize("words", [(), ("platform",)], ids=["district", "platform"])
def test_what_is_no_specification_is_refused_whole(refusal, text, words):
    assert set(refusal(text, *words)) == {"spec"}


def test_a_field_that_is_there_twice_is_refused(refusal):
    text = json.dumps(GOOD)[:-1] + ', "slug": "lakeside"}'
    assert refusal(text) == {"slug": "This field is there twice; keep one of them."}


def test_a_fields_name_cannot_begin_a_line_of_its_own(refusal):
    errors = refusal(json.dumps(GOOD | {"a\nslug: fine\u202e": 1}))
    assert list(errors) == ["a?slug"]


def test_all_problems_are_told_at_once(refusal):
    errors = refusal(json.dumps(GOOD | {"slug": 7, "size": "XL", "images": {"api": "latest"}, "more": 1}))
    assert set(errors) == {"slug", "size", "images.api", "more"}


@pytest.mark.parametrize("words", [(), ("platform",)], ids=["district", "platform"])
def test_the_process_itself_ends_with_2_and_one_line(tmp_path, words):
    spec = json.dumps((PLATFORM if words else GOOD) | {"region": "Ohio"})
    completed = infra(*words, "-", str(tmp_path / "out"), given=spec)
    assert (completed.returncode, completed.stdout) == (2, "")
    assert completed.stderr.splitlines() == [
        "region: Give an AWS region, such as us-east-1, us-east-2, us-west-1 or us-west-2."
    ]
