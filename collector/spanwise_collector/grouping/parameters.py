"""A template as a regular expression that takes its records apart."""

import re
from typing import Final

from spanwise_collector.grouping.words import ANY

MOST_PARAMETERS: Final = 100
"""Of one template; the engine takes no expression with more than 127 groups."""

# What a parameter may be, the first that fits: a quotation, something without spaces, anything.
_VALUE: Final = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|\S+?|.*?)"""
# What Python takes for space, where templates are made: RE2's \s is ASCII's.
_SPACE: Final = r"[\s\x0b\x1c-\x1f\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]"
_TOLD: Final = re.compile(r"(?P<space>\s+)|(?P<control>[\x00-\x1f\x7f])|[!-/:-@\[-`{-~]")


def places(template: str) -> int:
    """How many parameters a template has."""
    return template.count(ANY)


def expression(template: str) -> str:
    """For RE2: fits the first line of the template's records, with a group for each of the first MOST_PARAMETERS."""
    first, *others = map(_literal, template.split(ANY))
    groups = [f"({_VALUE})" if place < MOST_PARAMETERS else _VALUE for place in range(len(others))]
    rest = "".join(group + text for group, text in zip(groups, others, strict=True))
    return f"^{_SPACE}*{first}{rest}{_SPACE}*$"


def _literal(text: str) -> str:
    return _TOLD.sub(_written, text)


def _written(found: re.Match[str]) -> str:
    if found["space"]:
        return f"{_SPACE}+"
    return rf"\x{{{ord(found[0]):x}}}" if found["control"] else f"\\{found[0]}"
