"""What is posted goes to the open internet or nowhere, to the machine that was judged, and can be verified."""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
import ssl
import threading
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.outbound import addresses, posting
from registry.outbound.addresses import AddressRefusedError, is_allowed, is_open, judged
from registry.outbound.posting import NotTakenError, post
from registry.outbound.sealing import UnsealedError, seal, unseal
from registry.outbound.signing import headers_of, new_secret
from tests.registry.outbound.receiver import LOOPBACK, receiving

INSIDE = (
    "169.254.169.254",
    "169.254.170.2",
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "198.18.0.1",
    "192.0.2.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "fec0::1",
    "3fff::1",
    "::ffff:0:a9fe:a9fe",
    "64:ff9b:1::a9fe:a9fe",
    "2600:1f18::5efe:a9fe:a9fe",
    "2600:1f18::200:5efe:7f00:1",
)


def leading_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let a name lead to other addresses each time that it is asked for; return the names that were asked for."""
    hosts: list[str] = []

    def getaddrinfo(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        answer = answers[min(len(hosts), len(answers) - 1)]
        hosts.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answer]

    # Only what judges a name is led: a connection that asked again would find no such name.
    resolver = SimpleNamespace(getaddrinfo=getaddrinfo, SOCK_STREAM=socket.SOCK_STREAM)
    monkeypatch.setattr(addresses, "socket", resolver)
    return hosts


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_refused_however_it_is_written(address: str):
    assert not is_open(ip_address(address))
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(AddressRefusedError, match=r"inside|nowhere"):
        judged(f"https://{host}/x")


@pytest.mark.parametrize(
    "host", ["2852039166", "0x7f.1", "127.1", "0177.0.0.1", "localhost", "LOCALHOST", "localhost."]
)
def test_other_spellings_of_this_machine_are_refused(host: str):
    with pytest.raises(AddressRefusedError, match=r"inside|nowhere"):
        judged(f"https://{host}/x")


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_as_open_in_each_ipv6_form_as_by_itself(address: IPv4Address):
    mapped = IPv6Address(f"::ffff:{address}")
    translated = IPv6Address(int(IPv6Address("64:ff9b::")) | int(address))
    sixtofour = IPv6Address((0x2002 << 112) | (int(address) << 80))
    assert is_open(mapped) == is_open(address)
    if not is_open(address):
        assert not is_open(translated)
        assert not is_open(sixtofour)


def test_open_addresses_are_taken():
    assert all(
        is_open(ip_address(address)) for address in ("8.8.8.8", "52.94.236.248", "2600:1f18::1", "2606:4700::1111")
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://8.8.8.8/",
        "ftp://8.8.8.8/",
        "file:///etc/passwd",
        "https://",
        "https://user:word@8.8.8.8/",
        "https://user@8.8.8.8/",
        "https://8.8.8.8:99999/",
        "https://8.8.8.8/\r\nX: y",
        "https://8.8.8.8 .example/",
        "https://8.8.8.8\\@10.0.0.1/",
        "https://①②⑦.0.0.1/",
        "https://[::1/",
        "https://8.8.8.8/" + "x" * 2000,
    ],
)
def test_what_is_no_plain_https_address_is_refused(url: str):
    with pytest.raises(AddressRefusedError):
        judged(url)


def test_a_name_is_refused_when_one_of_its_addresses_leads_inside(monkeypatch: pytest.MonkeyPatch):
    leading_to(monkeypatch, ["8.8.8.8", "10.0.0.1"])
    with pytest.raises(AddressRefusedError, match="inside"):
        judged("https://hooks.example.com/x")


def test_what_the_owner_has_named_is_let_but_never_the_metadata_service(settings):
    settings.OUTBOUND_NETWORKS = [ip_network("10.1.0.0/16"), ip_network("169.254.0.0/16"), ip_network("0.0.0.0/0")]
    assert judged("http://10.1.2.3:8080/x").port == 8080
    assert not is_allowed(ip_address("169.254.169.254"))
    assert not is_allowed(ip_address("::ffff:169.254.169.254"))


def test_the_machine_that_was_judged_is_the_one_that_is_asked(monkeypatch: pytest.MonkeyPatch, settings):
    """A name that leads elsewhere a moment later is not asked again: the connection goes to the judged address."""
    settings.OUTBOUND_NETWORKS = LOOPBACK
    with receiving() as receiver:
        hosts = leading_to(monkeypatch, ["127.0.0.1"], ["169.254.169.254"])
        assert post(f"http://hooks.example.com:{receiver.port}/x", b"{}", {}).status == 204
        assert hosts == ["hooks.example.com"]
        assert receiver.taken[0][0]["host"] == f"hooks.example.com:{receiver.port}"
        with pytest.raises(AddressRefusedError):
            post(f"http://hooks.example.com:{receiver.port}/x", b"{}", {})


def test_tls_is_checked_by_the_name_that_was_typed(monkeypatch: pytest.MonkeyPatch, settings):
    settings.OUTBOUND_NETWORKS = LOOPBACK
    seen: list[str | None] = []

    class Context:
        minimum_version = None

        def wrap_socket(self, plain: socket.socket, *, server_hostname: str | None) -> socket.socket:
            seen.append(server_hostname)
            return plain

    monkeypatch.setattr(ssl, "create_default_context", Context)
    with receiving() as receiver:
        leading_to(monkeypatch, ["127.0.0.1"])
        post(f"https://hooks.example.com:{receiver.port}/x", b"{}", {})
    assert seen == ["hooks.example.com"]


@pytest.mark.parametrize("status", [301, 307, 308])
def test_a_redirection_is_followed_nowhere(settings, status: int):
    settings.OUTBOUND_NETWORKS = LOOPBACK
    with receiving() as receiver:
        receiver.answers.append(status)
        with pytest.raises(NotTakenError) as refused:
            post(receiver.url, b"{}", {})
    assert (refused.value.status, refused.value.answer) == (status, "so it is")
    assert len(receiver.taken) == 1


def test_who_answers_letter_by_letter_is_cut_off(monkeypatch: pytest.MonkeyPatch, settings):
    settings.OUTBOUND_NETWORKS = LOOPBACK
    monkeypatch.setattr(posting, "WHOLE_SECONDS", 0.2)
    listening = socket.create_server(("127.0.0.1", 0))
    stopped = threading.Event()

    def drip() -> None:
        link, _ = listening.accept()
        with link:
            while not stopped.wait(0.05):
                try:
                    link.sendall(b"H")
                except OSError:
                    return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    with pytest.raises(NotTakenError, match="did not answer"):
        post(f"http://127.0.0.1:{listening.getsockname()[1]}/", b"", {})
    stopped.set()
    thread.join()
    listening.close()


def test_a_message_is_signed_as_the_specification_says():
    key = new_secret()
    headers = headers_of("msg_1", 1_700_000_000, b'{"a": 1}', [key, new_secret()])
    first, second = headers["webhook-signature"].split(" ")
    raw = base64.b64decode(key.removeprefix("whsec_"))
    digest = hmac.new(raw, b'msg_1.1700000000.{"a": 1}', hashlib.sha256).digest()
    assert first == "v1," + base64.b64encode(digest).decode()
    assert second.startswith("v1,")
    assert first != second
    assert len(raw) == 32


def test_the_specifications_own_example_is_met():
    """Source: the example of the specification's reference libraries."""
    headers = headers_of(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_sealed_text_is_read_by_its_own_purpose_and_key_alone(settings):
    sealed = seal("a", "whsec_secret")
    assert "secret" not in sealed
    assert unseal("a", sealed) == "whsec_secret"
    assert seal("a", "") == unseal("a", "") == ""
    with pytest.raises(UnsealedError):
        unseal("b", sealed)
    former = settings.SECRET_KEY
    settings.SECRET_KEY = "another"
    with pytest.raises(UnsealedError):
        unseal("a", sealed)
    settings.SECRET_KEY_FALLBACKS = [former]
    assert unseal("a", sealed) == "whsec_secret"
