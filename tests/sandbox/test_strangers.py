"""No page of somebody else reaches the embedded AWS through a browser on this machine; programs and the office do."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator

import boto3
import pytest

from sandbox.launch import Sandbox
from tests.sandbox.signing import VERSION_4, signed

EVIL, OFFICE = "https://evil.example", "http://127.0.0.1:8080"
LISTING = b"Action=ListRoles&Version=2010-05-08"
AUTHORIZED = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=AKIANOBODY/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, "
    "Signature=0",
    "Content-Type": "application/x-www-form-urlencoded",
}


@pytest.fixture
def office_bucket(client) -> Iterator[str]:
    s3 = client("s3")
    s3.create_bucket(Bucket="office-uploads")
    rule = {"AllowedOrigins": [OFFICE], "AllowedMethods": ["POST"], "AllowedHeaders": ["*"]}
    s3.put_bucket_cors(Bucket="office-uploads", CORSConfiguration={"CORSRules": [rule]})
    s3.put_object(Bucket="office-uploads", Key="report.csv", Body=b"rows")
    yield "office-uploads"
    for key in ("report.csv", "a.csv"):
        s3.delete_object(Bucket="office-uploads", Key=key)
    s3.delete_bucket(Bucket="office-uploads")


def asked(url: str, method: str = "GET", body: bytes | None = None, /, **headers: str) -> tuple[int, dict[str, str]]:
    """Return status and headers of an answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, data=body, method=method, headers=named)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}
    except urllib.error.HTTPError as refused:
        return refused.code, {name.lower(): value for name, value in refused.headers.items()}


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example"]
)
def test_a_rebound_host_name_is_refused(sandbox: Sandbox, host: str):
    assert asked(sandbox.url, "POST", LISTING, Host=host, **AUTHORIZED)[0] == 421


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:4566", "LOCALHOST", "[::1]:4566"])
def test_loopback_names_are_answered(sandbox: Sandbox, host: str):
    headers = signed(f"{sandbox.url}/", "iam", LISTING, {"Content-Type": AUTHORIZED["Content-Type"], "Host": host})
    assert asked(sandbox.url, "POST", LISTING, **headers)[0] == 200


@pytest.mark.parametrize("origin", [EVIL, "null", "http://localhost:9999", OFFICE])
def test_a_pages_script_reads_and_writes_nothing(sandbox: Sandbox, office_bucket: str, origin: str):
    status, headers = asked(sandbox.url, "POST", LISTING, Origin=origin, **AUTHORIZED)
    assert status == 403
    assert not [name for name in headers if name.startswith("access-control-")]
    assert asked(f"{sandbox.url}/another-bucket/x", "PUT", b"x", Origin=origin)[0] == 403
    # What the bucket's rules admit is a POST of the office alone.
    assert asked(f"{sandbox.url}/{office_bucket}/report.csv", Origin=origin)[0] == 403


def test_the_offices_page_may_post_to_its_own_bucket_and_to_no_other(sandbox: Sandbox, office_bucket: str):
    url = f"{sandbox.url}/{office_bucket}"
    preflight = {"Access_Control_Request_Method": "POST", "Access_Control_Request_Headers": "content-type"}
    status, headers = asked(url, "OPTIONS", Origin=OFFICE, **preflight)
    assert (status, headers["access-control-allow-origin"]) == (200, OFFICE)
    assert asked(url, "OPTIONS", Origin=EVIL, **preflight)[0] == 403
    assert asked(f"{sandbox.url}/nobodys", "OPTIONS", Origin=OFFICE, **preflight)[0] == 403
    form = b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\na.csv\r\n--x--\r\n'
    _, headers = asked(url, "POST", form, Origin=OFFICE, Content_Type="multipart/form-data; boundary=x")
    assert headers["access-control-allow-origin"] == OFFICE, "otherwise the page never learns how it ended"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_an_image_or_link_of_another_site_asks_nothing_but_what_was_signed(
    sandbox: Sandbox, office_bucket: str, client, site: str
):
    assert asked(f"{sandbox.url}/?Action=ListRoles", Sec_Fetch_Site=site)[0] == 403
    assert asked(f"{sandbox.url}/_sandbox/health", Sec_Fetch_Site=site)[0] == 403
    key = {"Bucket": office_bucket, "Key": "report.csv"}
    signing = boto3.client("s3", endpoint_url=sandbox.url, config=VERSION_4)
    link = signing.generate_presigned_url("get_object", Params=key)
    assert asked(link, Sec_Fetch_Site=site)[0] == 200
    assert asked(link, "DELETE", Sec_Fetch_Site=site)[0] == 403


def test_programs_are_answered_as_before_and_no_answer_invites_pages(sandbox: Sandbox, client):
    assert client("iam").list_roles()["Roles"] is not None
    status, headers = asked(f"{sandbox.url}/_sandbox/health")
    assert status == 200
    assert "access-control-allow-origin" not in headers
    with urllib.request.urlopen(f"{sandbox.url}/_sandbox/health", timeout=5) as answer:
        assert json.load(answer)["status"] == "ok"


def test_a_form_that_names_no_origin_is_sent_to_a_bucket_as_s3_takes_it_and_to_nothing_else(
    sandbox: Sandbox, office_bucket: str, client
):
    signing = boto3.client("s3", endpoint_url=sandbox.url, config=VERSION_4)
    form = signing.generate_presigned_post(office_bucket, "sent.csv")
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in form["fields"].items()
    ]
    file = '--x\r\nContent-Disposition: form-data; name="file"; filename="sent.csv"\r\n\r\nrows\r\n--x--\r\n'
    body, kind = ("".join(parts) + file).encode(), "multipart/form-data; boundary=x"
    address = f"{sandbox.url}/{office_bucket}"
    status, headers = asked(address, "POST", body, Origin="null", Content_Type=kind)
    assert status < 300
    assert "access-control-allow-origin" not in headers
    assert client("s3").get_object(Bucket=office_bucket, Key="sent.csv")["Body"].read() == b"rows"
    client("s3").delete_object(Bucket=office_bucket, Key="sent.csv")
    assert asked(address, "POST", body, Origin=EVIL, Content_Type=kind)[0] == 403
    assert asked(f"{address}/sent.csv", "POST", body, Origin="null", Content_Type=kind)[0] == 403
    assert asked(sandbox.url, "POST", LISTING, Origin="null", **AUTHORIZED)[0] == 403
