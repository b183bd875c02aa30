"""The controls by keyboard and for screen readers: the focus stays where a person works, and everything has a name."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from infra.local import environment
from infra.local.stack import LocalStack
from tests.infra.local.page.browser.people import WAIT, open_channel, pane_of, shows, wait_for_load

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

WITHOUT_NAME = re.compile(r"^\s*- (button|checkbox|combobox|link|radio|slider|spinbutton|textbox)( \[.*\])?:?$", re.M)


@pytest.fixture
def drawer(page: Page, stack: LocalStack) -> Locator:
    wait_for_load(stack, page)
    page.get_by_role("button", name="Controls").press("Enter")
    opened = page.get_by_role("complementary", name="Controls")
    opened.evaluate("drawer => drawer.querySelectorAll('details').forEach(section => section.open = true)")
    return opened


def test_the_focus_goes_into_the_drawer_and_back(page: Page, stack: LocalStack) -> None:
    wait_for_load(stack, page)
    opener = page.get_by_role("button", name="Controls")
    opener.press("Enter")
    drawer = page.get_by_role("complementary", name="Controls")
    expect(drawer).to_be_focused()
    page.keyboard.press("Tab")
    expect(drawer.locator("summary").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(opener).to_be_focused()
    expect(opener).to_have_attribute("aria-expanded", "false")


def test_a_used_button_keeps_the_focus(drawer: Locator) -> None:
    poll = drawer.get_by_role("button", name="Poll now")
    poll.press("Enter")
    expect(drawer.get_by_role("status")).to_have_text("Every scheduled function ran once.", timeout=WAIT)
    expect(poll).to_be_focused()
    move = drawer.get_by_role("button", name="Move the clock")
    move.press("Enter")
    expect(drawer.get_by_role("status")).to_contain_text("Moving to", timeout=WAIT)
    expect(move).to_be_enabled(timeout=90_000)
    expect(move).to_be_focused()


def test_the_answer_stays_in_view_however_far_one_has_scrolled(drawer: Locator) -> None:
    drawer.get_by_role("button", name="Poll now").click()
    expect(drawer.get_by_role("status")).to_have_text("Every scheduled function ran once.", timeout=WAIT)
    drawer.get_by_label("Containing").scroll_into_view_if_needed()
    expect(drawer.get_by_role("status")).to_be_in_viewport()


def test_asking_twice_why_a_message_exists_opens_one_dialog(drawer: Locator) -> None:
    pane = pane_of(drawer.page)
    open_channel(pane, "connection-alerts")
    asked = shows(pane.locator(".message"), "Switchboard has started").get_by_role("button", name="Why this message?")
    asked.focus()
    asked.evaluate("button => { button.click(); button.click(); }")
    dialog = drawer.page.get_by_role("dialog", name="Why this message?")
    expect(dialog).to_be_visible(timeout=WAIT)
    drawer.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(asked).to_be_focused()


def test_everything_that_can_be_used_has_a_name(drawer: Locator, stack: LocalStack) -> None:
    stack.noyo.add_connection(
        carrier_id=environment.GUARDIAN, group_name="Named Group", carrier_group_id="90001", status="action_required"
    )
    shows(pane_of(drawer.page).locator(".message"), "Named Group")
    snapshot = drawer.page.locator("body").aria_snapshot()
    assert 'slider "To 9:00 on"' in snapshot
    assert WITHOUT_NAME.findall(snapshot) == []
