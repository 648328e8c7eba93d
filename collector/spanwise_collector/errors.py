"""The family of everything that can go wrong on purpose, and the one map from it to the wire.

    SpanwiseError
    ├── SettingError              a flag, variable or key of the settings cannot be used
    └── Refused                   a request got a negative answer; the text is shown to whoever sent it
        ├── BadData               the body is not what its Content-Type says, or breaks the protocol
        │   └── Undecodable       our own decoder failed at it
        ├── InvalidParameter      a parameter of a query is wrong; `parameter` names it
        │   └── InvalidQuery      a text of the search language is wrong; `column` says where
        ├── QueryLimit            a query costs more than it may; `setting` names the limit
        ├── NotebookFull          a project has written down as many of a kind as it may
        ├── NotFound              nothing has that name
        ├── MethodNotAllowed      the path exists, the method does not; `allow` says which do
        ├── UnsupportedMediaType  no decoder for that Content-Type
        ├── BodyTooLarge          over the limit, before or after inflating
        ├── BodyTimeout           the body did not arrive in time
        ├── SenderLeft            the connection was closed before the body or the answer was complete
        ├── Unauthenticated       no key
        │   └── UnknownKey        a key that is not known, or was revoked
        ├── PermissionDenied      a key that does not allow this
        ├── Overloaded            more than can be taken now; come back after `delay`
        │   ├── SpoolFull         the spool has reached its size
        │   ├── NoPlace           a call waited for its message to be received (receive/places.py)
        │   └── Displaced         a message came too slowly while others waited (there too)
        └── Unavailable           our own trouble; come back after `delay`
            ├── SpoolUnavailable  the spool cannot write: full disk, I/O error
            ├── NotebookError     the notebook cannot be asked or written
            └── StoreError        the store cannot be opened, written or asked

Raise these low and map them once: HTTP statuses, gRPC codes and the right to retry are decided in `WIRE` and
nowhere else. They never carry a payload: build them with `excerpt()` where bytes of a sender must be quoted.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar


class GrpcCode(IntEnum):
    """gRPC's status codes, also those of `google.rpc.Status`; here because only one module imports grpc."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


class SpanwiseError(Exception):
    """Anything we raise on purpose."""


class SettingError(SpanwiseError):
    """A setting cannot be used; the text names flag, variable, key, value and what was expected."""


