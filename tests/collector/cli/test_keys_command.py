"""`spanwise keys` as a person or a script runs it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from spanwise_collector.cli import keys

KEY = re.compile(r"spw_([0-9a-f]{8})_[A-Za-z0-9_-]{43}\n")


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Exit code, stdout and stderr of `spanwise keys` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name in [each for each in os.environ if each.startswith("SPANWISE_")]:
        monkeypatch.delenv(name)

    def run(*arguments: str) -> tuple[int, str, str]:
        return keys.main(list(arguments)), *capsys.readouterr()

    return run


def listed(run: Run) -> list[dict[str, Any]]:
    code, out, _ = run("list", "--json")
    assert code == 0
    found: list[dict[str, Any]] = json.loads(out)
    return found


def test_a_key_is_shown_once_and_alone_on_stdout(run: Run, tmp_path: Path) -> None:
    code, out, err = run("create", "--scope", "ingest", "--scope", "read", "--name", "shop")
    found = KEY.fullmatch(out)
    assert code == 0
    assert found is not None
    assert err == f"Key {found[1]} (ingest, read; project default) is made. It is shown this once:\n"
    secret = out.strip().encode()
    assert [file for file in tmp_path.rglob("*") if file.is_file() and secret in file.read_bytes()] == []
    (row,) = listed(run)
    assert (row["id"], row["scopes"], row["name"], row["project"]) == (found[1], ["ingest", "read"], "shop", "default")
    assert set(row) == {
        "id", "name", "project", "scopes", "created_unix_nano", "last_used_unix_nano", "revoked_unix_nano",
    }  # fmt: skip
    assert secret.decode() not in run("list")[1]


def test_a_key_is_revoked_by_its_id(run: Run) -> None:
    made = json.loads(run("create", "--scope", "admin", "--project", "shop", "--json")[1])
    assert run("revoke", made["id"]) == (
        0,
        f"Key {made['id']} is revoked; a running collector refuses it within seconds.\n",
        "",
    )
    assert [row["revoked_unix_nano"] is None for row in listed(run)] == [False]
    code, out, err = run("revoke", "12\x1b[2J")
    assert (code, out) == (1, "")
    assert err == "spanwise keys: There is no key 12\\x1b[2J. See `spanwise keys list`.\n"


def test_wrong_words_are_answered_with_a_sentence(run: Run) -> None:
    assert run("create", "--scope", "root") == (
        1,
        "",
        "spanwise keys: 'root' is no scope; expected ingest, read, admin.\n",
    )
    assert run("list", "--notebook", "mysql://a:hush@b/c")[0] == 2
    assert "hush" not in run("list", "--notebook", "mysql://a:hush@b/c")[2]
    assert run("list")[1] == "There is no key. Make one with: spanwise keys create --scope ingest\n"


def test_what_admins_did_is_listed_the_newest_first_and_without_a_secret(run: Run) -> None:
    made = json.loads(run("create", "--scope", "admin", "--project", "shop", "--name", "\x1b[2J", "--json")[1])
    run("revoke", made["id"])
    rows = json.loads(run("acts", "--json")[1])
    assert [(each["actor"], each["project"], each["act"], each["subject"]) for each in rows] == [
        ("terminal", "shop", "revoke key", made["id"]),
        ("terminal", "shop", "create key", rf"{made['id']} (admin) \x1b[2J"),
    ]
    head, last = run("acts", "--limit", "1")[1].splitlines()
    assert (head.split(), last.split()[2:]) == (
        ["TIME", "WHO", "PROJECT", "WHAT", "SUBJECT"],
        ["terminal", "shop", "revoke", "key", made["id"]],
    )


@pytest.mark.parametrize("limit", ["0", "-1", "many", str(1 << 40)])
def test_a_limit_that_is_no_count_is_wrong_usage(run: Run, limit: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        run("acts", "--limit", limit)


def test_a_locale_without_a_character_ends_no_command(tmp_path: Path) -> None:
    """Of telemetry, of paths, of names: what a terminal cannot show is written out."""
    command = [str(Path(sys.executable).parent / "spanwise"), "keys"]
    old = {**os.environ, "PYTHONIOENCODING": "ascii"}
    for words in (["create", "--scope", "read", "--name", "caf\xe9 \u2588"], ["list"]):
        ended = subprocess.run([*command, *words, "--data", str(tmp_path)], capture_output=True, env=old, check=False)
        assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[1].endswith(rb"caf\xe9 \u2588")
