"""People use the page in Chromium: each step says what the page shows and what reached Noyo."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect
from slack_sdk import WebClient

from infra.local import environment
from infra.local.slack import SlackFake
from infra.local.stack import LocalStack
from tests.infra.local.page.browser.people import (
    TOO_WIDE,
    WAIT,
    become,
    close_answer,
    open_channel,
    pane_of,
    request_connection,
    shows,
    type_command,
    wait_for_load,
    writes_about,
)
from tests.infra.local.slack.conftest import Bot

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

GROUP = "11111111-0000-4000-8000-000000000001"
HOSTILE = "<!channel> <https://evil.example|click> <img src=x onerror=alert(1)> \u202egnp.exe *bold*"


def test_a_request_is_corrected_sent_and_completed(page: Page, stack: LocalStack) -> None:
    wait_for_load(stack, page)
    pane = pane_of(page)
    type_command(pane, "/noyo connect Willow Works")
    form = pane.get_by_role("dialog", name="Request a connection")
    form.get_by_role("button", name="Send to Noyo").click()
    expect(form.get_by_role("alert").first).to_have_text("This is a required field", timeout=WAIT)
    assert writes_about(stack, "Willow Works") == []

    form.get_by_role("button", name="Cancel").click()
    expect(form).to_be_hidden(timeout=WAIT)
    request_connection(pane, "Willow Works", "55001")
    card = shows(pane.locator(".message"), "Willow Works · Guardian")
    expect(card).to_contain_text("Status: Completed", timeout=WAIT)
    assert len(writes_about(stack, "Willow Works")) == 1
    card.get_by_role("button", name="repl").click()
    thread = pane.get_by_role("region", name="Thread")
    expect(thread).to_contain_text("asked for this connection", timeout=WAIT)


def test_a_failed_connection_is_retried_from_its_alert(page: Page, stack: LocalStack) -> None:
    wait_for_load(stack, page)
    pane = pane_of(page)
    stack.noyo.script("66001", [(0.5, "unable_to_connect", HOSTILE)])
    request_connection(pane, "Rowan Press", "66001")
    open_channel(pane, "connection-alerts")
    alert = shows(pane.locator(".message"), "Rowan Press")
    expect(alert).to_contain_text("<!channel>", timeout=WAIT)
    expect(alert.locator("img, a[href*=evil]")).to_have_count(0)

    alert.get_by_role("button", name="Retry Rowan Press").click()
    form = pane.get_by_role("dialog", name="Retry a connection")
    form.get_by_label("Carrier group ID").fill("66002")
    form.get_by_role("button", name="Retry").click()
    close_answer(pane, form)
    open_channel(pane, "connections")
    card = shows(pane.locator(".message"), "Rowan Press")
    expect(card).to_contain_text("Status: Completed", timeout=WAIT)
    assert len(writes_about(stack, "66002")) == 1


def test_of_two_people_who_decide_at_once_one_decision_takes_effect(page: Page, stack: LocalStack) -> None:
    wait_for_load(stack, page)
    page.get_by_role("button", name="Two people side by side").click()
    people = [pane_of(page, 0), pane_of(page, 1)]
    become(people[0], "Ben, approver")
    become(people[1], "Cara, approver")
    request = stack.noyo.carrier_requests_disconnection(
        carrier_id=environment.GUARDIAN, group_id=GROUP, group_name="Hazel Farms", effective_end_date="2099-12-31"
    )
    for pane, button in zip(people, ("Approve disconnecting Hazel Farms", "Keep Hazel Farms connected"), strict=True):
        open_channel(pane, "disconnections")
        shows(pane.locator(".message"), "Hazel Farms").get_by_role("button", name=button).click()
        expect(pane.get_by_role("dialog")).to_be_visible(timeout=WAIT)
    people[1].get_by_role("dialog").locator("select").select_option(index=1)
    for pane in people:
        pane.get_by_role("dialog").locator("button[type=submit]").click()

    expect(people[1].get_by_role("dialog")).to_contain_text("Ben", timeout=WAIT)
    for pane in people:
        expect(shows(pane.locator(".message"), "Hazel Farms")).to_contain_text("Status: Processing", timeout=WAIT)
    decisions = [seen for seen in stack.noyo.requests if seen.method == "PUT" and request["id"] in seen.path]
    assert [(seen.body["status"], seen.took_effect) for seen in decisions] == [("processing", True)]


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wider_than_its_window(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    pane = pane_of(page)
    for channel in ("connections", "connection-alerts", "disconnections"):
        open_channel(pane, channel)
        expect(pane.locator("h2").first).to_have_text(f"# {channel}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert pane.evaluate(TOO_WIDE) == 0
    expect(page.locator(".unknown")).to_have_count(0)


def test_a_command_is_completed_by_keyboard(page: Page) -> None:
    field = pane_of(page).locator(".conversation textarea")
    field.fill("/noyo st")
    expect(page.get_by_role("option", name="/noyo status")).to_be_visible(timeout=WAIT)
    field.press("Tab")
    expect(field).to_have_value("/noyo status ")


# ---------------------------------------------------------------- what another bot may send


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def test_options_are_suggested_while_somebody_types(
    other_page: Page, with_bot: SlackFake, client: WebClient, bot: Bot
) -> None:
    select = {"type": "external_select", "action_id": "carrier", "min_query_length": 2}
    block = {"type": "input", "block_id": "b", "label": plain("Carrier"), "element": select}
    view = {"type": "modal", "title": plain("A form"), "submit": plain("Send"), "blocks": [block]}
    options = [{"text": plain(name), "value": name.lower()} for name in ("Guardian", "Guarantee")]
    bot.answer = lambda seen: {"options": options} if seen.payload["type"] == "block_suggestion" else None
    client.views_open(trigger_id=with_bot.workspace.new_trigger("U1"), view=view)

    field = other_page.get_by_label("Carrier")
    field.fill("gu")
    expect(other_page.get_by_role("option", name="Guarantee")).to_be_visible(timeout=WAIT)
    field.press("ArrowDown")
    field.press("Enter")
    expect(field).to_have_value("Guarantee")
    other_page.get_by_role("dialog").get_by_role("button", name="Send").click()
    expect(other_page.get_by_role("dialog")).to_be_hidden(timeout=WAIT)
    state = bot.last.payload["view"]["state"]["values"]["b"]["carrier"]
    assert state["selected_option"]["value"] == "guarantee"


def test_the_home_a_menu_a_table_and_a_confirmation(other_page: Page, client: WebClient, bot: Bot) -> None:
    button = {"type": "button", "action_id": "go", "text": plain("Go"), "value": "1"}
    client.views_publish(user_id="U1", view={"type": "home", "blocks": [{"type": "actions", "elements": [button]}]})
    other_page.get_by_role("button", name="Switchboard: Home").click()
    other_page.get_by_role("button", name="Go", exact=True).click()
    expect(other_page.locator("[aria-busy]")).to_have_count(0, timeout=WAIT)
    assert bot.last.payload["container"]["type"] == "view"

    asks = {
        "title": plain("Sure?"),
        "text": plain("It cannot be undone."),
        "confirm": plain("Yes"),
        "deny": plain("No"),
    }
    menu = {
        "type": "overflow",
        "action_id": "more",
        "options": [{"text": plain("Delete"), "value": "delete"}],
        "confirm": asks,
    }
    rows = [[{"type": "raw_text", "text": f"row {number}"}] for number in range(13)]
    table = {"type": "data_table", "caption": "Rows", "page_size": 5, "rows": rows}
    client.chat_postMessage(channel="C1", text="-", blocks=[{"type": "actions", "elements": [menu]}, table])
    other_page.get_by_role("button", name="# carriers").click()
    expect(other_page.get_by_role("cell", name="row 5")).to_be_visible(timeout=WAIT)
    other_page.get_by_role("button", name="Next").click()
    expect(other_page.get_by_role("cell", name="row 6")).to_be_visible()
    expect(other_page.get_by_role("cell", name="row 5")).to_have_count(0)

    received = len(bot.received)
    for answer in ("No", "Yes"):
        other_page.get_by_label("More actions").click()
        other_page.get_by_role("button", name="Delete").click()
        other_page.get_by_role("alertdialog", name="Sure?").get_by_role("button", name=answer).click()
    expect(other_page.locator("[aria-busy]")).to_have_count(0, timeout=WAIT)
    assert len(bot.received) == received + 1
    assert bot.last.payload["actions"][0]["selected_option"]["value"] == "delete"
