"""What `spanwise completion` prints, run by the shell that is here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from spanwise import completion
from spanwise.cli import commands


def completed(words: list[str]) -> list[str]:
    """What bash offers for the last of some words."""
    line = " ".join(f"'{word}'" for word in words)
    asked = f"COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _spanwise; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    shell = subprocess.run(
        ["bash", "-c", completion.script("bash", ["traces", "trace", "send"]) + asked],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PATH": path},
        timeout=60,
    )
    return shell.stdout.split()


def test_bash_completes_commands_and_the_options_that_a_command_names() -> None:
    assert completed(["spanwise", "tr"]) == ["trace", "traces"]
    assert completed(["spanwise", "send", "--ser"]) == ["--service"]


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_every_shell_gets_the_commands(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert completion.main([shell]) == 0
    offered = capsys.readouterr().out
    assert [name for name in commands() if name not in offered] == []


def test_another_shell_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert completion.main(["csh"]) == 2
    assert capsys.readouterr().err.startswith("usage: spanwise completion bash|zsh|fish")
