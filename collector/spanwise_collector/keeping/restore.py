"""A backup back into a data folder, with no collector running on it."""

from pathlib import Path

from spanwise_collector.errors import SettingError
from spanwise_collector.keeping.manifest import Manifest, copy_file, sync_folders
from spanwise_collector.keeping.unfinished import Unfinished


def check(backup: Path) -> Manifest:
    """What a backup holds; raises SettingError that names the first files which are not as they were written."""
    manifest = Manifest.read(backup)
    faults = list(manifest.faults(backup))
    if faults:
        more = f", and {len(faults) - 3} more" if len(faults) > 3 else ""
        raise SettingError(f"The backup {backup} is damaged: {'; '.join(faults[:3])}{more}.")
    return manifest


def restore(backup: Path, data: Path) -> Manifest:
    """Make `data` what the backup holds: whole or not at all.

    Raises SettingError unless it is new or empty, and InvalidParameter where another restores into it.
    """
    data = data.absolute()
    if data.exists() and (not data.is_dir() or any(data.iterdir())):
        raise SettingError(
            f"{data} is not empty, and nothing is overwritten. Stop the collector and move that folder away (mv {data}"
            f" {data}.before), or name another with --data."
        )
    manifest = Manifest.read(backup)
    # Claimed, so that of two at once neither takes files from the other.
    made = Unfinished(data)
    try:
        _fill(made.path, backup, manifest)
        made.finish()
    except OSError as error:
        made.drop()
        raise SettingError(
            f"{data} cannot be made: {error.strerror} ({error.filename}). Nothing was restored."
        ) from error
    except BaseException:
        made.drop()
        raise
    return manifest


def _fill(part: Path, backup: Path, manifest: Manifest) -> None:
    for path, written in manifest.files.items():
        if copy_file(backup / path, part / path) != tuple(written):
            raise SettingError(f"The backup {backup} is damaged: {path} is not what was written. Nothing was restored.")
    for path, target in manifest.links.items():
        (part / path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        (part / path).symlink_to(target)
    sync_folders(part)
