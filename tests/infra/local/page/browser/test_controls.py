"""The controls in Chromium: Noyo, the carriers, time and failures, and what people then see and what Noyo received."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from infra.local.page.controls.events import ZONE
from infra.local.stack import LocalStack
from infra.local.time_travel import AdjustableClock
from tests.infra.local.page.browser.people import (
    TOO_WIDE,
    WAIT,
    add_connection,
    become,
    fill_connection_form,
    open_channel,
    pane_of,
    request_connection,
    shows,
    wait_for_load,
    writes_about,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

LONG_WAIT = 90_000
"""Milliseconds until the clock has moved by several days."""


@pytest.fixture
def drawer(page: Page, stack: LocalStack) -> Locator:
    wait_for_load(stack, page)
    page.get_by_role("button", name="Controls").click()
    return page.get_by_role("complementary", name="Controls")


def section(drawer: Locator, title: str) -> Locator:
    found = drawer.locator("details").filter(has=drawer.page.locator("summary", has_text=title))
    if found.get_attribute("open") is None:
        found.locator("summary").click()
    return found


def choose_record(drawer: Locator, words: str) -> Locator:
    records = section(drawer, "Records at Noyo")
    records.get_by_label("Connection or request").fill(words)
    records.get_by_role("listbox", name="Records").get_by_role("option").first.click(timeout=WAIT)
    return records


def move_clock(drawer: Locator, days: int) -> None:
    """To 9:00 so many days ahead, and waits until everything on the way has happened."""
    drawer.get_by_label("To 9:00 on").fill(str(days))
    drawer.get_by_role("button", name="Move the clock").click()
    expect(drawer.get_by_role("status")).to_contain_text("Moving to", timeout=WAIT)
    expect(drawer.get_by_role("button", name="Move the clock")).to_be_enabled(timeout=LONG_WAIT)


def test_a_record_that_is_moved_at_noyo_raises_an_alert(drawer: Locator, stack: LocalStack) -> None:
    add_connection(stack, "Cedar Clinic", "70001")
    pane = pane_of(drawer.page)
    shows(pane.locator(".message"), "Cedar Clinic")
    records = choose_record(drawer, "cedar clinic completed")
    records.get_by_label("Carrier's message").fill("<!channel> Group unknown")
    records.get_by_role("button", name="Move the record").click()
    expect(drawer.get_by_role("status")).to_have_text("The record is now unable_to_connect at Noyo.", timeout=WAIT)
    open_channel(pane, "connection-alerts")
    expect(shows(pane.locator(".message"), "Cedar Clinic")).to_contain_text("<!channel> Group unknown", timeout=WAIT)

    alert = shows(pane.locator(".message"), "Cedar Clinic")
    alert.get_by_role("button", name="Why this message?").click()
    dialog = drawer.page.get_by_role("dialog", name="Why this message?")
    expect(dialog).to_contain_text("a status in which the team must act", timeout=WAIT)
    expect(dialog).to_contain_text("CHANNEL_ALERTS")
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)


def test_a_lost_answer_is_checked_and_nothing_is_sent_twice(drawer: Locator, stack: LocalStack) -> None:
    drawer.get_by_role("button", name="Lose the next answer").click()
    expect(drawer).to_contain_text("The next answer of Noyo will be lost.", timeout=WAIT)
    pane = pane_of(drawer.page)
    request_connection(pane, "Maple Labs", "70002")
    card = shows(pane.locator(".message"), "Maple Labs · Guardian")
    expect(card).to_contain_text("Status: Completed", timeout=LONG_WAIT)
    [sent] = writes_about(stack, "70002")
    assert (sent.fault, sent.took_effect) == ("reset_after", True)


def test_a_worker_that_is_killed_leaves_nothing_undone_and_does_nothing_twice(
    drawer: Locator, stack: LocalStack
) -> None:
    drawer.get_by_role("button", name="Kill the next worker").click()
    expect(drawer).to_contain_text("will be killed", timeout=WAIT)
    pane = pane_of(drawer.page)
    request_connection(pane, "Birch Freight", "70003", accepted=False)
    expect(drawer.get_by_text("sends something to Noyo will be killed.")).to_be_hidden(timeout=WAIT)
    drawer.get_by_role("button", name="One hour later").click()
    expect(shows(pane.locator(".message"), "Birch Freight · Guardian")).to_contain_text(
        "Status: Completed", timeout=LONG_WAIT
    )
    assert len(writes_about(stack, "70003")) == 1
    assert [problem for problem in stack.problems if "was killed" in problem]
    stack.problems.clear()


def test_while_noyo_is_down_a_request_waits_and_then_arrives_once(drawer: Locator, stack: LocalStack) -> None:
    drawer.get_by_label("Noyo is down").check()
    expect(drawer.get_by_role("status")).to_have_text("Noyo is down.", timeout=WAIT)
    pane = pane_of(drawer.page)
    request_connection(pane, "Elm Garage", "70004", accepted=False)
    drawer.get_by_label("Noyo works").check()
    expect(drawer.get_by_role("status")).to_have_text("Noyo works.", timeout=WAIT)
    drawer.get_by_role("button", name="One hour later").click()
    expect(shows(pane.locator(".message"), "Elm Garage · Guardian")).to_contain_text(
        "Status: Completed", timeout=LONG_WAIT
    )
    assert [seen.took_effect for seen in writes_about(stack, "70004")].count(True) == 1


def test_the_clock_moves_to_a_reminder_and_to_the_end_of_a_claim(
    drawer: Locator, stack: LocalStack, clock: AdjustableClock
) -> None:
    add_connection(stack, "Larch Farms", "70005")
    records = choose_record(drawer, "larch farms")
    records.get_by_label("Last managed day").fill(
        str((datetime.fromtimestamp(clock(), ZONE) + timedelta(days=5)).date())
    )
    records.get_by_role("button", name="Carrier asks to disconnect").click()
    pane = pane_of(drawer.page)
    become(pane, "Ben, approver")
    open_channel(pane, "disconnections")
    card = shows(pane.locator(".message"), "Disconnect Larch Farms · Guardian")
    card.get_by_role("button", name="Claim").click()
    expect(card).to_contain_text("Ben", timeout=WAIT)

    move_clock(drawer, 4)
    reminder = pane.locator(".message").filter(has_text="Larch Farms").filter(has_text=re.compile("reminder", re.I))
    expect(reminder.last).to_be_visible(timeout=WAIT)
    expect(card).to_contain_text("ends tomorrow", timeout=WAIT)
    expect(card.get_by_role("button", name="Claim")).to_be_visible(timeout=WAIT)
    move_clock(drawer, 2)
    expect(card).to_contain_text("ended yesterday", timeout=WAIT)
    assert writes_about(stack, "group_disconnection_requests") == []


def test_a_storm_is_shown_and_the_table_and_the_requests_can_be_read(drawer: Locator, stack: LocalStack) -> None:
    for number in range(5):
        add_connection(stack, f"Oak Press {number}", f"7100{number}")
    pane = pane_of(drawer.page)
    shows(pane.locator(".message"), "Oak Press 4")
    storm = section(drawer, "A storm")
    storm.get_by_label("Connections").fill("3")
    storm.get_by_role("button", name="Let them fail").click()
    expect(drawer.get_by_role("status")).to_have_text("3 connections failed.", timeout=WAIT)
    open_channel(pane, "connection-alerts")
    expect(pane.locator(".message").filter(has_text="Our system is being maintained.")).to_have_count(3, timeout=WAIT)

    table = section(drawer, "In the table")
    table.get_by_role("button", name="Show messages").click()
    expect(table.get_by_role("row").filter(has_text="alert:connection").first).to_be_visible(timeout=WAIT)
    requests = section(drawer, "Requests between the parts")
    requests.get_by_label("Containing").fill("chat.postMessage")
    requests.get_by_label("Containing").press("Tab")
    expect(requests.get_by_role("listitem").first).to_contain_text("chat.postMessage", timeout=WAIT)
    expect(requests.get_by_role("listitem").first).to_contain_text(" ms")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_drawer_fits_its_window(drawer: Locator, width: int) -> None:
    drawer.page.set_viewport_size({"width": width, "height": 800})
    for title in ("Records at Noyo", "A storm", "In the table", "Requests between the parts"):
        section(drawer, title)
    assert drawer.page.evaluate("document.documentElement.scrollWidth") <= width
    assert drawer.evaluate(TOO_WIDE) == 0
    assert drawer.evaluate("e => e.scrollWidth <= e.clientWidth")


def test_the_clock_moves_to_the_next_last_managed_day(
    drawer: Locator, stack: LocalStack, clock: AdjustableClock
) -> None:
    add_connection(stack, "Hazel Farms", "70006")
    today = datetime.fromtimestamp(clock(), ZONE).date()
    records = choose_record(drawer, "hazel farms")
    records.get_by_label("Last managed day").fill(str(today + timedelta(days=2)))
    records.get_by_role("button", name="Carrier asks to disconnect").click()
    drawer.get_by_role("button", name="Last managed day of Hazel Farms").click()
    pane = pane_of(drawer.page)
    open_channel(pane, "disconnections")
    card = shows(pane.locator(".message"), "Disconnect Hazel Farms")
    expect(card).to_contain_text("ends today", timeout=LONG_WAIT)


def test_in_a_narrow_window_the_drawer_leaves_the_modal_free(drawer: Locator) -> None:
    drawer.page.set_viewport_size({"width": 390, "height": 800})
    pane = pane_of(drawer.page)
    form = fill_connection_form(pane, "Hazel Labs", "70007")
    expect(drawer).to_be_hidden()
    form.get_by_role("button", name="Cancel").click()
    expect(drawer).to_be_visible(timeout=WAIT)
