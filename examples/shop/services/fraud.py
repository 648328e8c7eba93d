"""Judges a charge before the card is charged: a plain ASGI app, called by payments with B3 headers only."""

from __future__ import annotations

import json
import logging
from collections.abc import MutableMapping
from typing import Any

import spanwise

from examples.shop.edge import Receive, Send
from examples.shop.stage import Stage
from examples.shop.topology import Kind

log = logging.getLogger("shop.fraud")

SUSPICIOUS_CENTS = 1_000_000


class ModelVersionError(RuntimeError):
    """The rules were written for another version."""


def main(stage: Stage) -> None:
    """Run the fraud check."""
    spanwise.init("fraud")
    stage.serve_asgi(spanwise.ASGIMiddleware(Fraud(stage)))


class Fraud:
    """Answers POST /checks."""

    def __init__(self, stage: Stage) -> None:
        self._faults = stage.faults

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Speak ASGI: read the body, judge, send the verdict as JSON."""
        scope["path_template"] = "/checks"
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        answer = {"verdict": self._judge(json.loads(body))}
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    def _judge(self, charge: dict[str, Any]) -> str:
        if self._faults.strikes(Kind.EARLY_RETURN):
            return "clear"
        self._faults.burn_cpu()
        if self._faults.strikes(Kind.EXCEPTION):
            raise ModelVersionError("rules of version 12 want 'device', which version 11 does not send")
        with spanwise.span("score", amount_cents=charge["amount_cents"]) as span:
            verdict = "clear" if charge["amount_cents"] < SUSPICIOUS_CENTS else "suspicious"
            span.set(verdict=verdict)
        log.info("charge judged %s", verdict, extra={"order": charge["order"], "verdict": verdict})
        return verdict
