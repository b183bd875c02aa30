"""The team's everyday work in Chromium: what a person sees at each step, and what reached Noyo."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from infra.local import environment
from infra.local.page.controls.events import ZONE
from infra.local.stack import LocalStack
from tests.infra.local.page.browser.people import (
    WAIT,
    add_connection,
    become,
    close_answer,
    fill_connection_form,
    open_channel,
    pane_of,
    request_connection,
    shows,
    type_command,
    wait_for_load,
    writes_about,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture
def pane(page: Page, stack: LocalStack) -> Locator:
    wait_for_load(stack, page)
    return pane_of(page)


def carrier_asks_to_disconnect(stack: LocalStack, name: str, days: int = 60) -> str:
    group = add_connection(stack, name, f"G-{name}")
    request = stack.noyo.carrier_requests_disconnection(
        carrier_id=environment.GUARDIAN, group_id=group["group_id"], group_name=name, effective_end_date=last_day(days)
    )
    return str(request["id"])


def last_day(days: int) -> str:
    """In the team's time zone, in which the messages count the days."""
    return str((datetime.now(ZONE) + timedelta(days=days)).date())


def decisions_on(stack: LocalStack, request_id: str) -> list[tuple[str, bool]]:
    sent = [seen for seen in stack.noyo.requests if seen.method == "PUT" and request_id in seen.path]
    return [(seen.body["status"], seen.took_effect) for seen in sent if isinstance(seen.body, dict)]


def answer(pane: Locator) -> Locator:
    """The newest answer that only this person sees."""
    return pane.locator(".message.ephemeral").last


def test_a_second_request_for_the_same_connection_shows_the_first(pane: Locator, stack: LocalStack) -> None:
    request_connection(pane, "Juniper Dairy", "80001")
    shows(pane.locator(".message"), "Juniper Dairy · Guardian")
    form = fill_connection_form(pane, "Juniper Dairy", "80001", known=True)
    form.get_by_role("button", name="Send to Noyo").click()
    expect(pane.get_by_role("dialog")).to_contain_text("Already", timeout=WAIT)
    expect(pane.get_by_role("dialog")).to_contain_text("Juniper Dairy")
    assert [seen.took_effect for seen in writes_about(stack, "80001")].count(True) == 1


def test_a_second_carrier_is_added_to_a_group_that_noyo_knows(pane: Locator, stack: LocalStack) -> None:
    group = add_connection(stack, "Saffron Foods LLC", "80011")
    shows(pane.locator(".message"), "Saffron Foods LLC")
    type_command(pane, "/noyo connect")
    form = pane.get_by_role("dialog", name="Request a connection")
    form.get_by_label("Carrier group ID").fill("80012")
    search = form.get_by_label("Existing group")
    search.fill("saffron")
    form.get_by_role("option", name="Saffron Foods LLC").click()
    expect(form).to_contain_text("Saffron Foods LLC has these connections:", timeout=WAIT)
    expect(form).to_contain_text("Guardian: Completed")
    expect(form.get_by_label("Group name")).to_have_count(0)
    expect(form.get_by_label("Employer's federal EIN")).to_have_count(0)
    expect(form.get_by_label("Carrier group ID")).to_have_value("80012")
    form.get_by_label("Carrier", exact=True).select_option(label="Principal")

    form.get_by_role("button", name="Send to Noyo").click()
    close_answer(pane, form)

    [sent] = writes_about(stack, "80012")
    assert sent.path == f"/api/v1/groups/{group['group_id']}/group_connections"
    assert sent.took_effect
    shows(pane.locator(".message"), "Saffron Foods LLC · Principal")


def test_a_new_group_with_a_similar_name_is_sent_only_after_a_confirmation(pane: Locator, stack: LocalStack) -> None:
    add_connection(stack, "Tarragon Mills", "80013")
    shows(pane.locator(".message"), "Tarragon Mills")
    type_command(pane, "/noyo connect")
    form = pane.get_by_role("dialog", name="Request a connection")
    form.get_by_label("Carrier", exact=True).select_option(label="Principal")
    form.get_by_label("Group name").fill("Tarragon Mill Inc")
    form.get_by_label("Carrier group ID").fill("80014")
    form.get_by_label("Employer's federal EIN").fill("12-3456789")

    form.get_by_role("button", name="Send to Noyo").click()
    expect(form).to_contain_text("Noyo already has a group with a similar name:", timeout=WAIT)
    expect(form).to_contain_text("Tarragon Mills · Guardian")
    assert writes_about(stack, "80014") == []

    form.get_by_label("This is another employer").check()
    form.get_by_role("button", name="Send to Noyo").click()
    close_answer(pane, form)
    [sent] = writes_about(stack, "80014")
    assert (sent.path, sent.took_effect) == ("/api/v1/group_connections", True)


