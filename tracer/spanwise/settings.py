"""Settings: arguments of `spanwise.init`, then `SPANWISE_*`, then the standard `OTEL_*` variables."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from spanwise.export.outgoing import BeforeSend

DEFAULT_ENDPOINT = "http://127.0.0.1:4318"
DEFAULT_GRPC_ENDPOINT = "http://127.0.0.1:4317"
MIN_SAMPLING_INTERVAL = 0.1
HTTP, GRPC = "http/protobuf", "grpc"
DEFAULT_ACCEPT = ("tracecontext", "baggage", "b3", "b3multi")
DEFAULT_SEND = ("tracecontext", "baggage", "b3")
INTERNAL = ("internal",)
HEALTH_CHECKS = ("/healthz", "/livez", "/readyz", "/favicon.ico")
RESPONSE_HEADERS = frozenset({"x-trace-id", "traceresponse", "b3"})
FORMATS = frozenset({"tracecontext", "baggage", "b3", "b3multi", "jaeger", "xray"})
# The least value of each number, and whether None may stand for it.
_NUMBERS: Mapping[str, tuple[float, bool]] = {
    "sample_rate": (0, True),
    "keep_slower_than": (0, True),
    "sampling_interval": (0, True),
    "interval": (0.001, False),
    "timeout": (0.001, False),
    "exit_timeout": (0, False),
    "max_batch": (1, False),
    "max_queue": (1, False),
    "max_queue_bytes": (1, False),
}
_TRUE = frozenset({"1", "true", "yes", "on"})


class SettingsError(ValueError):
    """A setting has a value that cannot be used; the message names it and says what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that `init` was told, resolved. Durations are seconds, sizes bytes."""

    service: str | None = None
    endpoint: str = DEFAULT_ENDPOINT
    traces_endpoint: str = DEFAULT_ENDPOINT + "/v1/traces"
    logs_endpoint: str = DEFAULT_ENDPOINT + "/v1/logs"
    protocol: str = HTTP
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    key: str | None = field(default=None, repr=False)
    certificate: str | None = None
    accept: tuple[str, ...] = DEFAULT_ACCEPT
    send: tuple[str, ...] = DEFAULT_SEND
    disabled: bool = False
    logs: bool = True
    instrument: bool = True
    without: frozenset[str] = frozenset()
    exclude: tuple[str, ...] = HEALTH_CHECKS
    trust: str | Sequence[str] = "continue"
    propagate_to: tuple[str, ...] = INTERNAL
    response_headers: tuple[str, ...] = ()
    before_send: BeforeSend | None = None
    sample: float = 1.0
    sample_rules: Mapping[str, float] = field(default_factory=dict)
    sample_rate: float | None = None
    keep_errors: bool = False
    keep_slower_than: float | None = None
    sampling_interval: float | None = None
    sigterm: bool = True
    interval: float = 1.0
    timeout: float = 10.0
    exit_timeout: float = 1.8
    max_batch: int = 512
    max_queue: int = 8_192
    max_queue_bytes: int = 16 * 1024 * 1024
    gzip: bool = True


def truthy(text: str | None) -> bool:
    """Whether an environment variable's text means yes."""
    return text is not None and text.strip().lower() in _TRUE


def split_list(text: str) -> tuple[str, ...]:
    """The non-empty, stripped members of a comma-separated text."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def formats(value: str | tuple[str, ...] | list[str], name: str) -> tuple[str, ...]:
    """Header formats named by a setting, in order, checked; `none` means no format at all."""
    members = _members(name, value)
    if members == ("none",):
        return ()
    for member in members:
        if member not in FORMATS:
            raise SettingsError(f"{name}: {member!r} is not one of {', '.join(sorted(FORMATS))}")
    return members


def parse_headers(text: str) -> dict[str, str]:
    """Headers written as `key=value,key=value` with percent-encoded values; malformed members are skipped."""
    pairs = (member.partition("=") for member in split_list(text))
    return {key.strip().lower(): unquote(value.strip()) for key, equals, value in pairs if equals and key.strip()}


def checked_endpoint(endpoint: str) -> str:
    """The endpoint without a trailing slash, or a SettingsError when it is no HTTP address."""
    try:
        parts = urlsplit(endpoint)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number or too large, brackets that do not match
        usable = False
    if not usable:
        raise SettingsError(f"endpoint: {endpoint!r} is not an http:// or https:// address")
    return endpoint.rstrip("/")


def signal_endpoints(endpoint: str | None, env: Mapping[str, str], protocol: str = HTTP) -> tuple[str, str, str]:
    """The base address and the two full addresses of spans and logs; over gRPC they have no path."""
    over_grpc = protocol == GRPC
    fallback = DEFAULT_GRPC_ENDPOINT if over_grpc else DEFAULT_ENDPOINT
    base = endpoint or env.get("SPANWISE_ENDPOINT") or env.get("OTEL_EXPORTER_OTLP_ENDPOINT") or fallback
    explicit = endpoint is not None or "SPANWISE_ENDPOINT" in env
    traces = None if explicit else env.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    logs = None if explicit else env.get("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT")
    if over_grpc:
        # gRPC's targets are written without a scheme too; TLS is then for OTEL_EXPORTER_OTLP_INSECURE to say.
        scheme = "http" if truthy(env.get("OTEL_EXPORTER_OTLP_INSECURE")) else "https"
        found = [each if "://" in each else f"{scheme}://{each}" for each in (base, traces or base, logs or base)]
        return checked_endpoint(found[0]), checked_endpoint(found[1]), checked_endpoint(found[2])
    base = checked_endpoint(base)
    return base, checked_endpoint(traces or base + "/v1/traces"), checked_endpoint(logs or base + "/v1/logs")


def checked_protocol(given: str | None, env: Mapping[str, str]) -> str:
    """How exports travel; raises SettingsError for what is unknown or not installed."""
    protocol = given or env.get("SPANWISE_PROTOCOL") or env.get("OTEL_EXPORTER_OTLP_PROTOCOL") or HTTP
    if protocol not in (HTTP, GRPC):
        raise SettingsError(f"protocol: {protocol!r} is not one of {HTTP}, {GRPC}")
    if protocol == GRPC and not all(map(_is_installed, ("grpc", "google.rpc"))):
        raise SettingsError("protocol: grpc needs pip install 'spanwise[grpc]'")
    return protocol


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def propagation_formats(
    accept: str | tuple[str, ...] | list[str] | None,
    send: str | tuple[str, ...] | list[str] | None,
    env: Mapping[str, str],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is accepted and what is sent; `OTEL_PROPAGATORS` sets both where nothing nearer does."""
    common = env.get("OTEL_PROPAGATORS")
    accepted = accept if accept is not None else env.get("SPANWISE_ACCEPT") or common or DEFAULT_ACCEPT
    sent = send if send is not None else env.get("SPANWISE_SEND") or common or DEFAULT_SEND
    return formats(accepted, "accept"), formats(sent, "send")


