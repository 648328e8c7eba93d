"""The application of FastAPI that the servers of the matrix run; importable as `tests.tracer.fastapi_app`."""

from __future__ import annotations

import logging
import os
from typing import Any

from fastapi import FastAPI

logger = logging.getLogger("shop")
logging.basicConfig(level=logging.INFO)

if os.environ.get("INIT"):
    import spanwise

    spanwise.init("own-init")

app = FastAPI()


@app.get("/up")
async def up() -> dict[str, int]:
    """Answer the check that the server is up."""
    return {"pid": os.getpid()}


@app.get("/work/{number}")
async def work(number: int) -> dict[str, Any]:
    """Log a line and say who answered."""
    logger.info("working on %s", number)
    return {"number": number, "pid": os.getpid()}
