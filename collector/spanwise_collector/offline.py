"""An operator's work on the data folder of a collector that is not running."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from spanwise_collector.api import admin
from spanwise_collector.app import running
from spanwise_collector.errors import SettingError
from spanwise_collector.keeping.erasures import Erasures
from spanwise_collector.settings import Settings


async def admin_of(data: Path, project: str, work: Callable[[Any], None]) -> None:
    """Start a collector on a folder, with no addresses that anybody knows, and hand `work` what asks it to delete in
    a project.

    Raises SettingError where the folder cannot be used, above all because a collector runs on it.
    """
    addresses = ["--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"]
    settings = Settings.load(["--data", str(data), *addresses])
    async with running(settings) as collector:
        if collector.desk is None:
            raise SettingError("--store names a ClickHouse server: delete from it by its own means.")
        await asyncio.to_thread(work, _asking(collector.desk.erasures, project))


def _asking(erasures: Erasures, project: str) -> Callable[..., dict[str, Any]]:
    def post(path: str, wish: dict[str, Any] | None = None) -> dict[str, Any]:
        if wish is None:
            return admin.deletion(erasures.state(path.rpartition("/")[2], project)).model_dump()
        return admin.delete(erasures, admin.DeleteWish(**wish), project, time.time_ns(), "terminal").model_dump()

    return post
