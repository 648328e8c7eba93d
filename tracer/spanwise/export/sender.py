"""One HTTP connection to the collector: bodies out, a verdict back, never longer than the deadline."""

from __future__ import annotations

import gzip
import http
import http.client
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from spanwise.export.deadline import DeadlineSocket
from spanwise.export.proxy import Proxy

# The protocol lets an answer have 4 MiB. One that tells anything has hundreds of bytes, and reading takes the
# service's time.
MAX_ANSWER = 64 * 1024
# What a server asks for beyond it, whose clock or settings are wrong, would end all exports of this process.
LONGEST_WAIT = 3600.0
_MOST_SAID = 200
_NO_HEADERS: Mapping[str, str] = {}
# OTLP names these; every other status means that the same body will never be taken.
RETRYABLE = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one body; `retry_after` is in seconds where the server named it."""

    ok: bool
    retryable: bool = False
    retry_after: float | None = None
    reason: str = ""
    answer: bytes = b""


class Sender:
    """Posts bodies to one address over a connection that is kept open between calls. For one thread only."""

    def __init__(
        self,
        endpoint: str,
        headers: Mapping[str, str],
        *,
        compress: bool = True,
        certificate: str | None = None,
        proxy: Proxy | None = None,
    ) -> None:
        """`certificate` is a file of authorities, for an address that begins with https."""
        parts = urlsplit(endpoint)
        self.endpoint = endpoint
        self._secure = parts.scheme == "https"
        self._host = parts.hostname or "127.0.0.1"
        self._port = parts.port or (443 if self._secure else 80)
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._certificate = certificate
        self._tls: ssl.SSLContext | None = None
        self._proxy = proxy
        self._compress = compress
        self._headers = {"Content-Type": "application/x-protobuf", "User-Agent": "spanwise", **headers}
        if compress:
            self._headers["Content-Encoding"] = "gzip"
        if proxy is not None and not self._secure:
            # A proxy is asked for the whole address; to an https one it only opens a tunnel.
            self._path = f"http://{parts.netloc.rpartition('@')[2]}{self._path}"
            self._headers |= proxy.headers
        self._connection: http.client.HTTPConnection | None = None

    def post(self, body: bytes, deadline: float, headers: Mapping[str, str] = _NO_HEADERS) -> Verdict:
        """Send one body; `deadline` is of the monotonic clock, `headers` are for this body alone. Never raises."""
        payload = gzip.compress(body, compresslevel=1) if self._compress else body
        return self._guarded("POST", payload, deadline, headers)

    def get(self, deadline: float) -> Verdict:
        """Ask for what is at the address; the body is the verdict's answer. Never raises."""
        return self._guarded("GET", None, deadline)

    def _guarded(
        self, method: str, payload: bytes | None, deadline: float, headers: Mapping[str, str] = _NO_HEADERS
    ) -> Verdict:
        try:
            return self._exchange(method, payload, deadline, headers)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            return Verdict(False, retryable=True, reason=_describe(error))

    def _exchange(self, method: str, payload: bytes | None, deadline: float, headers: Mapping[str, str]) -> Verdict:
        if self._connection is not None:
            try:
                return self._request(self._connection, method, payload, deadline, headers)
            except (ConnectionError, http.client.RemoteDisconnected, http.client.BadStatusLine):
                # The server closed the idle connection: that says nothing about this body.
                self.close()
        return self._request(self._connect(deadline), method, payload, deadline, headers)

    def _connect(self, deadline: float) -> http.client.HTTPConnection:
        timeout = max(0.001, deadline - time.monotonic())
        proxy = self._proxy
        host, port = (proxy.host, proxy.port) if proxy is not None else (self._host, self._port)
        connection: http.client.HTTPConnection
        if self._secure:
            # Reading the system's authorities takes 35 ms, which an endpoint that fails must not cost again and again.
            self._tls = self._tls or ssl.create_default_context(cafile=self._certificate)
            connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=self._tls)
            if proxy is not None:
                connection.set_tunnel(self._host, self._port, proxy.headers)
        else:
            connection = http.client.HTTPConnection(host, port, timeout=timeout)
        connection.connect()
        connection.sock = DeadlineSocket(connection.sock, deadline)
        self._connection = connection
        return connection

    def _request(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        payload: bytes | None,
        deadline: float,
        headers: Mapping[str, str],
    ) -> Verdict:
        sock = connection.sock
        assert isinstance(sock, DeadlineSocket), "connections are opened by _connect"
        sock.deadline = deadline
        with self._answered(connection, method, payload, {**self._headers, **headers}) as response:
            answer = response.read(MAX_ANSWER + 1)
        if len(answer) > MAX_ANSWER or response.will_close:
            self.close()
        if 200 <= response.status < 300:
            return Verdict(True, answer=answer[:MAX_ANSWER])
        return Verdict(
            False,
            retryable=response.status in RETRYABLE,
            retry_after=retry_after(response.headers.get("Retry-After")),
            reason=f"HTTP {response.status}{_HINTS.get(response.status, '')}",
            answer=answer[:MAX_ANSWER],
        )

    def _answered(
        self, connection: http.client.HTTPConnection, method: str, payload: bytes | None, headers: Mapping[str, str]
    ) -> http.client.HTTPResponse:
        try:
            connection.request(method, self._path, payload, headers)
        except (BrokenPipeError, ConnectionResetError) as error:
            # A body that is refused on its headers is not read to its end: the answer may be here already.
            try:
                response = connection.getresponse()
            except (OSError, http.client.HTTPException):
                raise error from None
            if response.status == http.HTTPStatus.REQUEST_TIMEOUT:
                # Of an idle connection, written before this body came.
                raise error from None
            return response
        return connection.getresponse()

    def close(self) -> None:
        """Close the connection, if any; the next call opens a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


_HINTS = {
    401: ", the key is missing or not known there (SPANWISE_KEY)",
    403: ", the key does not allow sending (SPANWISE_KEY)",
}


def _describe(error: Exception) -> str:
    """Some of them quote what came instead of an answer."""
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(error)[:_MOST_SAID])
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def retry_after(header: str | None) -> float | None:
    """Seconds named by a `Retry-After` header, given as a number or as a date; an hour where it is more."""
    if header is None:
        return None
    try:
        return min(max(0.0, float(header)), LONGEST_WAIT)
    except ValueError:
        pass
    try:
        return min(max(0.0, parsedate_to_datetime(header).timestamp() - time.time()), LONGEST_WAIT)
    except (ValueError, OverflowError):
        return None
