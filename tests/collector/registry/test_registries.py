"""What each registry says of who should be there: real servers, and recorded answers of Consul and Kubernetes."""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kazoo.client import KazooClient  # type: ignore[import-untyped]  # it has no types
from spanwise_collector.registry.watch import Registries
from spanwise_collector.settings import RegistryAddress

from tests.collector.registry.servers import etcd, name_server, recorded, zookeeper

Instance = tuple[str, str, set[str], bool | None]


def read(address: str) -> list[Instance]:
    """The instances of a registry that can be read."""
    found, error = tried(address)
    assert error == ""
    return found


def tried(address: str) -> tuple[list[Instance], str]:
    registries = Registries((RegistryAddress.parse(address),))
    registries.read(0)
    (said,) = registries.of("default")
    assert bool(said.read) is not bool(said.error)
    return [(each.service, each.name, set(each.names), each.healthy) for each in said.entries], said.error


@pytest.fixture(scope="module")
def etcd_port() -> Iterator[int]:
    with etcd() as port:
        for key, value in {
            "/services/shop/shop-1": '{"id": "a1", "host": "10.0.0.1", "port": 8080}',
            "/services/shop/shop-2": "http://10.0.0.2:8080",
            "/services/stock/stock-1": "",
            "/services/loose": "no instance",
            "/servicesother/x/y": "elsewhere",
        }.items():
            body = json.dumps(
                {name: base64.b64encode(text.encode()).decode() for name, text in (("key", key), ("value", value))}
            )
            asked = urllib.request.Request(f"http://127.0.0.1:{port}/v3/kv/put", body.encode())
            with urllib.request.urlopen(asked, timeout=20) as answer:
                assert answer.status == 200
        yield port


@pytest.mark.services
def test_etcd_has_an_instance_under_each_key(etcd_port: int) -> None:
    assert read(f"etcd://127.0.0.1:{etcd_port}/services") == [
        ("shop", "a1", {"a1", "shop-1", "10.0.0.1", "a1:8080", "shop-1:8080", "10.0.0.1:8080"}, None),
        ("shop", "shop-2", {"shop-2", "http://10.0.0.2:8080", "10.0.0.2:8080", "10.0.0.2"}, None),
        ("stock", "stock-1", {"stock-1"}, None),
    ]
    assert read(f"etcd://127.0.0.1:{etcd_port}/nothing/here") == []


@pytest.mark.services
def test_etcd_that_knows_no_such_user_says_so(etcd_port: int) -> None:
    assert "it answered 4" in tried(f"etcd://some:body@127.0.0.1:{etcd_port}/services")[1]


@pytest.mark.services
def test_zookeeper_has_an_instance_under_each_node() -> None:
    with zookeeper() as port:
        client = KazooClient(f"127.0.0.1:{port}")
        client.start(timeout=30)
        try:
            curator = {"name": "shop", "id": "5b0", "address": "10.0.0.1", "port": 8080, "payload": None}
            for path, value in {
                "/services/shop/5b0": json.dumps(curator).encode(),
                "/services/shop/shop-2": b"10.0.0.2:8080",
                "/services/stock/stock-1": b"\xff",
            }.items():
                client.create(path, value, makepath=True)
            client.create("/services/empty", b"")
        finally:
            client.stop()
            client.close()
        assert read(f"zookeeper://127.0.0.1:{port}/services") == [
            ("shop", "5b0", {"5b0", "10.0.0.1", "5b0:8080", "10.0.0.1:8080"}, None),
            ("shop", "shop-2", {"shop-2", "10.0.0.2:8080", "10.0.0.2"}, None),
            ("stock", "stock-1", {"stock-1", "\ufffd"}, None),
        ]
        assert tried(f"zookeeper://127.0.0.1:{port}/none") == ([], "it has no node /none")


