"""`spanwise completion`: what a shell needs to complete commands, their options and files."""

from __future__ import annotations

import sys
from collections.abc import Iterable

# The options of a command are those that its help names: it knows best, whichever package it comes from.
_OPTIONS = "spanwise $command --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]*' | sort -u"
_BASH = """_spanwise() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} command=${{COMP_WORDS[1]}}
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W '{commands}' -- "$word"))
    elif [ "${{word:0:1}}" = - ]; then
        COMPREPLY=($(compgen -W "$({options})" -- "$word"))
    else
        COMPREPLY=($(compgen -f -- "$word"))
    fi
}}
complete -o filenames -F _spanwise spanwise
"""
_ZSH = """#compdef spanwise
_spanwise() {{
    local command=$words[2]
    if (( CURRENT == 2 )); then
        compadd -- {commands}
    elif [[ $words[CURRENT] == -* ]]; then
        compadd -- ${{(f)"$({options})"}}
    else
        _files
    fi
}}
compdef _spanwise spanwise
"""
_FISH = """complete -c spanwise -n __fish_use_subcommand -f -a '{commands}'
complete -c spanwise -n 'string match -q -- "-*" (commandline -ct)' -a \\
    '(set command (commandline -opc)[2]; {options})'
"""
SHELLS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
_USAGE = """usage: spanwise completion bash|zsh|fish

Print what makes the shell complete commands and options:
  bash  eval "$(spanwise completion bash)"       in ~/.bashrc
  zsh   eval "$(spanwise completion zsh)"        in ~/.zshrc, after compinit
  fish  spanwise completion fish | source        in ~/.config/fish/config.fish
"""


def script(shell: str, commands: Iterable[str]) -> str:
    """The text for a shell that completes these commands."""
    options = _OPTIONS.replace("$command", '"$command"') if shell != "fish" else _OPTIONS
    return SHELLS[shell].format(commands=" ".join(sorted(commands)), options=options)


def main(argv: list[str]) -> int:
    """Print the script of a shell; 0, or 2 for wrong usage."""
    from spanwise.cli import OK, USAGE, commands

    if len(argv) == 1 and argv[0] in SHELLS:
        sys.stdout.write(script(argv[0], commands()))
        return OK
    asked = bool(argv) and argv[0] in ("-h", "--help")
    (sys.stdout if asked else sys.stderr).write(_USAGE)
    return OK if asked else USAGE