def environment() -> Mapping[str, str]:
    """The process environment; a function so that tests can pass a mapping instead."""
    return os.environ


def check_shares(sample: float, rules: Mapping[str, float]) -> None:
    """Raise SettingsError for a share that is not between 0 and 1."""
    for name, share in {"sample": sample, **rules}.items():
        if not isinstance(share, int | float) or not 0 <= share <= 1:
            raise SettingsError(f"{name}: {share!r} is not between 0 and 1")


def _check_number(name: str, value: object) -> None:
    least, optional = _NUMBERS[name]
    if value is None and optional:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value < float("inf"):
        raise SettingsError(f"{name}: {value!r} is not a number from {least:g} on")


def _check_headers(headers: object) -> None:
    """Values are not shown: they hold keys."""
    if not isinstance(headers, Mapping):
        raise SettingsError("headers: is not a mapping of names to values")
    for name, value in headers.items():
        if not all(isinstance(text, str) and text.isprintable() for text in (name, value)):
            raise SettingsError(f"headers: {name!r} or its value is no text, or has control characters in it")


def _check_interval(interval: float | None, protocol: str) -> None:
    if interval is not None and interval < MIN_SAMPLING_INTERVAL:
        raise SettingsError(f"sampling_interval: {interval} is less than {MIN_SAMPLING_INTERVAL} seconds")
    if interval is not None and protocol == GRPC:
        raise SettingsError(f"sampling_interval: is asked for over HTTP and needs protocol {HTTP}")


def _members(name: str, value: str | Iterable[str]) -> tuple[str, ...]:
    members = split_list(value) if isinstance(value, str) else tuple(value) if isinstance(value, Iterable) else (value,)
    if not all(isinstance(member, str) for member in members):
        raise SettingsError(f"{name}: {value!r} is not a text `a,b` or a list of texts")
    return members


def resolve(
    service: str | None = None,
    *,
    endpoint: str | None = None,
    accept: str | tuple[str, ...] | list[str] | None = None,
    send: str | tuple[str, ...] | list[str] | None = None,
    **options: Any,
) -> Settings:
    """The settings of arguments and environment together."""
    from spanwise.variables import said

    env = environment()
    unknown = options.keys() - Settings.__dataclass_fields__.keys()
    if unknown:
        raise SettingsError(f"init() has no setting {', '.join(sorted(unknown))}")
    protocol = checked_protocol(options.pop("protocol", None), env)
    base, traces, logs = signal_endpoints(endpoint, env, protocol)
    accepted, sent = propagation_formats(accept, send, env)
    values = {**said(env), **options}
    for name in _NUMBERS.keys() & values.keys():
        _check_number(name, values[name])
    _check_interval(values["sampling_interval"], protocol)
    check_shares(values["sample"], values.get("sample_rules") or {})
    if values["key"]:
        values["headers"] = {**values["headers"], "authorization": f"Bearer {values['key'].strip()}"}
    _check_headers(values["headers"])
    if values.get("before_send") is not None and not callable(values["before_send"]):
        raise SettingsError(f"before_send: {values['before_send']!r} cannot be called")
    values["without"] = frozenset(_members("without", values["without"]))
    for name in ("exclude", "propagate_to", "response_headers"):
        values[name] = _members(name, values[name])
    unknown = set(values["response_headers"]) - RESPONSE_HEADERS
    if unknown:
        raise SettingsError(f"response_headers: {sorted(unknown)} are not among {sorted(RESPONSE_HEADERS)}")
    return Settings(
        service=service,
        endpoint=base,
        traces_endpoint=traces,
        logs_endpoint=logs,
        protocol=protocol,
        accept=accepted,
        send=sent,
        **values,
    )
