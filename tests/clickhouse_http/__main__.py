"""ClickHouse's HTTP interface over chDB, as a process of its own: `python -m tests.clickhouse_http FOLDER PORT`.

What a client sends is real (URL parameters, compression, streamed bodies) and what it gets is the engine's own (Native
blocks, exceptions with their codes). Of a cluster, one server is here: Distributed tables run; ON CLUSTER and
Replicated are taken out, since there is no Keeper, and nobody else to be told.

A file `fault` in the folder holds what goes wrong with the next requests, one word a line, each for one insert:
`reset` cuts the connection in the middle of the body, `forget` cuts it after the insert is done and before the answer,
`slow` answers after a second, `busy` answers as a proxy does that finds nobody.
"""

import os
import re
import socket
import struct
import sys
import threading
import time
from base64 import b64decode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import chdb
import lz4.frame  # type: ignore[import-untyped]  # it has no types

from tests.clickhouse_http import CLUSTER, PASSWORD, USER

_CONFIG = f"""<clickhouse>
<tcp_port>9000</tcp_port>
<remote_servers><{CLUSTER}><shard><internal_replication>true</internal_replication>
<replica><host>127.0.0.1</host><port>9000</port></replica></shard></{CLUSTER}></remote_servers>
</clickhouse>"""
# Parameters that are the interface's own; every other one is a setting of the engine.
_TRANSPORT = {"query", "database", "client_protocol_version", "query_id", "session_id", "role", "default_format"}
_TRANSPORT |= {"wait_end_of_query", "buffer_size", "enable_http_compression", "compress", "decompress"}
_TRANSPORT |= {"send_progress_in_http_headers", "http_headers_progress_interval_ms"}
_ON_CLUSTER = re.compile(r" ON CLUSTER '(?:[^'\\]|\\.)*'")
_REPLICATED = re.compile(r"Replicated(\w*MergeTree)\('[^']*', '[^']*'\)")
_CODE = re.compile(r"Code: (\d+)")
_STATUS = {60: 404, 81: 404, 516: 403}
_FAULTS = threading.Lock()


class _Broken(Exception):
    """The connection is to be cut."""


class Server(ThreadingHTTPServer):
    """Every request is a session of its own on the engine's one folder."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        config = folder / "config.xml"
        config.write_text(_CONFIG, "utf-8")
        self.path = f"{folder / 'store'}?config-file={config}&background_pool_size=2"
        self.engine: Any = chdb.connect(self.path)  # type: ignore[no-untyped-call]
        super().__init__(("127.0.0.1", port), _Handler)

    def fault(self) -> str:
        """What goes wrong with this insert, "" for nothing."""
        with _FAULTS:
            file = self.folder / "fault"
            words = file.read_text("utf-8").split() if file.exists() else []
            file.write_text("\n".join(words[1:]), "utf-8")
            return words[0] if words else ""

    def run(self, query: str, settings: dict[str, str], database: str) -> tuple[bytes, int]:
        """Answer one statement, with the rows that it read; raises RuntimeError with the engine's words."""
        session: Any = chdb.connect(self.path)  # type: ignore[no-untyped-call]
        try:
            if database:
                session.query(f"USE `{database.replace('`', '``')}`")
            if settings:
                # Of one kind, and `readonly` last: it forbids the rest.
                ordered = sorted(settings.items(), key=lambda item: item[0] == "readonly")
                session.query("SET " + ", ".join(f"{name} = {_quoted(value)}" for name, value in ordered))
            query = _REPLICATED.sub(r"\1", _ON_CLUSTER.sub("", query))
            answer = session.query(query, "TabSeparated")
            return bytes(answer.bytes()), int(answer.storage_rows_read())
        finally:
            session.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what is asked would fill the test's output."""

    def do_GET(self) -> None:
        if self.path.startswith("/ping"):
            self._answer(200, b"Ok.\n")
        else:
            self._ask()

    def do_POST(self) -> None:
        self._ask()

    def _ask(self) -> None:
        parameters = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        settings = {name: value for name, value in parameters.items() if name not in _TRANSPORT}
        query = parameters.get("query", "")
        try:
            if not self._known():
                b"".join(self._body())
                self._refuse(f"Code: 516. DB::Exception: {USER}: Authentication failed. (AUTHENTICATION_FAILED)")
            elif query.startswith("INSERT"):
                self._insert(query, settings, parameters.get("database", ""))
            else:
                query += b"".join(self._body()).decode()
                answer, read = self.server.run(query, settings, parameters.get("database", ""))
                self._answer(200, answer, parameters, {"X-ClickHouse-Summary": f'{{"read_rows":"{read}"}}'})
        except RuntimeError as error:
            self._refuse(str(error))
        except _Broken:
            # Reset, not closed: what was sent is not acknowledged.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RD)

    def _insert(self, query: str, settings: dict[str, str], database: str) -> None:
        fault = self.server.fault()
        with TemporaryFile() as file:
            for chunk in self._body():
                if fault == "reset":
                    raise _Broken
                file.write(chunk)
            if fault == "busy":
                self._answer(503, b"<h1>503 No server is available</h1>")
                return
            file.flush()
            file.seek(0)
            into, _, form = query.rpartition(" FORMAT ")
            statement = f"{into} FROM INFILE '/dev/fd/{file.fileno()}' FORMAT {form}"
            answer, _ = self.server.run(statement, settings, database)
        if fault == "forget":
            raise _Broken
        if fault == "slow":
            time.sleep(1)
        self._answer(200, answer)

    def _known(self) -> bool:
        given = self.headers.get("Authorization", "").removeprefix("Basic ")
        return b64decode(given).decode() == f"{USER}:{PASSWORD}"

    def _body(self) -> Iterator[bytes]:
        raw = self._chunks() if self.headers.get("Transfer-Encoding") == "chunked" else self._whole()
        if self.headers.get("Content-Encoding") != "lz4":
            return raw
        decompressor = lz4.frame.LZ4FrameDecompressor()
        return (decompressor.decompress(chunk) for chunk in raw)

    def _whole(self) -> Iterator[bytes]:
        yield self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline() or b"0", 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _refuse(self, text: str) -> None:
        found = _CODE.search(text)
        code = int(found[1]) if found else 1001
        self._answer(_STATUS.get(code, 500), text.encode() + b"\n", extra={"X-ClickHouse-Exception-Code": str(code)})

    def _answer(
        self, status: int, body: bytes, parameters: dict[str, str] | None = None, extra: dict[str, str] | None = None
    ) -> None:
        headers = {"X-ClickHouse-Server-Display-Name": "chdb", "X-ClickHouse-Timezone": "UTC", **(extra or {})}
        wants = (parameters or {}).get("enable_http_compression") == "1"
        if wants and "lz4" in self.headers.get("Accept-Encoding", ""):
            body = lz4.frame.compress(body)
            headers["Content-Encoding"] = "lz4"
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


if __name__ == "__main__":
    place = Path(sys.argv[1]).absolute()
    place.mkdir(parents=True, exist_ok=True)
    # The engine writes a schema that is given as text to where it is.
    os.chdir(place)
    made = Server(place, int(sys.argv[2]))
    print(made.server_address[1], flush=True)
    made.serve_forever()
