"""Which addresses a source may have: of the open internet over TLS, whatever their host's name says of itself."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.sources.address import Reach, is_public
from processor.sources.problems import SourceProblemError

PUBLIC = "93.184.215.14"


def reach(*addresses: str) -> Reach:
    return Reach(look_up=lambda host, port: list(addresses))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "169.254.170.2", "0.0.0.0",
        "100.64.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1%eth0", "fc00::1",
        "fd00:ec2::254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "ff02::1", "nonsense",
    ],
)  # fmt: skip
def test_a_host_that_is_ours_or_nobodys_is_refused(address: str):
    assert not is_public(address)
    with pytest.raises(SourceProblemError, match="private network"):
        reach(PUBLIC, address).place("https://sis.example.org/api")


@given(st.ip_addresses())
def test_no_private_address_is_ever_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address):
    if is_public(str(address)):
        assert address.is_global
        assert not address.is_private
        assert not address.is_loopback
        assert not address.is_link_local


@pytest.mark.parametrize(
    "url",
    [
        "http://sis.example.org/", "https://sis.example.org:8443/", "https://user@sis.example.org/",
        "https://user:pass@sis.example.org/", "https://sis.example.org/#part", "ftp://sis.example.org/",
        "sis.example.org",
        "https:///path", "https://sis.example.org:0/", "https://sis.example.org:99999/", "https://sis example.org/",
        "https://sis.example.org\\@10.0.0.1/", "https://s\u00efs.example.org/", "file:///etc/passwd", "",
        "https://" + "a" * 600,
    ],
)  # fmt: skip
def test_what_is_no_plain_address_over_tls_is_refused(url: str):
    with pytest.raises(SourceProblemError):
        reach(PUBLIC).place(url)


def test_the_connection_goes_to_the_address_that_was_looked_at():
    addresses = iter([[PUBLIC], ["127.0.0.1"]])
    place = Reach(look_up=lambda host, port: next(addresses)).place("https://SIS.example.org/api?x=1")
    assert (place.host, place.port, place.path, place.address) == ("sis.example.org", 443, "/api?x=1", PUBLIC)


def test_a_stand_in_is_let_in_by_its_host_and_port_alone():
    let_in = Reach(frozenset({"127.0.0.1:8443"}), lambda host, port: ["127.0.0.1"])
    assert let_in.place("http://127.0.0.1:8443/").address == "127.0.0.1"
    for url in ("http://127.0.0.1:8444/", "https://127.0.0.1/", "http://localhost:8443/"):
        with pytest.raises(SourceProblemError):
            let_in.place(url)


def test_a_host_that_nobody_knows_is_said():
    def nobody(host: str, port: int) -> list[str]:
        raise OSError

    with pytest.raises(SourceProblemError, match="not known"):
        Reach(look_up=nobody).place("https://sis.example.org/")