CONSUL: dict[str, Any] = {
    "/v1/catalog/services": {"consul": [], "shop": ["v1"], "stock": []},
    "/v1/health/service/shop": [
        {
            "Node": {"ID": "40e4a748", "Node": "foobar", "Address": "10.1.10.12", "Datacenter": "dc1"},
            "Service": {"ID": "shop-1", "Service": "shop", "Tags": ["v1"], "Address": "10.1.10.13", "Port": 8000},
            "Checks": [
                {"Node": "foobar", "CheckID": "service:shop", "Status": "passing", "ServiceID": "shop-1"},
                {"Node": "foobar", "CheckID": "serfHealth", "Status": "critical", "ServiceID": ""},
            ],
        }
    ],
    "/v1/health/service/stock": [
        {
            "Node": {"Node": "bar", "Address": "10.1.10.14"},
            "Service": {"ID": "stock-1", "Service": "stock", "Address": "", "Port": 0},
            "Checks": [],
        }
    ],
}


def test_consul_has_an_instance_for_each_service_of_a_node() -> None:
    with recorded(CONSUL) as server:
        assert read(f"consul://a-token@127.0.0.1:{server.port}") == [
            (
                "shop", "shop-1",
                {each for name in ("shop-1", "10.1.10.13", "foobar", "10.1.10.12") for each in (name, f"{name}:8000")},
                False,
            ),
            ("stock", "stock-1", {"stock-1", "bar", "10.1.10.14"}, True),
        ]  # fmt: skip
        assert {headers["X-Consul-Token"] for _, headers in server.asked} == {"a-token"}


