"""The collector's entrance: its notebook, its keys, and the guard that stands before every port."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from fastapi import APIRouter
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp

from spanwise_collector.access import Answer, Gate, Guard, Keyring, Sessions, grant_of, project_of
from spanwise_collector.access.doors import Door, Tongue
from spanwise_collector.api import acts as acts_api
from spanwise_collector.api import failures, keys, session, written
from spanwise_collector.errors import Refused, SettingError, wire_code
from spanwise_collector.notebook import Notebook, acts
from spanwise_collector.receive import otlp_http
from spanwise_collector.receive.intake import UNKNOWN, Counters
from spanwise_collector.receive.sender import Named
from spanwise_collector.settings import Settings
from spanwise_collector.spool import Signal


class Entrance:
    """What stands between a request and the collector."""

    def __init__(self, notebook: Notebook, gate: Gate, session_seconds: float) -> None:
        self.notebook = notebook
        self.gate = gate
        self._session_seconds = session_seconds

    def router(self) -> APIRouter:
        """The routes of keys and sessions, and of what people write down."""
        made = APIRouter()
        made.include_router(written.router(self.notebook, project_of))
        made.include_router(keys.router(self.notebook, self.gate.keyring.refresh, grant_of))
        made.include_router(acts_api.router(self.notebook, grant_of))
        made.include_router(session.router(self.gate.keyring, self.gate.sessions, self._session_seconds))
        return made

    def note(self, actor: str, project: str, act: str, subject: str) -> None:
        """Write down for good what an admin does elsewhere than in the notebook. Raises NotebookError."""
        acts.record(self.notebook, actor, project, act, subject)

    def guard(self, app: ASGIApp, counters: Counters) -> Guard:
        """An app behind the gate; refusals are counted where all others are."""

        def count(path: str, door: Door, refusal: Refused) -> None:
            signal, protocol = _COUNTED.get(door.path, (path.strip("/").rpartition("/")[2], "otlp_http"))
            if not door.ingest:
                signal, protocol = "questions", "api"
            # A stranger may not make up names of counters.
            if signal not in {"questions", *Signal}:
                signal = UNKNOWN
            counters.refused[signal, protocol, refusal.reason] += 1

        return Guard(Named(app), self.gate, _ANSWERS, count)


@contextmanager
def entrance(settings: Settings) -> Iterator[Entrance]:
    """Open the notebook and read the keys, until the block ends.

    Raises SettingError where the notebook cannot be used, and where others could reach a collector without keys.
    """
    notebook = Notebook.open(settings.data, settings.notebook.get_secret_value())
    try:
        reached = settings.reached_by_others
        keyring = Keyring(notebook, reached_by_others=reached is not None, insecure=settings.insecure)
        if reached and keyring.empty and not settings.insecure:
            raise SettingError(_no_key_yet(reached, settings))
        keyring.start()
        try:
            gate = Gate(keyring, Sessions(keyring, settings.session_time), settings)
            yield Entrance(notebook, gate, settings.session_time)
        finally:
            keyring.close()
    finally:
        notebook.close()


def _no_key_yet(reached: str, settings: Settings) -> str:
    where = "" if settings.notebook.get_secret_value() else f" --data {settings.data}"
    return (
        f"{reached} can be reached from other machines, and there is no key yet. Make one first:"
        f" spanwise keys create --scope admin{where}. Or listen on a loopback address such as 127.0.0.1,"
        " or add --insecure to let everybody in."
    )


def _otlp(connection: HTTPConnection, refusal: Refused) -> Response:
    return otlp_http.refused(refusal, otlp_http.encoding_of(connection))


def _plain(connection: HTTPConnection, refusal: Refused) -> Response:
    return PlainTextResponse(refusal.message, wire_code(refusal).http)


def _api(connection: HTTPConnection, refusal: Refused) -> Response:
    return failures.answer(refusal)


_ANSWERS: Final[Mapping[Tongue, Answer]] = {Tongue.OTLP: _otlp, Tongue.PLAIN: _plain, Tongue.API: _api}
_COUNTED: Final = {
    "/v1/lines": (Signal.LOGS, "lines"),
    "/loki": (Signal.LOGS, "loki"),
    "/api/v1/spans": (Signal.TRACES, "zipkin_v1"),
    "/api/v2": (Signal.TRACES, "zipkin_v2"),
    "/api/traces": (Signal.TRACES, "jaeger_http"),
}
