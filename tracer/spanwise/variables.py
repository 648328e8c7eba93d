"""What the environment says about settings: `SPANWISE_*` of each by its name, else OpenTelemetry's variable for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spanwise.settings import HEALTH_CHECKS, INTERNAL, SettingsError, parse_headers, split_list, truthy

# Settings that are one number or one switch, and the standard variable for them with what it is to be divided by:
# the SDK's delays are in milliseconds, its time for an export is in seconds.
_NUMBERS: Mapping[str, tuple[str, int] | None] = {
    "sample_rate": None,
    "keep_slower_than": None,
    "sampling_interval": None,
    "interval": ("OTEL_BSP_SCHEDULE_DELAY", 1000),
    "timeout": ("OTEL_EXPORTER_OTLP_TIMEOUT", 1),
    "exit_timeout": None,
}
_COUNTS: Mapping[str, str | None] = {
    "max_batch": "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    "max_queue": "OTEL_BSP_MAX_QUEUE_SIZE",
    "max_queue_bytes": None,
}
_FALSE = frozenset({"0", "false", "no", "off"})
_SWITCHES = ("disabled", "logs", "instrument", "keep_errors", "sigterm", "gzip")


def said(env: Mapping[str, str]) -> dict[str, Any]:
    """The settings that variables name, and those whose default depends on one; raises SettingsError for no number."""
    return {
        "headers": parse_headers(env.get("SPANWISE_HEADERS") or env.get("OTEL_EXPORTER_OTLP_HEADERS", "")),
        "key": env.get("SPANWISE_KEY"),
        "certificate": env.get("SPANWISE_CERTIFICATE") or env.get("OTEL_EXPORTER_OTLP_CERTIFICATE"),
        "without": split_list(env.get("SPANWISE_WITHOUT") or env.get("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "")),
        "trust": env.get("SPANWISE_TRUST", "continue"),
        "propagate_to": env.get("SPANWISE_PROPAGATE_TO", INTERNAL),
        "response_headers": env.get("SPANWISE_RESPONSE_HEADERS", ()),
        "exclude": env.get("SPANWISE_EXCLUDE") or _excluded_urls(env) or HEALTH_CHECKS,
        "sampling_interval": None,
        "sample": _sample(env),
        **_standard_switches(env),
        **_numbers(env),
        **{name: _switch(name, text) for name in _SWITCHES if (text := env.get(_own(name)))},
    }


def _own(name: str) -> str:
    return f"SPANWISE_{name.upper()}"


def _numbers(env: Mapping[str, str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, standard in _NUMBERS.items():
        if text := env.get(_own(name)):
            found[name] = _number(name, text)
        elif standard is not None and (text := env.get(standard[0])):
            found[name] = _number(standard[0], text) / standard[1]
    for name, variable in _COUNTS.items():
        if text := env.get(_own(name)) or env.get(variable or ""):
            found[name] = int(_number(name, text))
    return found


def _standard_switches(env: Mapping[str, str]) -> dict[str, bool]:
    """Spans that nothing exports are not made; log records are not copied where only those are left out."""
    found = {"disabled": truthy(env.get("OTEL_SDK_DISABLED")) or env.get("OTEL_TRACES_EXPORTER") == "none"}
    if env.get("OTEL_LOGS_EXPORTER") == "none":
        found["logs"] = False
    if compression := env.get("OTEL_EXPORTER_OTLP_COMPRESSION"):
        found["gzip"] = compression == "gzip"
    return found


def _sample(env: Mapping[str, str]) -> float:
    """The share of the traces that begin here which is kept."""
    text = env.get("SPANWISE_SAMPLE")
    if text is None:
        name = env.get("OTEL_TRACES_SAMPLER", "always_on").removeprefix("parentbased_")
        text = {"always_off": "0", "traceidratio": env.get("OTEL_TRACES_SAMPLER_ARG") or "1"}.get(name, "1")
    return _number("sample", text)


def _excluded_urls(env: Mapping[str, str]) -> tuple[str, ...]:
    """OpenTelemetry's are regular expressions found anywhere in an address; of these, `.*`, `^` and `$` are read."""
    return tuple(
        ("" if each.startswith("^") else "*")
        + each.strip("^$").replace(".*", "*")
        + ("" if each.endswith("$") else "*")
        for each in split_list(env.get("OTEL_PYTHON_EXCLUDED_URLS", ""))
    )


def _switch(name: str, text: str) -> bool:
    if not truthy(text) and text.strip().lower() not in _FALSE:
        raise SettingsError(f"{name}: {text!r} is neither true nor false")
    return truthy(text)


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise SettingsError(f"{name}: {text!r} is not a number") from None
