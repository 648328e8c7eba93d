"""The wheels, installed into an empty environment outside the repository, are the whole product."""

from __future__ import annotations

import json
import re
import subprocess
import tarfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.bodies import Bodies
from bench.client import Client
from bench.collector import Collector
from bench.ids import Shape
from bench.ports import HOST
from tests.packaging import installed

STATIC = "spanwise_collector/static"
ASSET = re.compile(r"/(assets/[\w.-]+-[\w-]{8}\.(?:js|css))")


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (installed.ROOT / "collector" / STATIC / "index.html").exists():
        pytest.fail("The web view is not built: run `make setup`.")
    folder = tmp_path_factory.mktemp("dist")
    for part in ("tracer", "collector"):
        installed.build(part, folder)
    return folder


@pytest.fixture(scope="module")
def programs(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed.environment(tmp_path_factory.mktemp("environment"), dist.glob("*.whl"))


@pytest.fixture(scope="module")
def collector(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    folder = tmp_path_factory.mktemp("work")
    collector = Collector(folder / "data", folder / "output", command=(str(programs / "spanwise"),))
    collector.start()
    yield collector
    collector.stop()


def packed(dist: Path) -> dict[str, set[str]]:
    """The names in the collector's wheel and sdist, as they lie in its folder."""
    (wheel,) = dist.glob("spanwise_collector-*.whl")
    (sdist,) = dist.glob("spanwise_collector-*.tar.gz")
    with tarfile.open(sdist) as archive:
        in_sdist = {name.partition("/")[2] for name in archive.getnames()}
    return {"wheel": set(zipfile.ZipFile(wheel).namelist()), "sdist": in_sdist}


def page(collector: Collector, path: str) -> tuple[str, str]:
    with urllib.request.urlopen(f"http://{HOST}:{collector.http}{path}", timeout=10) as answer:
        return answer.headers.get_content_type(), answer.read().decode()


@pytest.mark.parametrize("form", ["wheel", "sdist"])
def test_the_web_view_is_packed(dist: Path, form: str) -> None:
    built = installed.ROOT / "collector" / STATIC
    wanted = {f"{STATIC}/{file.relative_to(built)}" for file in built.rglob("*") if file.is_file()}
    assert f"{STATIC}/index.html" in wanted
    assert wanted - packed(dist)[form] == set()


@pytest.mark.parametrize("form", ["wheel", "sdist"])
def test_the_schema_and_the_marker_for_type_checkers_are_packed(dist: Path, form: str) -> None:
    package = installed.ROOT / "collector" / "spanwise_collector"
    wanted = {
        f"spanwise_collector/{file.relative_to(package)}"
        for pattern in ("**/*.sql", "**/*.proto", "py.typed")
        for file in package.glob(pattern)
    }
    assert wanted - packed(dist)[form] == set()


def test_the_packages_come_from_the_wheels(programs: Path, tmp_path: Path) -> None:
    code = "import json, spanwise, spanwise_collector as c; print(json.dumps([spanwise.__file__, c.__file__]))"
    output = subprocess.check_output([programs / "python", "-c", code], cwd=tmp_path, text=True)
    assert [Path(file).is_relative_to(programs.parent) for file in json.loads(output)] == [True, True]


def test_the_web_view_is_served_with_its_assets(collector: Collector) -> None:
    kind, html = page(collector, "/")
    assert kind == "text/html"
    assets = ASSET.findall(html)
    assert assets
    for asset in assets:
        kind, content = page(collector, f"/{asset}")
        assert kind in ("text/javascript", "application/javascript", "text/css")
        assert content


def test_a_span_that_is_sent_can_be_read_back(collector: Collector) -> None:
    body = Bodies(0, shape=Shape(spans=4)).body(0, time.time_ns())
    with Client(HOST, collector.http) as client:
        assert client.post("/v1/traces", body.gzip).accepted
    assert _spans_of(collector, body.ids.trace_ids()[0]) == sorted(body.ids.span_ids())


def test_the_variables_that_make_up_passes_on_are_heeded(programs: Path, tmp_path: Path) -> None:
    command = (str(programs / "spanwise"),)
    collector = Collector(tmp_path / "data", tmp_path / "output", command=command, by_variables=True)
    collector.start()
    status = collector.get("/api/v1/status")
    assert [status[key] for key in ("http", "grpc", "data")] == [
        f"{HOST}:{collector.http}",
        f"{HOST}:{collector.grpc}",
        str(collector.data),
    ]
    assert collector.stop() == 0


def test_nothing_is_written_outside_the_data_folder(collector: Collector) -> None:
    assert {entry.name for entry in collector.output.parent.iterdir()} == {"data", "output"}


def _spans_of(collector: Collector, trace_id: str) -> list[str]:
    deadline = time.monotonic() + 10
    while True:
        try:
            trace = collector.get(f"/api/v1/traces/{trace_id}")
        except urllib.error.HTTPError as error:
            error.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return sorted(span["span_id"] for span in trace["spans"])