class Refused(SpanwiseError):
    """A request got a negative answer; the text is for its sender.

    `reason` is the label of the counter, short and stable. `delay` in seconds is set only where the sender
    may try again.
    """

    reason: ClassVar[str] = "refused"

    def __init__(self, message: str, *, delay: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.delay = delay


class BadData(Refused):
    """The body is not what its Content-Type says, or breaks the protocol. Sending it again cannot help."""

    reason = "bad_data"


class Undecodable(BadData):
    """Our own decoder failed at the message. Sending it again cannot help: it would fail again."""

    reason = "internal_error"


class InvalidParameter(Refused):
    """A parameter of a query is wrong."""

    reason = "invalid_parameter"

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter


class InvalidQuery(InvalidParameter):
    """A text of the search language is wrong from `column` (1 is the first character) on, for `length` characters."""

    reason = "invalid_query"

    def __init__(
        self,
        message: str,
        *,
        column: int,
        length: int = 1,
        expected: tuple[str, ...] = (),
        suggestions: tuple[str, ...] = (),
        parameter: str = "q",
    ) -> None:
        hint = f" Did you mean {' or '.join(f'`{each}`' for each in suggestions)}?" if suggestions else ""
        super().__init__(parameter, f"`{parameter}`, column {column}: {message}{hint}")
        self.column = column
        self.length = length
        self.expected = expected
        self.suggestions = suggestions


class QueryLimit(Refused):
    """A query was stopped because it costs more than it may; `setting` names the limit. Asking again cannot help."""

    reason = "query_limit"

    def __init__(self, setting: str, hit: str) -> None:
        super().__init__(
            f"The query was stopped: {hit} (the setting {setting}). Ask for a shorter time range, or add terms that few"
            " rows fulfil, such as a service or a trace id."
        )
        self.setting = setting


class NotebookFull(Refused):
    """A project has written down as many of a kind as it may: something else must be removed first."""

    reason = "notebook_full"


class NotFound(Refused):
    """Nothing has that name."""

    reason = "not_found"


class MethodNotAllowed(Refused):
    """The path exists, the method does not."""

    reason = "method_not_allowed"

    def __init__(self, method: str, allow: str) -> None:
        super().__init__(f"{excerpt(method)} is not allowed here: use {allow}.")
        self.allow = allow


class UnsupportedMediaType(Refused):
    """No decoder for that Content-Type."""

    reason = "unsupported_media_type"


class BodyTooLarge(Refused):
    """The body is over the limit, before or after inflating. Sending it again cannot help."""

    reason = "body_too_large"


class BodyTimeout(Refused):
    """The body did not arrive in time."""

    reason = "body_timeout"


class SenderLeft(Refused):
    """The connection was closed before the body or the answer was complete; nobody reads it."""

    reason = "sender_left"


class Unauthenticated(Refused):
    """No key where one is required."""

    reason = "unauthenticated"


class UnknownKey(Unauthenticated):
    """A key that is not known, or was revoked; it is never quoted."""

    reason = "unknown_key"


class PermissionDenied(Refused):
    """A key that does not allow this."""

    reason = "permission_denied"


class Overloaded(Refused):
    """More than can be taken now; nothing of it was stored."""

    reason = "overloaded"

    def __init__(self, message: str, *, delay: float = 1.0) -> None:
        super().__init__(message, delay=delay)


class SpoolFull(Overloaded):
    """The spool has reached its size, because the store does not keep up or is away."""

    reason = "spool_full"


class Unavailable(Refused):
    """Our own trouble; nothing of the request was acknowledged."""

    reason = "unavailable"

    def __init__(self, message: str, *, delay: float = 1.0) -> None:
        super().__init__(message, delay=delay)


class SpoolUnavailable(Unavailable):
    """The spool cannot write: full disk, I/O error, or it is being closed."""

    reason = "spool_unavailable"


class NotebookError(Unavailable):
    """The notebook cannot be asked or written; the text holds no password."""

    reason = "notebook_unavailable"


class StoreError(Unavailable):
    """The store cannot be opened, written or asked; the text is the engine's."""

    reason = "store_unavailable"


@dataclass(frozen=True, slots=True)
class WireCode:
    """What one kind of refusal is called on each transport, and whether its sender may try again."""

    http: int
    grpc: GrpcCode
    retryable: bool = False


WIRE: dict[type[Refused], WireCode] = {
    BadData: WireCode(400, GrpcCode.INVALID_ARGUMENT),
    InvalidParameter: WireCode(400, GrpcCode.INVALID_ARGUMENT),
    QueryLimit: WireCode(422, GrpcCode.RESOURCE_EXHAUSTED),
    NotebookFull: WireCode(422, GrpcCode.RESOURCE_EXHAUSTED),
    NotFound: WireCode(404, GrpcCode.NOT_FOUND),
    MethodNotAllowed: WireCode(405, GrpcCode.UNIMPLEMENTED),
    UnsupportedMediaType: WireCode(415, GrpcCode.INVALID_ARGUMENT),
    BodyTooLarge: WireCode(413, GrpcCode.RESOURCE_EXHAUSTED),
    BodyTimeout: WireCode(408, GrpcCode.DEADLINE_EXCEEDED),
    SenderLeft: WireCode(400, GrpcCode.CANCELLED),
    Unauthenticated: WireCode(401, GrpcCode.UNAUTHENTICATED),
    # Over gRPC a wrong key is told apart from none.
    UnknownKey: WireCode(401, GrpcCode.PERMISSION_DENIED),
    PermissionDenied: WireCode(403, GrpcCode.PERMISSION_DENIED),
    Overloaded: WireCode(429, GrpcCode.RESOURCE_EXHAUSTED, retryable=True),
    Unavailable: WireCode(503, GrpcCode.UNAVAILABLE, retryable=True),
    # Never 500: OTLP clients throw their data away when they see one.
    Refused: WireCode(503, GrpcCode.UNAVAILABLE, retryable=True),
}


def wire_code(error: Refused) -> WireCode:
    """The codes for an error: those of its class, or of the nearest base class that has any."""
    return next(WIRE[kind] for kind in type(error).__mro__ if kind in WIRE)


def reasons() -> list[str]:
    """Every `reason` there is, and that of a fault of our own."""
    kinds = [Refused]
    for kind in kinds:
        kinds += kind.__subclasses__()
    return sorted({"internal_error", *(kind.reason for kind in kinds)})


def excerpt(text: str | bytes, limit: int = 200) -> str:
    """Foreign text made safe to quote in a message or a log line.

    At most `limit` characters; control characters, line ends and bytes that are no UTF-8 are escaped.
    """
    if isinstance(text, bytes):
        text = text[: 4 * limit].decode("utf-8", "backslashreplace")
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:limit])
    return shown if len(text) <= limit and len(shown) <= limit else shown[: limit - 1] + "…"
