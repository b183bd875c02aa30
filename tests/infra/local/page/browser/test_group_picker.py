"""The field in which a group is found by typing: with a name, by keyboard alone, and as wide as a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from infra.local.stack import LocalStack
from tests.infra.local.page.browser.people import (
    TOO_WIDE,
    WAIT,
    add_connection,
    open_channel,
    pane_of,
    shows,
    type_command,
    wait_for_load,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

PHONE = 390
LONG_NAME = "Larch and Rowan Family Veterinary and Employee Services Holding Company of Greater Eau Claire"
OTHER_NAME = "Larch Lane Bakery"
FIELD = "Find a group by name or id"


@pytest.fixture(scope="module")
def known(stack: LocalStack) -> list[str]:
    """The ids of two connections whose groups have names that begin alike."""
    return [add_connection(stack, LONG_NAME, "77100")["id"], add_connection(stack, OTHER_NAME, "77200")["id"]]


@pytest.fixture
def pane(page: Page, stack: LocalStack, known: list[str]) -> Locator:
    assert len(known) == 2
    wait_for_load(stack, page)
    pane = pane_of(page)
    open_channel(pane, "connections")
    for name in (LONG_NAME[:20], OTHER_NAME):
        shows(pane.locator(".message"), name)
    return pane


def field_of(pane: Locator, command: str) -> Locator:
    type_command(pane, command)
    field = pane.get_by_role("combobox", name=FIELD).last
    expect(field).to_be_visible(timeout=WAIT)
    return field


def test_a_group_is_found_by_keyboard_alone(page: Page, pane: Locator) -> None:
    field = field_of(pane, "/noyo history")
    field.focus()
    page.keyboard.type("larch")
    options = page.get_by_role("option", name="Larch")
    expect(options).to_have_count(2, timeout=WAIT)
    expect(field).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.type(" lane")
    expect(options).to_have_count(1, timeout=WAIT)

    page.keyboard.press("Enter")

    expect(options).to_have_count(0, timeout=WAIT)
    answer = pane.locator(".message").filter(has_text=OTHER_NAME).filter(has_text="History")
    expect(answer.last).to_be_visible(timeout=WAIT)


def test_an_arrow_chooses_another_option_and_escape_none(page: Page, pane: Locator) -> None:
    field = field_of(pane, "/noyo status")
    field.focus()
    page.keyboard.type("larch")
    options = page.get_by_role("option", name="Larch")
    expect(options).to_have_count(2, timeout=WAIT)
    first, second = options.nth(0), options.nth(1)
    expect(first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(second).to_have_attribute("aria-selected", "true")
    chosen = second.inner_text()

    page.keyboard.press("Escape")
    expect(options).to_have_count(0)
    field.fill("")
    page.keyboard.type("larch")
    expect(options).to_have_count(2, timeout=WAIT)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    name = OTHER_NAME if chosen.startswith(OTHER_NAME) else LONG_NAME
    expect(pane.locator(".message").filter(has_text=name).filter(has_text="Carrier group id").last).to_be_visible(
        timeout=WAIT
    )


def test_it_fits_a_phone_with_the_longest_name(page: Page, pane: Locator) -> None:
    page.set_viewport_size({"width": PHONE, "height": 800})
    field = field_of(pane, "/noyo status")
    field.focus()
    page.keyboard.type("larch and")
    option = page.get_by_role("option", name="Larch and Rowan")
    expect(option).to_be_visible(timeout=WAIT)

    for shown in (field, option):
        box = shown.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    assert pane.evaluate(TOO_WIDE) == 0
