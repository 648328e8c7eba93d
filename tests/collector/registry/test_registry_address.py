"""Addresses of registries as the settings take them."""

from __future__ import annotations

import pytest
from spanwise_collector.errors import SettingError
from spanwise_collector.settings import RegistryAddress, Settings


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("consul://h", RegistryAddress("consul", ("h:8500",), "")),
        ("consuls://t0ken@h:1?dc=a", RegistryAddress("consul", ("h:1",), "", True, "t0ken", "", (("dc", "a"),))),
        (
            "etcd://u:p%40w@h/services#shop",
            RegistryAddress("etcd", ("h:2379",), "/services", user="u", password="p@w", project="shop"),
        ),
        ("etcds://[::1]:1/s", RegistryAddress("etcd", ("[::1]:1",), "/s", True)),
        ("zookeeper://a,b:3,[::1]/s", RegistryAddress("zookeeper", ("a:2181", "b:3", "[::1]:2181"), "/s")),
        ("kubernetes:///prod", RegistryAddress("kubernetes", (), "/prod", True)),
        ("kubernetes+http://h:8001", RegistryAddress("kubernetes", ("h:8001",), "")),
        ("dns:///a.test?service=x", RegistryAddress("dns", (), "/a.test", options=(("service", "x"),))),
        ("file:nodes.toml", RegistryAddress("file", (), "nodes.toml")),
        ("file:///etc/nodes.json", RegistryAddress("file", (), "/etc/nodes.json")),
    ],
)  # fmt: skip
def test_every_kind_is_understood(text: str, expected: RegistryAddress) -> None:
    assert RegistryAddress.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("http://h", "a registry's address, such as consul://HOST:8500"),
        ("consul://", "a host, such as consul://HOST:8500"),
        ("etcd:///services", "a host, such as etcd://HOST:2379"),
        ("zookeeper://h:port/", "HOST:PORT"),
        ("consul://h?token=x", "for consul dc, token_file, ca_file, and not the option 'token'"),
        ("dns:///a.test", "a name to ask for and the service"),
        ("dns://h?service=x", "a name to ask for and the service"),
        ("file:", "a path, such as file:nodes.toml"),
    ],
)
def test_what_is_no_address_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match="^" + said.replace("?", r"\?")):
        RegistryAddress.parse(text)


def test_what_is_secret_is_not_shown() -> None:
    address = RegistryAddress.parse("etcd://user:pass@h/services?password_file=x")
    assert str(address) == "etcd://h:2379/services"
    assert "pass@" not in repr(address)
    with pytest.raises(SettingError) as refused:
        Settings.load(["--registry", "consul://sesame@h?token=sesame"])
    assert "what is given cannot be used, and may hold a password" in str(refused.value)
    assert "sesame" not in str(refused.value)


def test_a_flag_may_be_given_several_times_and_a_variable_holds_several(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings.load([]).registry == ()
    monkeypatch.setenv("SPANWISE_REGISTRY", "consul://a file:b")
    both = (RegistryAddress.parse("consul://a"), RegistryAddress.parse("file:b"))
    assert Settings.load([]).registry == both
    assert Settings.load(["--registry", "consul://a", "--registry", "file:b"]).registry == both
    assert Settings.load(["--registry", "file:c"]).registry == (RegistryAddress.parse("file:c"),)
