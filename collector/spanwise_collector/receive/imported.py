"""Files over HTTP: POST /api/v1/import, of any size, piece by piece into the spool."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect, Request

from spanwise_collector.errors import (
    BadData,
    BodyTimeout,
    BodyTooLarge,
    Overloaded,
    Refused,
    SenderLeft,
    Unavailable,
    Undecodable,
)
from spanwise_collector.receive.body import Budget, Hold
from spanwise_collector.receive.http import ProjectOf
from spanwise_collector.receive.import_files import Decoded, Format, Reader, reader_of
from spanwise_collector.receive.import_gzip import GZIP, Inflating
from spanwise_collector.receive.intake import Intake, decoding
from spanwise_collector.receive.parquet_process import CHUNK, ParquetFiles
from spanwise_collector.settings import Settings
from spanwise_collector.spool import Signal

_PROTOCOL: Final = "import"
# How long one piece is held back while the collector can take no more; its sender waits as long.
_PATIENCE_SECONDS: Final = 60.0
# Bytes of memory that a byte of a file may take while it is read.
_WEIGHT: Final = 8


class Imported(BaseModel):
    """What a file brought; all of it is durable."""

    format: str = Field(description="How the file was read.")
    spans: int = Field(description="Spans that were taken, or had been before.")
    logs: int = Field(description="Log records that were taken, or had been before.")
    repeated: int = Field(description="Of these the ones that were sent before, and are not stored twice.")
    rejected: int = Field(description="Spans, records and lines that could not be read.")
    message: str = Field(description="What the first of the rejected was; empty when all is well.")


def router(intake: Intake, settings: Settings, project_of: ProjectOf) -> APIRouter:
    """The import into the project of a request's key."""
    made = APIRouter(prefix="/api/v1")
    room = _Room(settings)
    Project = Annotated[str, Depends(project_of)]

    @made.post(
        "/import",
        tags=["files"],
        openapi_extra={"requestBody": {"content": {"application/octet-stream": {}}, "required": True}},
    )
    async def import_file(
        request: Request,
        project: Project,
        format: Annotated[Format | None, Query(description="Told from the file's beginning where left out.")] = None,
    ) -> Imported:
        """Take spans and log records from a file: OTLP, OTLP's JSON, NDJSON, Parquet, Jaeger's or Zipkin's JSON.

        It may be gzip. A file of OTLP or of lines may have any size. What came before a failure is taken, which the
        failure says; a file that is sent again within `resend_window` is not stored twice.
        """
        with intake.counting(Signal.TRACES, _PROTOCOL):
            return await _Import(intake, settings, project, room).run(request, format)

    return made


class _Room:
    """What all imports have together: memory for parts of files that are not whole yet, and for Parquet."""

    def __init__(self, settings: Settings) -> None:
        # Of its own: a file may come as slowly as it likes, and must not keep requests from being read.
        self.parts = Budget(max(settings.max_inflight_bytes, settings.max_body_bytes + 2 * CHUNK))
        self.parquet = ParquetFiles(settings)


