"""The pages of settings and thresholds cannot lie: they are what these say of themselves."""

from __future__ import annotations

from spanwise_collector.settings import Settings

from tests.architecture import settings_page, thresholds_page


def test_the_page_is_what_the_settings_say() -> None:
    assert settings_page.PAGE.read_text(encoding="utf-8") == settings_page.rendered()


def test_every_setting_is_explained() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_the_page_of_thresholds_is_what_they_say() -> None:
    assert thresholds_page.PAGE.read_text(encoding="utf-8") == thresholds_page.rendered()
