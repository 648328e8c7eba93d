"""Every node that was seen: what it is, what it sent, and how it is beside its siblings and who should be there."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import func, select

from spanwise_collector.diagnose import registration
from spanwise_collector.diagnose.node_health import Found, Node, State, Traffic, health, in_order, weight, worst
from spanwise_collector.diagnose.registration import Entry
from spanwise_collector.model.registered import Register
from spanwise_collector.query.figures import REQUESTS, STATS, Figures, Minutes, figures_by
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import MINUTE, logs, lookup, spans

_VERSION: Final = "service.version"
_HOST: Final = "host.name"
# All by which a registry may know a node.
_NAMES: Final = (
    "service.instance.id", _HOST, "host.ip", "host.id", "k8s.pod.name", "k8s.pod.ip", "k8s.pod.uid", "container.id",
    "container.name", "server.address", "net.host.ip", "net.host.name",
)  # fmt: skip
_Key = tuple[str, str]


@dataclass(slots=True)
class Sent:
    """What a node sent in a range, when, and what its resource says; `first` is of all that is kept."""

    first: int = 0
    last: int = 0
    since: int = 0
    spans: int = 0
    logs: int = 0
    last_log: int = 0
    last_span: int = 0
    names: dict[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return self.names.get(_HOST, "")

    @property
    def version(self) -> str:
        return self.names.get(_VERSION, "")


@dataclass(frozen=True, slots=True)
class Seen:
    """A node: what it sent in the range, its requests and those of its siblings, and what was found, weightiest first.

    Of one that is registered and never sent anything `node` is None. `entry` is how it is registered; `registered` is
    None where no registry says anything of its service or could be read.
    """

    service: str
    instance: str
    found: list[Found]
    node: Node | None = None
    sent: Sent = field(default_factory=Sent)
    requests: Figures = field(default_factory=Figures)
    siblings: int = 0
    siblings_requests: Figures = field(default_factory=Figures)
    entry: Entry | None = None
    registered: bool | None = None

    @property
    def state(self) -> State:
        return worst(self.found)


@dataclass(frozen=True, slots=True)
class Nodes:
    """All nodes by state, service and instance, and the services whose entries bear other names than their nodes."""

    seen: list[Seen]
    doubtful: list[str]


def nodes(engine: Engine, project: str, bounds: tuple[int, int], registers: Sequence[Register]) -> Nodes:
    """Every node that sent a span or a log record in the range, and every one that is registered and did not."""
    minutes = Minutes.of(project, *bounds)
    sent = _sent(engine, minutes, bounds)
    by_operation = (STATS.service, STATS.instance, STATS.name)
    now = figures_by(engine, minutes, by_operation, REQUESTS)
    before = figures_by(engine, minutes.before(), by_operation, REQUESTS)
    operations, earlier = _by_node(now), _by_node(before)
    keys = sorted(sent)
    made = [_node(key, sent[key], operations.get(key, {}), earlier.get(key, {})) for key in keys]
    registered = registration.compare(made, registers)
    of_node = {key: sum(operations.get(key, {}).values(), Figures()) for key in keys}
    services: dict[str, list[Figures]] = defaultdict(list)
    for (service, _), each in of_node.items():
        services[service].append(each)
    pooled = {service: sum(each, Figures()) for service, each in services.items()}
    seen = [
        Seen(
            node.service,
            node.instance,
            _joined(found, registered.found[number], registered.entries[number]),
            node,
            sent[key],
            of_node[key],
            len(services[node.service]) - 1,
            pooled[node.service].without(of_node[key]),
            registered.entries[number],
            registered.known(node, number),
        )
        for number, (key, node, found) in enumerate(zip(keys, made, health(made, bounds[1]), strict=True))
    ]
    seen += [
        Seen(each.registered.service, each.registered.name, [registration.silent(each)], entry=each, registered=True)
        for each in registered.absent
    ]
    return Nodes(sorted(seen, key=_order), registered.doubtful)


def _order(seen: Seen) -> tuple[int, str, str]:
    return weight(seen.state), seen.service, seen.instance


def _joined(found: list[Found], registered: list[Found], entry: Entry | None) -> list[Found]:
    """Who is silent and still registered should be there; who is silent and not registered may have left."""
    if not any(each.state == "silent" for each in found):
        return in_order((*found, *registered))
    if entry is None:
        return found
    called = entry.register.called
    return in_order(
        Found("registered, silent", f"{each.why} {called} has it registered.") if each.state == "silent" else each
        for each in found
    )


def _by_node(found: dict[tuple[Any, ...], Figures]) -> dict[_Key, dict[str, Figures]]:
    made: dict[_Key, dict[str, Figures]] = defaultdict(dict)
    for (service, instance, name), figures in found.items():
        made[service, instance][name] = figures
    return made


def _node(key: _Key, sent: Sent, now: dict[str, Figures], before: dict[str, Figures]) -> Node:
    names = frozenset(name for text in sent.names.values() for name in _texts(text))
    return Node(
        *key,
        names,
        sent.first,
        sent.last,
        sent.since,
        sent.spans + sent.logs,
        {name: Traffic(each.spans, each.errors, each.buckets) for name, each in now.items()},
        {name: Traffic(each.spans, each.errors, each.buckets) for name, each in before.items()},
    )


def _texts(text: str) -> Iterable[str]:
    """An attribute's value, or the values of one that is a list, in lower case."""
    if text.startswith("["):
        try:
            return [str(each).lower() for each in json.loads(text)]
        except ValueError:
            pass
    return [text.lower()] if text else []


