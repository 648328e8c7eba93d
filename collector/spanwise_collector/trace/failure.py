"""Whether a span failed, as the store's `spanwise_failed` has it (010_functions.sql)."""

from collections.abc import Callable
from typing import Final

from spanwise_collector.model.span import ERROR, Span

# Statuses of gRPC that are the server's failures (semantic-conventions: rpc/grpc): unknown, deadline exceeded, …
_GRPC_FAILURES: Final = (2, 4, 8, 13, 14, 15)
_SERVER_ERRORS: Final = range(500, 1000)
_SIGNS: Final[tuple[tuple[str, str, Callable[[int], bool]], ...]] = (
    ("http.response.status_code", "HTTP status", lambda code: code in _SERVER_ERRORS),
    ("http.status_code", "HTTP status", lambda code: code in _SERVER_ERRORS),
    ("rpc.grpc.status_code", "gRPC status", lambda code: code in _GRPC_FAILURES),
)


def failed(span: Span) -> bool:
    """Whether it failed: by its status, or where that is unset by its answer.

    An exception among its events alone is no failure, nor is the type of one: handled ones are recorded like that.
    """
    return span.status_code == ERROR or sign_of_failure(span) is not None


def sign_of_failure(span: Span) -> str | None:
    """What says that a span failed whose status is unset; None where nothing does, or its status tells."""
    if span.status_code:
        return None
    if str(span.attributes.get("error", "")).lower() == "true":
        return "error = true"
    for key, what, bad in _SIGNS:
        code = _number(span.attributes.get(key))
        if code is not None and bad(code):
            return f"{what} {code}"
    return None


def _number(value: object) -> int | None:
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    # Some tracers send numbers as text.
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 9 else None