class _Import:
    def __init__(self, intake: Intake, settings: Settings, project: str, room: _Room) -> None:
        self._intake = intake
        self._settings = settings
        self._project = project
        self._room = room
        self._taken = {Signal.TRACES: 0, Signal.LOGS: 0}
        self._repeated = self._rejected = 0
        self._message = ""

    async def run(self, request: Request, format: Format | None) -> Imported:
        reader: Reader | None = None
        try:
            with self._room.parts.hold() as hold:
                reader = await self._read(request, format, hold)
            taken = sum(self._taken.values())
            if self._rejected and not taken:
                raise BadData(f"Nothing of the file could be read: {self._message}")
        except Refused as refusal:
            refusal.message += self._before()
            raise
        return Imported(
            format=reader.format if reader else "none",
            spans=self._taken[Signal.TRACES],
            logs=self._taken[Signal.LOGS],
            repeated=self._repeated,
            rejected=self._rejected,
            message=self._message,
        )

    async def _read(self, request: Request, format: Format | None, hold: Hold) -> Reader | None:
        reader: Reader | None = None
        held = bytearray()
        chunks = _inflated(self._chunks(request))
        async with aclosing(self._room.parquet.as_frames(chunks, format)) as frames:
            async for chunk, last, form in frames:
                await _grow(hold, len(chunk))
                held += chunk
                with decoding(Signal.TRACES):
                    reader = reader or reader_of(held, form, last)
                while reader is not None and (piece := await asyncio.to_thread(_cut, reader, held, last)):
                    await self._take(reader, piece)
                    hold.shrink(len(piece))
                if (reader.begun(held) if reader else len(held)) > self._settings.max_body_bytes:
                    raise BodyTooLarge(
                        f"A part of the file that must be read as one is larger than {self._settings.max_body_bytes}"
                        " bytes, which is max_body_bytes."
                    )
        return reader

    async def _chunks(self, request: Request) -> AsyncIterator[bytes]:
        stream = aiter(request.stream())
        seconds = self._settings.read_timeout
        while True:
            try:
                async with asyncio.timeout(seconds):
                    chunk = await anext(stream, None)
            except TimeoutError:
                raise BodyTimeout(f"Nothing of the file came for {seconds:g} s, which is read_timeout.") from None
            except ClientDisconnect:
                raise SenderLeft("The sender closed the connection before its file was complete.") from None
            if chunk is None:
                return
            yield chunk

    async def _take(self, reader: Reader, piece: bytes) -> None:
        with self._intake.budget.hold() as hold:
            objects = reader.objects(piece)
            hold.fit(objects)
            await _grow(hold, max(objects, _WEIGHT * len(piece)))
            try:
                decoded = await asyncio.to_thread(_decoded, partial(reader.decode, piece))
            except Undecodable as refusal:
                # The pieces before and after it are not to blame.
                decoded = Decoded(rejected=1, message=refusal.message, faults=1)
            self._reject(decoded.rejected, decoded.message)
            if decoded.faults:
                self._intake.counters.refused[Signal.TRACES, _PROTOCOL, Undecodable.reason] += decoded.faults
            for signal, body in decoded.bodies:
                await _patiently(partial(self._accept, signal, body))

    async def _accept(self, signal: Signal, body: bytes) -> None:
        self._intake.admit(signal)
        try:
            accepted = await self._intake.accept(signal, self._project, body, protocol=_PROTOCOL)
        except BadData as refusal:
            # None of the spans of this piece is good: those before and after it are not to blame.
            self._reject(1, refusal.message)
            return
        self._taken[signal] += accepted.accepted
        self._repeated += accepted.accepted if accepted.repeated else 0
        self._reject(accepted.rejected, accepted.message)

    def _reject(self, count: int, message: str) -> None:
        self._rejected += count
        self._message = self._message or (message if count else "")

    def _before(self) -> str:
        spans, logs = self._taken.values()
        return f" What came before is taken: {spans} spans and {logs} log records." if spans or logs else ""


def _decoded(decode: Callable[[], Decoded]) -> Decoded:
    with decoding(Signal.TRACES):
        return decode()


def _cut(reader: Reader, held: bytearray, last: bool) -> bytes:
    with decoding(Signal.TRACES):
        return reader.cut(held, last)


async def _grow(hold: Hold, count: int) -> None:
    async def grow() -> None:
        hold.grow(count)

    await _patiently(grow)


async def _patiently(work: Callable[[], Awaitable[None]]) -> None:
    """Do what may be refused for now, again and again; raises what it was refused with after a minute."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return await work()
        except (Overloaded, Unavailable) as refusal:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(refusal.delay or 1)


async def _inflated(chunks: AsyncIterator[bytes]) -> AsyncIterator[tuple[bytes, bool]]:
    """The chunks, inflated where they are gzip, and whether each is the last; a chunk is of no more than 1 MiB."""
    inflater: Inflating | None = None
    begun: bytes | None = b""
    async for chunk in chunks:
        if begun is not None:
            begun += chunk
            if len(begun) < len(GZIP):
                continue
            inflater = Inflating() if begun.startswith(GZIP) else None
            chunk, begun = begun, None  # noqa: PLW2901 - what was held back is its beginning
        if inflater is None:
            yield chunk, False
            continue
        for part in inflater.parts(chunk):
            yield part, False
    if inflater is not None:
        inflater.end()
    yield begun or b"", True
