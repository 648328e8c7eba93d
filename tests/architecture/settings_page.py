"""docs/settings.md, made from the settings themselves: `python -m tests.architecture.settings_page` writes it anew."""

from __future__ import annotations

from collections.abc import Iterator

from spanwise_collector.settings import Settings, parser

from tests.architecture.source import ROOT

PAGE = ROOT / "docs" / "settings.md"


def rendered() -> str:
    """The page as it has to be."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Settings of the collector"
    yield ""
    yield "Every setting is a flag of `spanwise up`, a variable, and a key of `spanwise.toml` in the folder where it is"
    yield "started. A flag wins over a variable, and a variable over the file. This page is made from the settings"
    yield "themselves (CONTRIBUTING.md says how), and a test compares the two."
    for name, field in Settings.model_fields.items():
        flag = f"--{name.replace('_', '-')}"
        yield from ("", f"## {name}", "", str(field.description), "")
        yield f"Flag `{flag}` · variable `SPANWISE_{name.upper()}` · key `{name}` · default {_default(flag)}"


def _default(flag: str) -> str:
    """The default in the words that `--help` uses; a switch is off until it is named."""
    (action,) = [action for action in parser()._actions if flag in action.option_strings]
    _, bracket, shown = (action.help or "").rpartition(" [")
    return f"`{shown.removesuffix(']')}`" if bracket else "off"


if __name__ == "__main__":
    PAGE.write_text(rendered(), encoding="utf-8")
