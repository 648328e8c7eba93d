"""What a reader arranges for themselves: it is there again after a reload, and can be taken back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.browsing import browsing
from tests.e2e.running import running_collector
from tests.e2e.seeded import Seeded, seed, send
from tests.factories import span, trace_ids, traces

pytestmark = pytest.mark.browser

MILLISECOND = 1_000_000
# Nodes stand on a grid.
STEP = 8


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeded]:
    """The known requests, and one call between two services that say their namespaces."""
    with running_collector(tmp_path_factory.mktemp("kept") / "data") as collector:
        (call,) = trace_ids(1)
        end = time.time_ns() - 1000 * MILLISECOND
        times = {"start_time_unix_nano": end - MILLISECOND, "end_time_unix_nano": end}
        send(
            collector,
            traces([span(call, 1, name="GET /", kind=3, **times)], "front", **{"service.namespace": "shop"}),
            traces([span(call, 2, 1, name="GET /stock", kind=2, **times)], "stock", **{"service.namespace": "ware"}),
        )
        yield seed(collector, also=2)


@pytest.fixture
def page(browser: Browser, seeded: Seeded) -> Iterator[Page]:
    """A page of somebody who has arranged nothing."""
    with browsing(browser, seeded.collector.address) as page:
        yield page


def place(page: Page, name: str) -> tuple[int, int]:
    """Where the box of a node of the map stands."""
    grip = page.get_by_role("button", name=f"Move {name}", exact=True)
    x, y = grip.evaluate("(grip) => [grip.parentElement.offsetLeft, grip.parentElement.offsetTop]")
    return x, y


RESET: Final = "Reset positions"
ASKED: Final = "Press where mail shall stand"


def grip_of_mail(page: Page) -> Locator:
    """The grip, on a map that is drawn."""
    page.goto("/map?focus=api")
    return page.get_by_role("button", name="Move mail", exact=True)


def test_a_node_of_the_map_moves_by_keys_stays_after_a_reload_and_goes_back_where_positions_are_reset(
    page: Page,
) -> None:
    grip_of_mail(page).focus()
    x, y = place(page, "mail")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("button", name=RESET)).to_be_visible()
    kept = place(page, "mail")
    assert (kept[0] - x, kept[1] - y) == pytest.approx((STEP, 10 * STEP), abs=STEP)

    page.reload()
    expect(page.get_by_role("button", name=RESET)).to_be_visible()
    assert place(page, "mail") == kept

    page.get_by_role("button", name=RESET).click()
    expect(page.get_by_role("button", name=RESET)).to_have_count(0)
    assert place(page, "mail") == (x, y)


def test_a_node_of_the_map_goes_where_one_presses_next_and_esc_lets_it_be(page: Page) -> None:
    grip_of_mail(page).click()
    before = place(page, "mail")
    expect(page.get_by_text(ASKED)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text(ASKED)).to_have_count(0)
    assert place(page, "mail") == before

    page.get_by_role("button", name="Move mail", exact=True).click()
    page.locator(".plane").click(position={"x": 100, "y": 30})
    expect(page.get_by_text(ASKED)).to_have_count(0)
    assert place(page, "mail") != before


def test_a_node_of_the_map_is_dragged_which_is_no_click_on_its_name(page: Page) -> None:
    grip_of_mail(page).hover()
    before = place(page, "mail")
    box = page.locator(".node", has_text="mail").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 60, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 80, box["y"] + 60)
    page.mouse.move(box["x"] + 80, box["y"] + 100)
    page.mouse.up()
    assert place(page, "mail")[1] > before[1]
    assert "focus=api" in page.url


def test_a_log_record_is_bookmarked_found_again_after_a_reload_and_let_go(page: Page) -> None:
    page.goto("/logs")
    lines = page.get_by_role("listbox", name="Log records")
    lines.focus()
    page.keyboard.press("j")
    page.keyboard.press("m")
    marked = lines.get_by_role("option", selected=True)
    expect(marked).to_contain_text("bookmarked")
    text = marked.locator(".body").inner_text()
    page.reload()
    page.get_by_role("button", name="Bookmarks (1)").click()
    kept = page.get_by_role("listbox", name="Bookmarked records").get_by_role("option")
    expect(kept).to_contain_text(text)
    kept.click()
    page.get_by_role("link", name="Go to it among its lines").click()
    expect(page.get_by_role("listbox", name="Log records").get_by_role("option", selected=True)).to_contain_text(text)
    page.get_by_role("complementary", name="Record").get_by_role("button", name="Bookmark").click()
    page.get_by_role("button", name="Bookmarks", exact=True).click()
    expect(page.get_by_text("No log record is bookmarked")).to_be_visible()


def test_the_map_is_grouped_by_namespace_and_hides_a_kind_of_node_in_its_address(page: Page) -> None:
    page.goto("/map")
    page.get_by_role("combobox", name="Group").select_option("by namespace")
    expect(page.get_by_role("region", name="Namespace shop")).to_be_visible()
    expect(page.get_by_role("region", name="Namespace ware")).to_be_visible()
    assert "group=namespace" in page.url
    page.get_by_role("combobox", name="Hide").select_option("stock")
    expect(page.get_by_role("region", name="Namespace ware")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("region", name="Namespace shop")).to_be_visible()
    expect(page.get_by_role("button", name="Move stock", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Show all").click()
    expect(page.get_by_role("region", name="Namespace ware")).to_be_visible()
