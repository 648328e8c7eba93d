"""The page of settings cannot lie: it is what the settings say of themselves."""

from __future__ import annotations

from spanwise_collector.settings import Settings

from tests.architecture import settings_page


def test_the_page_is_what_the_settings_say() -> None:
    assert settings_page.PAGE.read_text(encoding="utf-8") == settings_page.rendered()


def test_every_setting_is_explained() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
