"""The collector's health in sentences for people."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from spanwise_collector.diagnose.claims import counted
from spanwise_collector.model.health import Arrival, Health, Recent

_LAGGING: Final = 5.0
_ADVICE: Final = {
    "body_too_large": "Send smaller batches, or raise max_body_bytes.",
    "body_timeout": "The sender or the network is slow; read_timeout is the limit.",
    "bad_data": "The sender's exporter is set to another protocol, or is broken.",
    "not_found": "The sender's exporter has another path, or sends what is not taken here.",
    "bad_http": "What came is no HTTP: the sender may speak TLS or gRPC to the port of HTTP.",
    "unsupported_media_type": "Set the exporter to http/protobuf or http/json.",
    "spool_full": "The store does not keep up; senders were told to come back.",
    "unauthenticated": "The sender gives no key: set SPANWISE_KEY there.",
    "unknown_key": "The sender's key is wrong or was revoked: make another with `spanwise keys create`.",
    "permission_denied": "The key lacks the scope, or the request came from a foreign page or name.",
    "overloaded": "More arrived at once than max_inflight_bytes allows; senders were told to come back.",
    "no_place": "Calls waited too long for one of grpc_receiving; senders were told to come back.",
    "displaced": "Messages came slowly, or not at all, while others waited; senders were told to come back.",
    "spool_unavailable": "The disk is full or failing; senders were told to come back.",
}
_NAMES: Final = {
    "otlp_http": "OTLP over HTTP",
    "otlp_http_json": "OTLP over HTTP in JSON",
    "http": "HTTP",
    "otlp_grpc": "OTLP over gRPC",
}
_ITEMS: Final = {"traces": "span", "logs": "log record", "metrics": "metric point"}
_NAMED: Final = 3
_MINUTE: Final = 60


def troubled(now: Health) -> bool:
    """Whether somebody has to look after the collector."""
    lost = now.damaged or now.spool_damaged or now.undone_deletions
    return bool(now.spool_error or now.store_error or now.set_aside or lost) or now.lag_seconds > _LAGGING


def summary(lately: Recent, senders: list[Arrival] | None, addresses: list[str]) -> str:
    """What arrived lately, from which addresses, what was refused, and who began spans then; None where the store does
    not say who."""
    items: Counter[str] = Counter()
    for by_kind in (lately.counts.accepted, lately.counts.repeated):
        for (signal, _), count in by_kind.items():
            items[signal] += count
    arrived = ", ".join(counted(count, _ITEMS[signal]) for signal, count in sorted(items.items()) if count)
    refused = sum(lately.counts.refused.values())
    were = f"{counted(refused, 'request')} {'was' if refused == 1 else 'were'} refused"
    return f"{_when(lately)} {arrived or 'nothing'} arrived{_from_where(addresses)} and {were}{_from_whom(senders)}."


def _from_where(addresses: list[str]) -> str:
    if not addresses:
        return ""
    more = f" and {len(addresses) - _NAMED:,} more" if len(addresses) > _NAMED else ""
    return f", for this project from {', '.join(each or 'others' for each in addresses[:_NAMED])}{more},"


def _from_whom(senders: list[Arrival] | None) -> str:
    if senders is None:
        return ""
    if not senders:
        return "; no span of this project began in that time, by its own clock"
    services = list(dict.fromkeys(each.service for each in senders))
    more = f" and {len(services) - _NAMED:,} more" if len(services) > _NAMED else ""
    return (
        f"; spans of this project that began in that time, by their own clocks, came from"
        f" {counted(len(senders), 'instance')} of {', '.join(services[:_NAMED])}{more}"
    )


def sentences(now: Health, lately: Recent) -> Iterator[str]:
    """What a person should know, the gravest first."""
    if now.spool_error:
        yield f"Nothing can be acknowledged: {now.spool_error}."
    if now.store_error:
        yield f"The store does not take what was acknowledged; it waits safely in the spool. {now.store_error}"
    for part in now.damaged:
        yield f"A file of the store is not what was written, and its rows are in no answer: {part}."
    for deletion in now.undone_deletions:
        yield f"A deletion that was asked for is not done: {deletion}"
    for name, reason in sorted(now.set_aside.items()):
        yield f"The store refused segment {name} for good; it lies in the folder `refused`. {reason}"
    if now.spool_damaged:
        yield (
            f"Acknowledged data was damaged on disk in {', '.join(now.spool_damaged)}: what is good of it is kept, and"
            " the originals lie beside in the folder `spool`, with the ending .damaged."
        )
    if now.cut_bytes:
        yield (
            f"The collector had not been stopped before: {now.cut_bytes:,} bytes that it had not acknowledged were cut."
        )
    if now.lag_seconds > _LAGGING:
        yield f"What arrives can be searched {now.lag_seconds:.0f} s later: the store does not keep up."
    if now.catalogue_forgotten:
        yield (
            f"Completion has forgotten the {now.catalogue_forgotten:,} rarest keys and values since the start, beyond"
            " catalogue_entries of a project: ids or free texts may stand where keys or names are expected."
        )
    yield from _refusals(lately)


def _refusals(lately: Recent) -> Iterator[str]:
    for (signal, protocol, reason), count in sorted(lately.counts.refused.items(), key=lambda item: -item[1]):
        of = "" if signal == "unknown" else f" with {signal}"
        were = f"{counted(count, 'request')}{of} over {_name(protocol)} {'was' if count == 1 else 'were'} refused"
        yield f"{_when(lately)} {were}: {reason}. {_ADVICE.get(reason, '')}".rstrip()
    for (signal, protocol), count in sorted(lately.counts.rejected.items()):
        why = "its id is" if count == 1 else "their ids are"
        were = f"{counted(count, _ITEMS[signal])} over {_name(protocol)} {'was' if count == 1 else 'were'} taken out"
        yield f"{_when(lately)} {were} of good requests because {why} invalid."


def _when(lately: Recent) -> str:
    if lately.seconds < 2 * _MINUTE:
        time = counted(round(lately.seconds), "second")
    else:
        time = counted(int(lately.seconds // _MINUTE), "minute")
    return f"Since the start {time} ago" if lately.whole else f"In the last {time}"


def _name(protocol: str) -> str:
    return _NAMES.get(protocol, protocol)