def test_consul_of_another_datacenter_is_asked_for_it(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("from-file\n")
    with recorded({f"{path}?dc=dc2": answer for path, answer in CONSUL.items()}) as server:
        assert len(read(f"consul://127.0.0.1:{server.port}?dc=dc2&token_file={token}")) == 2
        assert server.asked[0][1]["X-Consul-Token"] == "from-file"


def endpoints(service: str, *found: dict[str, Any]) -> dict[str, Any]:
    labels = {"endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"}
    if service:
        labels["kubernetes.io/service-name"] = service
    return {"metadata": {"name": f"{service}-abc", "namespace": "prod", "labels": labels}, "addressType": "IPv4",
            "ports": [{"name": "http", "protocol": "TCP", "port": 80}], "endpoints": list(found)}  # fmt: skip


def test_kubernetes_has_an_instance_for_each_endpoint_of_all_pages() -> None:
    pod = {"kind": "Pod", "namespace": "prod", "name": "shop-7d9-x2", "uid": "0f1e"}
    path = "/apis/discovery.k8s.io/v1/namespaces/prod/endpointslices?limit=500"
    ready = {"addresses": ["10.1.2.3"], "conditions": {"ready": True}, "targetRef": pod, "nodeName": "node-1"}
    not_ready = {"addresses": ["10.1.2.4"], "conditions": {"ready": False}, "hostname": "stock-0"}
    pages = {
        path: {"kind": "EndpointSliceList", "metadata": {"continue": "next/1"}, "items": [endpoints("shop", ready)]},
        f"{path}&continue=next%2F1": {
            "kind": "EndpointSliceList",
            "metadata": {"resourceVersion": "7"},
            "items": [endpoints("stock", not_ready, {"addresses": ["10.1.2.5"]}), endpoints("", ready)],
        },
    }
    with recorded(pages) as server:
        assert read(f"kubernetes+http://127.0.0.1:{server.port}/prod") == [
            ("shop", "shop-7d9-x2", {"shop-7d9-x2", "0f1e", "10.1.2.3"}, True),
            ("stock", "10.1.2.5", {"10.1.2.5"}, True),
            ("stock", "stock-0", {"stock-0", "10.1.2.4"}, False),
        ]


def test_kubernetes_outside_of_a_cluster_needs_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    assert "needs a host" in tried("kubernetes:///prod")[1]


def test_dns_has_an_instance_for_each_record() -> None:
    records = {
        ("_http._tcp.shop.test", "SRV"): ["0 5 8080 shop-1.test.", "0 5 8081 shop-2.test."],
        ("shop-1.test", "A"): ["10.0.0.1"],
        ("shop-2.test", "AAAA"): ["fd00::2"],
        ("stock.test", "A"): ["10.0.0.4", "10.0.0.3"],
        ("empty.test", "TXT"): ["nothing"],
    }
    with name_server(records) as port:
        assert read(f"dns://127.0.0.1:{port}/_http._tcp.shop.test?service=shop") == [
            ("shop", "shop-1.test", with_port(8080, "shop-1.test", "shop-1", "10.0.0.1"), None),
            ("shop", "shop-2.test", with_port(8081, "shop-2.test", "shop-2", "fd00::2"), None),
        ]
        assert read(f"dns://127.0.0.1:{port}/stock.test?service=stock") == [
            ("stock", "10.0.0.3", {"10.0.0.3"}, None),
            ("stock", "10.0.0.4", {"10.0.0.4"}, None),
        ]
        assert read(f"dns://127.0.0.1:{port}/empty.test?service=x") == []
        assert tried(f"dns://127.0.0.1:{port}/none.test?service=x") == ([], "there is no name none.test")


def with_port(port: int, *names: str) -> set[str]:
    return {each for name in names for each in (name, f"{name}:{port}")}


def test_a_file_lists_services_or_nodes(tmp_path: Path) -> None:
    toml, listed = tmp_path / "nodes.toml", tmp_path / "nodes.json"
    toml.write_text('[services]\nshop = ["shop-1", "shop-2"]\nstock = "stock-1"\n')
    listed.write_text(
        json.dumps(
            {"nodes": [{"service": "shop", "id": "Shop-1", "host": "h1", "port": 80}, {"service": "pay", "host": "h2"}]}
        )
    )
    assert [each[:2] for each in read(f"file:{toml}")] == [("shop", "shop-1"), ("shop", "shop-2"), ("stock", "stock-1")]
    assert read(f"file:{listed}") == [
        ("pay", "", {"h2"}, None),
        ("shop", "Shop-1", {"shop-1", "h1", "shop-1:80", "h1:80"}, None),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("services = 1", "it has neither `services`"),
        ("nodes = [{id = 'x'}]", "number 1 of `nodes` names no `service`"),
        ("= wrong", "it is no TOML"),
        ("", "it has neither `services`"),
    ],
)
def test_a_file_that_cannot_be_used_is_said_to_be_so(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "nodes.toml").write_text(content)
    found, error = tried(f"file:{tmp_path / 'nodes.toml'}")
    assert (found, error[: len(said)]) == ([], said)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({}, "it answered 404 to GET /v1/catalog/services"),
        # Wherever it points to is no address of the settings.
        ({"/v1/catalog/services": 302, "/elsewhere": {}}, "it answered 302 to GET /v1/catalog/services"),
        ({"/v1/catalog/services": "<html>"}, "its answer to /v1/catalog/services is no JSON"),
        ({"/v1/catalog/services": "[" * 100_000}, "its answer to /v1/catalog/services is no JSON"),
        ({"/v1/catalog/services": [1]}, "its answer could not be understood"),
        ({"/v1/catalog/services": {"a": []}, "/v1/health/service/a": ["x"]}, "its answer could not be understood"),
    ],
)
def test_an_answer_that_cannot_be_used_is_said_to_be_so(answers: dict[str, Any], said: str) -> None:
    with recorded(answers) as server:
        found, error = tried(f"consul://127.0.0.1:{server.port}")
        assert (found, error[: len(said)]) == ([], said)
        assert "/elsewhere" not in [path for path, _ in server.asked]


@pytest.mark.parametrize("address", ["consul", "etcd", "kubernetes+http", "zookeeper"])
def test_a_registry_that_is_away_keeps_what_it_said_before(address: str) -> None:
    _, error = tried(f"{address}://127.0.0.1:9/services")
    assert error
    with recorded(CONSUL) as server:
        registries = Registries((RegistryAddress.parse(f"consul://127.0.0.1:{server.port}"),))
        registries.read(0)
        server.answers.clear()
        registries.read(0)
        (said,) = registries.of("default")
        assert (len(said.entries), said.error[:15], said.read > 0) == (2, "it answered 404", True)
        assert registries.of("another") == []
