"""Charges cards: a plain WSGI app that knows B3 headers only, as a service from before W3C's would."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import spanwise
from opentelemetry import trace

from examples.shop.calls import CallFailed, RequestsNeighbour
from examples.shop.stage import Stage
from examples.shop.topology import Kind

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger("shop.payments")

# Cards that the bank declines end so.
DECLINED = "0002"


class AcquirerError(RuntimeError):
    """The bank's answer makes no sense."""


def main(stage: Stage) -> None:
    """Run payments."""
    spanwise.init("payments", accept=("b3", "b3multi"), send=("b3",))
    stage.serve_wsgi(spanwise.WSGIMiddleware(Payments(stage)))


class Payments:
    """Answers POST /charges."""

    def __init__(self, stage: Stage) -> None:
        self._faults = stage.faults
        self._fraud = RequestsNeighbour(stage, "fraud")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Speak WSGI: read the body, find the answer, send it as JSON."""
        trace.get_current_span().update_name(f"{environ['REQUEST_METHOD']} /charges")
        length = int(environ.get("CONTENT_LENGTH") or 0)
        status, answer = self._charge(json.loads(environ["wsgi.input"].read(length)))
        body = json.dumps(answer).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response(f"{status.value} {status.phrase}", headers)
        return [body]

    def _charge(self, wanted: dict[str, Any]) -> tuple[HTTPStatus, dict[str, Any]]:
        charge = f"ch-{uuid.uuid4().hex[:12]}"
        if self._faults.strikes(Kind.EARLY_RETURN):
            return HTTPStatus.OK, {"charge": charge, "status": "approved"}
        self._faults.burn_cpu()
        if self._faults.strikes(Kind.EXCEPTION):
            raise AcquirerError(f"answer code '7F' of the bank is not known, charge {charge}")
        try:
            verdict = self._fraud.call("POST", "/checks", json=wanted).json()["verdict"]
        except CallFailed as error:
            log.error("charge %s not checked: %s", charge, error, exc_info=True)
            return HTTPStatus.BAD_GATEWAY, {"error": "fraud is not available"}
        if verdict != "clear" or wanted["card"].endswith(DECLINED):
            log.warning("card declined", extra={"charge": charge, "order": wanted["order"]})
            return HTTPStatus.PAYMENT_REQUIRED, {"charge": charge, "status": "declined"}
        log.info("card charged", extra={"charge": charge, "amount_cents": wanted["amount_cents"]})
        return HTTPStatus.OK, {"charge": charge, "status": "approved"}