def test_the_status_of_a_group_offers_one_more_carrier(pane: Locator, stack: LocalStack) -> None:
    group = add_connection(stack, "Thyme Studios", "80015")
    shows(pane.locator(".message"), "Thyme Studios")
    type_command(pane, "/noyo status Thyme Studios")

    expect(answer(pane)).to_contain_text("Thyme Studios", timeout=WAIT)
    answer(pane).get_by_role("button", name="Add a carrier to Thyme Studios").click()
    form = pane.get_by_role("dialog", name="Request a connection")
    form.get_by_label("Carrier", exact=True).select_option(label="Principal")
    form.get_by_label("Carrier group ID").fill("80016")
    form.get_by_role("button", name="Send to Noyo").click()
    close_answer(pane, form)

    [sent] = writes_about(stack, "80016")
    assert sent.path == f"/api/v1/groups/{group['group_id']}/group_connections"


def test_a_form_for_an_earlier_version_decides_nothing_and_shows_what_changed(pane: Locator, stack: LocalStack) -> None:
    request_id = carrier_asks_to_disconnect(stack, "Pine Interiors")
    become(pane, "Ben, approver")
    open_channel(pane, "disconnections")
    card = shows(pane.locator(".message"), "Disconnect Pine Interiors")
    card.get_by_role("button", name="Approve").click()
    form = pane.get_by_role("dialog")
    expect(form).to_be_visible(timeout=WAIT)
    stack.noyo.move_disconnection(request_id, "needs_review", effective_end_date=last_day(90))
    expect(card).to_contain_text("ends in 90 days", timeout=WAIT)
    form.locator("button[type=submit]").click()
    expect(form).to_contain_text("changed", timeout=WAIT)
    assert decisions_on(stack, request_id) == []


def test_a_disconnection_needs_a_second_approver_who_is_not_the_requester(page: Page, stack: LocalStack) -> None:
    wait_for_load(stack, page)
    add_connection(stack, "Quince Designs", "80002")
    page.get_by_role("button", name="Two people side by side").click()
    ben, cara = pane_of(page, 0), pane_of(page, 1)
    become(ben, "Ben, approver")
    become(cara, "Cara, approver")
    shows(ben.locator(".message"), "Quince Designs")
    type_command(ben, "/noyo disconnect Quince Designs")
    form = ben.get_by_role("dialog")
    form.locator("input[type=date]").fill(last_day(40))
    form.locator("select").first.select_option(index=1)
    form.get_by_label("Type its name").fill("quince designs")
    form.locator("button[type=submit]").click()
    expect(ben.get_by_role("dialog")).to_contain_text("Nothing has been sent to Noyo", timeout=WAIT)
    ben.get_by_role("dialog").press("Escape")

    for pane in (ben, cara):
        open_channel(pane, "disconnections")
        card = shows(pane.locator(".message"), "Quince Designs")
        expect(card).to_contain_text("waiting for a second approver", timeout=WAIT)
        card.get_by_role("button", name="Confirm").click()
    expect(ben.get_by_role("dialog")).to_contain_text("You requested this yourself", timeout=WAIT)
    assert writes_about(stack, "effective_end_date") == []
    cara.get_by_role("dialog").locator("button[type=submit]").click()
    expect(shows(cara.locator(".message"), "Quince Designs")).to_contain_text("confirmed by @Cara", timeout=WAIT)
    assert [seen.took_effect for seen in writes_about(stack, "effective_end_date")] == [True]


def test_people_see_who_works_on_a_request_and_when_nobody_does_any_more(page: Page, stack: LocalStack) -> None:
    wait_for_load(stack, page)
    carrier_asks_to_disconnect(stack, "Rowan Logistics")
    page.get_by_role("button", name="Two people side by side").click()
    ben, cara = pane_of(page, 0), pane_of(page, 1)
    for pane, person in ((ben, "Ben, approver"), (cara, "Cara, approver")):
        become(pane, person)
        open_channel(pane, "disconnections")
        shows(pane.locator(".message"), "Disconnect Rowan Logistics")
    shows(ben.locator(".message"), "Disconnect Rowan Logistics").get_by_role("button", name="Claim").click()
    seen_by_cara = shows(cara.locator(".message"), "Disconnect Rowan Logistics")
    expect(seen_by_cara).to_contain_text("@Ben", timeout=WAIT)
    shows(ben.locator(".message"), "Disconnect Rowan Logistics").get_by_role("button", name="Release").click()
    expect(seen_by_cara.get_by_role("button", name="Claim")).to_be_visible(timeout=WAIT)
    expect(seen_by_cara).not_to_contain_text("@Ben")


