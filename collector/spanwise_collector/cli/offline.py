"""An operator's work on the data folder of a collector that is not running."""

import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from spanwise_collector.api import admin
from spanwise_collector.errors import SettingError
from spanwise_collector.folder import DataFolder
from spanwise_collector.keeping.erasures import Erasures
from spanwise_collector.notebook import Notebook, acts
from spanwise_collector.settings import FolderSettings
from spanwise_collector.store import migration
from spanwise_collector.store.opening import opened
from spanwise_collector.works import at_work, spool_of


def admin_of(data: Path, project: str, work: Callable[[Any], None]) -> None:
    """Open a folder as a collector would, but listen nowhere, and hand `work` what asks it to delete in a project.

    Raises SettingError where the folder cannot be used, above all because a collector runs on it.
    """
    settings = FolderSettings.of(data)
    if settings.store is not None:
        raise SettingError("--store names a ClickHouse server: delete from it by its own means.")
    with (
        DataFolder(settings.data, "spanwise delete", migration.VERSION) as folder,
        closing(Notebook.open(settings.data, settings.notebook.get_secret_value())) as notebook,
        opened(folder, settings) as engine,
        at_work(
            folder, engine, spool_of(folder, settings), settings.backup_dir, partial(acts.record, notebook)
        ) as works,
    ):
        assert works.desk is not None, "the embedded store has one"
        work(_asking(works.desk.erasures, project))


def _asking(erasures: Erasures, project: str) -> Callable[..., dict[str, Any]]:
    def post(path: str, wish: dict[str, Any] | None = None) -> dict[str, Any]:
        if wish is None:
            return admin.deletion(erasures.state(path.rpartition("/")[2], project)).model_dump()
        return admin.delete(erasures, admin.DeleteWish(**wish), project, time.time_ns(), "terminal").model_dump()

    return post
