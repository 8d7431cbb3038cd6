"""Where webhooks may go."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_dispatch.adapters.webhook_hosts import Allowed, allowed_by, is_public, url_faults
from geo_dispatch.kernel.errors import InvalidInput

NOT_PUBLIC_4 = [
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
    )
]  # fmt: skip
"""Of the IANA registries of special and multicast addresses, written down apart from the code."""

NOT_PUBLIC_6 = [
    ip_network(text)
    for text in (
        "::/128", "::1/128", "100::/64", "2001:db8::/32", "fc00::/7", "fe80::/10", "fec0::/10",
        "ff00::/8",
    )
]  # fmt: skip

WRAPPED = {
    "mapped": lambda four: IPv6Address(f"::ffff:{four}"),
    "nat64": lambda four: IPv6Address(int(ip_address("64:ff9b::")) | int(four)),
    "6to4": lambda four: IPv6Address((0x2002 << 112) | (int(four) << 80) | 1),
}


def _inside(network):
    return st.integers(int(network[0]), int(network[-1])).map(type(network[0]))


private_4 = st.sampled_from(NOT_PUBLIC_4).flatmap(_inside)
private_6 = st.sampled_from(NOT_PUBLIC_6).flatmap(_inside)


@given(private_4 | private_6)
def test_special_addresses_are_not_public(address):
    assert not is_public(address)


@given(private_4, st.sampled_from(sorted(WRAPPED)))
def test_nor_when_they_are_wrapped_in_another_form(address, form):
    assert not is_public(WRAPPED[form](address))


@pytest.mark.parametrize("text", ["169.254.169.254", "fd00:ec2::254", "::ffff:169.254.169.254"])
def test_nor_are_those_that_tell_a_machine_its_secrets(text):
    assert not is_public(ip_address(text))


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_addresses_of_the_internet_are_public(text):
    assert is_public(ip_address(text))


def test_the_setting_allows_hosts_and_networks():
    allowed = allowed_by(" erp.internal, 10.1.0.0/16,fd00::/8 ,")
    assert allowed.covers("ERP.internal", IPv4Address("192.168.0.9"))
    assert allowed.covers("x", IPv4Address("10.1.2.3"))
    assert allowed.covers("x", IPv6Address("::ffff:10.1.2.3"))
    assert not allowed.covers("x", IPv4Address("10.2.0.1"))
    assert allowed.names("10.1.2.3")
    assert not allowed.names("10.2.2.3")
    assert allowed_by("") == Allowed()
    with pytest.raises(InvalidInput) as refused:
        allowed_by("10.0.0.0/99")
    assert "10.0.0.0/99" in refused.value.faults[0].message


@pytest.mark.parametrize(
    "url", ["https://example.com/hooks?a=1", "https://8.8.8.8:8443/", "https://bücher.example/x"]
)
def test_https_to_public_hosts_is_fine(url):
    assert url_faults(url, Allowed()) == []


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "is not like"),
        ("ftp://example.com", "is not like"),
        ("https://", "is not like"),
        ("/hooks", "is not like"),
        ("https://[::1", "is no URL"),
        ("http://example.com", "plain HTTP"),
        ("https://user:pass@example.com", "name or password"),
        ("https://example.com/#x", "never sent"),
        ("https://example.com:99999/", "no port"),
        ("https://localhost", "no public address"),
        ("https://127.0.0.1", "no public address"),
        ("https://[::ffff:10.0.0.1]/", "no public address"),
        ("https://127.1/", "no public address"),
        ("https://0x7f000001/", "no public address"),
        ("https://2130706433/", "no public address"),
        ("https://10.0.0.1./", "no public address"),
        ("https://any.localhost./", "no public address"),
        ("https://exa mple.com/", "no name of a host"),
        ("https://a..example.com/", "no name of a host"),
        ("https://example.com/" + "a" * 2000, "characters"),
    ],
)
def test_other_urls_are_refused_with_the_reason(url, said):
    [fault] = url_faults(url, Allowed())
    assert said in fault.message


def test_a_host_that_is_allowed_may_be_private_and_without_tls():
    assert url_faults("http://erp.internal:8069/hook", allowed_by("erp.internal")) == []
    assert url_faults("http://10.0.0.7/hook", allowed_by("10.0.0.0/8")) == []