def _sent(engine: Engine, minutes: Minutes, bounds: tuple[int, int]) -> dict[_Key, Sent]:
    found: dict[_Key, Sent] = defaultdict(Sent)
    project, (start, end) = minutes.project, bounds
    in_range = (STATS.minute >= minutes.first) & (STATS.minute < minutes.end)
    by_node = (
        select(
            STATS.service,
            STATS.instance,
            func.min(STATS.minute).label("first"),
            func.minIf(STATS.minute, in_range).label("since"),
            func.maxIf(STATS.last_start_time_unix_nano, in_range).label("last"),
            func.sumIf(STATS.span_count, in_range).label("n"),
        )
        .where(STATS.project == project, STATS.minute < minutes.end)
        .group_by(STATS.service, STATS.instance)
        .having(func.countIf(in_range) > 0)
    )
    for row in engine.read(by_node):
        each = found[row.service, row.instance]
        each.first, each.since, each.last = row.first * MINUTE, max(start, row.since * MINUTE), row.last
        each.spans, each.last_span = row.n, row.last
    time = logs.c.time_unix_nano
    of_logs = (
        select(
            logs.c.service, logs.c.instance, func.min(time).label("first"), func.max(time).label("last"),
            func.count().label("n"),
        )
        .where(logs.c.project == project, time >= start, time < end)
        .group_by(logs.c.service, logs.c.instance)
    )  # fmt: skip
    for row in engine.read(of_logs):
        each = found[row.service, row.instance]
        each.first, each.since = (min(before or row.first, row.first) for before in (each.first, each.since))
        each.last, each.last_log, each.logs = max(each.last, row.last), row.last, row.n
    _name(engine, project, found)
    return found


def _name(engine: Engine, project: str, found: dict[_Key, Sent]) -> None:
    """Read what the resource of each node says from the last span, or record, that it sent."""
    for table, time, lasts in (
        (logs, logs.c.time_unix_nano, {each.last_log for each in found.values() if not each.last_span}),
        (spans, spans.c.start_time_unix_nano, {each.last_span for each in found.values()}),
    ):
        times = sorted(lasts - {0})
        if not times:
            continue
        columns = table.c
        resource = [lookup(columns.resource_attributes, name) for name in (*_NAMES, _VERSION)]
        query = (
            select(columns.service, columns.instance, func.argMax(func.array(*resource), time).label("values"))
            # The minute is what the table is sorted by.
            .where(
                columns.project == project,
                func.intDiv(time, MINUTE).in_(sorted({last // MINUTE for last in times})),
                time.in_(times),
            )
            .group_by(columns.service, columns.instance)
        )
        for row in engine.read(query):
            if (row.service, row.instance) in found:
                found[row.service, row.instance].names = dict(zip((*_NAMES, _VERSION), row.values, strict=True))
