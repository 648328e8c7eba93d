"""The cluster's compose file and the configuration it mounts: what can be known of them without running them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml  # type: ignore[import-untyped]  # it has no types
from spanwise_collector.settings import Settings, StoreAddress

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.cluster.yml").read_text("utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
FOLDER = ROOT / "docker" / "cluster"
PROXY = (FOLDER / "haproxy.cfg").read_text("utf-8")


def of_kind(kind: str) -> list[str]:
    return sorted(name for name in SERVICES if name.startswith(kind))


def test_it_has_the_parts_that_are_promised() -> None:
    assert of_kind("clickhouse") == ["clickhouse-1a", "clickhouse-1b", "clickhouse-2a", "clickhouse-2b"]
    assert of_kind("keeper") == ["keeper-1", "keeper-2", "keeper-3"]
    assert of_kind("collector") == ["collector-1", "collector-2"]
    assert sorted(set(SERVICES) - {*of_kind("clickhouse"), *of_kind("keeper"), *of_kind("collector")}) == [
        "notebook",
        "proxy",
    ]


def test_every_part_is_watched_started_again_and_keeps_what_it_keeps_by_itself() -> None:
    mounted = [volume.split(":")[0] for name in SERVICES for volume in SERVICES[name]["volumes"]]
    volumes = [name for name in mounted if not name.startswith("./")]
    assert sorted(volumes) == sorted(COMPOSE["volumes"])
    assert [name for name in mounted if name.startswith("./") and not (ROOT / name).is_file()] == []
    assert [name for name, each in SERVICES.items() if "test" not in each["healthcheck"]] == []
    assert {each["restart"] for each in SERVICES.values()} == {"unless-stopped"}


def test_what_waits_for_another_waits_for_one_that_exists_and_is_watched() -> None:
    waited = {other for each in SERVICES.values() for other in each.get("depends_on", {})}
    assert waited - set(SERVICES) == set()


def test_the_collectors_are_given_settings_that_exist() -> None:
    for name in of_kind("collector"):
        given = SERVICES[name]["environment"]
        store = StoreAddress.parse(given["SPANWISE_STORE"].replace("${SPANWISE_PASSWORD}", "pw"))
        assert store == StoreAddress("proxy", 8123, "spanwise", "pw", "spanwise", secure=False)
        named = {key.removeprefix("SPANWISE_").lower() for key in given}
        assert named - {"notebook"} <= set(Settings.model_fields)


def test_the_servers_know_each_other_by_the_names_they_have() -> None:
    server = ET.parse(FOLDER / "server.xml").getroot()
    cluster = of_collectors("SPANWISE_CLUSTER")
    shards = server.findall(f"remote_servers/{cluster}/shard")
    known = [[replica.findtext("host") for replica in shard.findall("replica")] for shard in shards]
    assert known == [["clickhouse-1a", "clickhouse-1b"], ["clickhouse-2a", "clickhouse-2b"]]
    assert [shard.findtext("internal_replication") for shard in shards] == ["true", "true"]
    assert [each.findtext("host") for each in server.findall("zookeeper/node")] == of_kind("keeper")
    for name in of_kind("clickhouse"):
        given = SERVICES[name]["environment"]
        assert name == f"clickhouse-{given['SHARD']}{given['REPLICA']}"


def of_collectors(key: str) -> str:
    (value,) = {SERVICES[name]["environment"][key] for name in of_kind("collector")}
    return str(value)


def test_the_keepers_know_each_other_by_the_names_they_have() -> None:
    keeper = ET.parse(FOLDER / "keeper.xml").getroot()
    known = {each.findtext("hostname"): each.findtext("id") for each in keeper.findall(".//raft_configuration/server")}
    assert known == {name: SERVICES[name]["environment"]["KEEPER_ID"] for name in of_kind("keeper")}


@pytest.mark.parametrize("file", ["server.xml", "keeper.xml"])
def test_what_a_configuration_takes_from_the_environment_is_given(file: str) -> None:
    asked = {element.get("from_env") for element in ET.parse(FOLDER / file).iter() if element.get("from_env")}
    for name in of_kind("clickhouse" if file == "server.xml" else "keeper"):
        assert asked - set(SERVICES[name]["environment"]) == set()


def test_the_proxy_leads_to_every_collector_and_every_server() -> None:
    backends = re.findall(r"^backend (\S+)", PROXY, re.MULTILINE)
    assert sorted(re.findall(r"default_backend (\S+)", PROXY)) == sorted(backends)
    led = re.findall(r"^    server (\S+) (\S+):(\d+)", PROXY, re.MULTILINE)
    assert [(name, port) for name, host, port in led if name != host] == []
    assert sorted((name, port) for name, _, port in led) == sorted(
        [(name, port) for name in of_kind("collector") for port in ("4317", "4318")]
        + [(name, "8123") for name in of_kind("clickhouse")]
    )


def test_no_password_is_written_down() -> None:
    texts = [
        (ROOT / "docker-compose.cluster.yml").read_text("utf-8"),
        *(each.read_text("utf-8") for each in FOLDER.iterdir()),
    ]
    found = [text for text in texts if re.search(r"password>[^<]", text, re.IGNORECASE)]
    assert found == []
    assert of_collectors("SPANWISE_STORE").count("${SPANWISE_PASSWORD}") == 1
