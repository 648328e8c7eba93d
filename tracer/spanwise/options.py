"""The settings that `init` takes by name, with their types, for editors and type checkers. Meanings: docs/tracer.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from spanwise.export.outgoing import BeforeSend

    Hook = BeforeSend | Callable[[Any], Any]


class Options(TypedDict, total=False):
    """Durations are seconds, sizes bytes, shares between 0 and 1; lists may be written `a,b` as in variables."""

    protocol: str
    headers: Mapping[str, str]
    certificate: str | None
    key: str | None
    disabled: bool
    logs: bool
    instrument: bool
    without: str | Sequence[str]
    exclude: str | Sequence[str]
    trust: str | Sequence[str]
    propagate_to: str | Sequence[str]
    response_headers: str | Sequence[str]
    before_send: Hook | None
    sample: float
    sample_rules: Mapping[str, float]
    sample_rate: float | None
    keep_errors: bool
    keep_slower_than: float | None
    sampling_interval: float | None
    sigterm: bool
    interval: float
    timeout: float
    exit_timeout: float
    max_batch: int
    max_queue: int
    max_queue_bytes: int
    gzip: bool
