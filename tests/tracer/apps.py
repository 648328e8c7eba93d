"""Applications that the servers of the matrix run; importable as `tests.tracer.apps` and through gunicorn."""

from __future__ import annotations

import logging
import os
from typing import Any

import flask
from fastapi import FastAPI

logger = logging.getLogger("shop")
logging.basicConfig(level=logging.INFO)

if os.environ.get("INIT"):
    import spanwise

    spanwise.init("own-init")

fastapi_app = FastAPI()


@fastapi_app.get("/up")
async def up() -> dict[str, int]:
    """Answer the check that the server is up."""
    return {"pid": os.getpid()}


@fastapi_app.get("/work/{number}")
async def work(number: int) -> dict[str, Any]:
    """Log a line and say who answered."""
    logger.info("working on %s", number)
    return {"number": number, "pid": os.getpid()}


flask_app = flask.Flask("shop")


@flask_app.get("/up")
def flask_up() -> dict[str, int]:
    """Answer the check that the server is up."""
    return {"pid": os.getpid()}


@flask_app.get("/work/<int:number>")
def flask_work(number: int) -> dict[str, Any]:
    """Log a line and say who answered."""
    logger.info("working on %s", number)
    return {"number": number, "pid": os.getpid()}