def test_while_sending_is_paused_a_request_waits_and_is_sent_after_the_resume(pane: Locator, stack: LocalStack) -> None:
    become(pane, "Dan, admin")
    type_command(pane, "/noyo pause the carrier's feed is wrong")
    open_channel(pane, "connection-alerts")
    notice = shows(pane.locator(".message"), "the carrier's feed is wrong")
    open_channel(pane, "connections")
    request_connection(pane, "Nettle Partners", "80003", accepted=False)
    card = shows(pane.locator(".message"), "Nettle Partners")
    expect(card).to_contain_text("sending is paused", timeout=WAIT)
    assert writes_about(stack, "80003") == []

    type_command(pane, "/noyo resume")
    expect(shows(pane.locator(".message"), "Nettle Partners")).to_contain_text("Status: Completed", timeout=WAIT)
    assert [seen.took_effect for seen in writes_about(stack, "80003")] == [True]
    open_channel(pane, "connection-alerts")
    expect(notice).to_contain_text("resumed", timeout=WAIT)


def test_the_pages_of_a_list_replace_each_other_in_place(pane: Locator, stack: LocalStack) -> None:
    for number in range(10):
        stack.noyo.add_connection(
            carrier_id=environment.GUARDIAN,
            group_name=f"Larch Mill {number}",
            carrier_group_id=f"8100{number}",
            status="noyo_review",
        )
    for number in range(10):
        shows(pane.locator(".message"), f"Larch Mill {number}")
    type_command(pane, "/noyo list noyo review guardian")
    expect(answer(pane)).to_contain_text("10 open records fit, most urgent first.", timeout=WAIT)
    expect(answer(pane)).to_contain_text("1 to 8 of 10.")
    answers = pane.locator(".message.ephemeral").count()
    answer(pane).get_by_role("button", name="Next").click()
    expect(answer(pane)).to_contain_text("9 to 10 of 10.", timeout=WAIT)
    expect(answer(pane).get_by_role("button", name="Details")).to_have_count(2)
    expect(answer(pane).get_by_role("button", name="Next")).to_have_count(0)
    answer(pane).get_by_role("button", name="Previous").click()
    expect(answer(pane)).to_contain_text("1 to 8 of 10.", timeout=WAIT)
    expect(pane.locator(".message.ephemeral")).to_have_count(answers)


def test_history_and_doctor_answer_the_person_who_asked(pane: Locator) -> None:
    request_connection(pane, "Katsura Electric", "80004")
    expect(shows(pane.locator(".message"), "Katsura Electric · Guardian")).to_contain_text("Completed", timeout=WAIT)
    type_command(pane, "/noyo history Katsura Electric")
    expect(answer(pane)).to_contain_text("asked for this connection", timeout=WAIT)
    expect(answer(pane)).to_contain_text("Only visible to you")
    become(pane, "Dan, admin")
    expect(pane.locator(".message.ephemeral").filter(has_text="Katsura Electric")).to_have_count(0)
    type_command(pane, "/noyo doctor")
    expect(answer(pane)).to_contain_text("Noyo", timeout=WAIT)
    expect(answer(pane)).to_contain_text("Slack")


def test_a_retry_of_a_connection_that_has_recovered_is_refused(pane: Locator, stack: LocalStack) -> None:
    stack.noyo.script("80005", [(0.5, "unable_to_connect", "Unknown group.")])
    request_connection(pane, "Gorse Press", "80005")
    open_channel(pane, "connection-alerts")
    shows(pane.locator(".message"), "Gorse Press").get_by_role("button", name="Retry").click()
    form = pane.get_by_role("dialog", name="Retry a connection")
    expect(form).to_be_visible(timeout=WAIT)
    record = next(known for known in stack.noyo.connections() if known["group_data"]["carrier_group_id"] == "80005")
    stack.noyo.move_connection(record["id"], "completed")
    expect(shows(pane.locator(".message"), "Gorse Press")).to_contain_text("Completed", timeout=WAIT)
    form.get_by_label("Carrier group ID").fill("80006")
    form.get_by_role("button", name="Retry").click()
    expect(pane.get_by_role("dialog")).to_contain_text("Completed", timeout=WAIT)
    assert writes_about(stack, "80006") == []
    close_answer(pane, form, accepted=False)
