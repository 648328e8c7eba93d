"""Settings that cannot be used are said at `init`, by name, and never with a secret."""

from __future__ import annotations

from typing import Any

import pytest
from spanwise.settings import SettingsError, resolve


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"sample": "0.5"}, "sample: '0.5' is not between 0 and 1"),
        ({"sample_rules": {"/a": "x"}}, "/a: 'x' is not between 0 and 1"),
        ({"sample_rate": -1}, "sample_rate: -1 is not a number from 0 on"),
        ({"interval": 0}, "interval: 0 is not a number from 0.001 on"),
        ({"interval": "2"}, "interval: '2' is not a number from 0.001 on"),
        ({"timeout": None}, "timeout: None is not a number from 0.001 on"),
        ({"max_batch": 0}, "max_batch: 0 is not a number from 1 on"),
        ({"max_queue": True}, "max_queue: True is not a number from 1 on"),
        ({"exit_timeout": float("nan")}, "exit_timeout: nan is not a number from 0 on"),
        (
            {"endpoint": "http://collector:99999"},
            "endpoint: 'http://collector:99999' is not an http:// or https:// address",
        ),
        ({"endpoint": "http://[::1"}, "endpoint: 'http://[::1' is not an http:// or https:// address"),
        ({"accept": 5}, "accept: 5 is not a text `a,b` or a list of texts"),
        ({"exclude": None}, "exclude: None is not a text `a,b` or a list of texts"),
        ({"before_send": 5}, "before_send: 5 cannot be called"),
        ({"headers": "a=b"}, "headers: is not a mapping of names to values"),
        ({"key": "se\ncret"}, "headers: 'authorization' or its value is no text, or has control characters in it"),
    ],
)
def test_what_cannot_be_used_is_said_by_name(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        resolve("api", **given)
    assert str(caught.value) == said


def test_numbers_may_be_of_either_kind_and_some_left_out() -> None:
    settings = resolve("api", interval=2, max_batch=1, sample=1, sample_rate=None, keep_slower_than=0)
    assert (settings.interval, settings.max_batch, settings.sample_rate, settings.keep_slower_than) == (2, 1, None, 0)


@pytest.mark.parametrize(
    ("variables", "name", "value"),
    [
        ({"SPANWISE_LOGS": "0"}, "logs", False),
        ({"OTEL_LOGS_EXPORTER": "none"}, "logs", False),
        ({"OTEL_LOGS_EXPORTER": "none", "SPANWISE_LOGS": "yes"}, "logs", True),
        ({"OTEL_TRACES_EXPORTER": "none"}, "disabled", True),
        ({"OTEL_SDK_DISABLED": "true", "SPANWISE_DISABLED": "off"}, "disabled", False),
        ({"SPANWISE_KEEP_ERRORS": "1"}, "keep_errors", True),
        ({"SPANWISE_SAMPLE_RATE": "2.5"}, "sample_rate", 2.5),
        ({"SPANWISE_INTERVAL": "3"}, "interval", 3.0),
        ({"OTEL_BSP_SCHEDULE_DELAY": "5000"}, "interval", 5.0),
        ({"OTEL_EXPORTER_OTLP_TIMEOUT": "4"}, "timeout", 4.0),
        ({"SPANWISE_EXIT_TIMEOUT": "0.5"}, "exit_timeout", 0.5),
        ({"OTEL_BSP_MAX_QUEUE_SIZE": "99"}, "max_queue", 99),
        ({"OTEL_BSP_MAX_QUEUE_SIZE": "99", "SPANWISE_MAX_QUEUE": "7"}, "max_queue", 7),
        ({"OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "64"}, "max_batch", 64),
        ({"OTEL_EXPORTER_OTLP_COMPRESSION": "none"}, "gzip", False),
        (
            {"OTEL_PYTHON_EXCLUDED_URLS": "healthz,client/.*/info,^/a$"},
            "exclude",
            ("*healthz*", "*client/*/info*", "/a"),
        ),
    ],
)
def test_variables_set_what_arguments_do_not(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], name: str, value: object
) -> None:
    for variable, text in variables.items():
        monkeypatch.setenv(variable, text)
    assert getattr(resolve("api"), name) == value


def test_an_argument_wins_over_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPANWISE_LOGS", "true")
    assert resolve("api", logs=False).logs is False


def test_a_variable_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPANWISE_LOGS", "perhaps")
    with pytest.raises(SettingsError, match="logs: 'perhaps' is neither true nor false"):
        resolve("api")
    monkeypatch.setenv("SPANWISE_LOGS", "1")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "soon")
    with pytest.raises(SettingsError, match="OTEL_BSP_SCHEDULE_DELAY: 'soon' is not a number"):
        resolve("api")
