"""What people do on the page, and what they wait for."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from infra.local import environment
from infra.local.noyo import ReceivedRequest
from infra.local.stack import LocalStack

TOO_WIDE = """pane => [...pane.querySelectorAll(".message *")].filter(
    element => element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== "inline"
).length"""
"""How many elements of messages are wider than their place."""
WAIT = 20_000
"""Milliseconds until something must be shown; long enough for a slow machine."""


ACCEPTED = re.compile("Open the card|Follow its progress on the card")
"""The answer links to the card, unless another worker is about to post it."""


def pane_of(page: Page, number: int = 0) -> Locator:
    return page.locator(".pane").nth(number)


def type_command(pane: Locator, text: str) -> None:
    field = pane.locator(".conversation textarea")
    field.fill(text)
    field.press("Enter")


def open_channel(pane: Locator, name: str) -> None:
    pane.get_by_role("button", name=f"# {name}").click()


def shows(where: Locator, text: str) -> Locator:
    """The newest message or form that shows this text."""
    found = where.filter(has_text=text).last
    expect(found).to_be_visible(timeout=WAIT)
    return found


def wait_for_load(stack: LocalStack, page: Page) -> None:
    """The bot says in the alerts channel that it has loaded what Noyo has."""
    open_channel(pane_of(page), "connection-alerts")
    shows(pane_of(page).locator(".message"), "Switchboard has started")
    open_channel(pane_of(page), "connections")
    assert stack.noyo.requests


def writes_about(stack: LocalStack, text: str) -> list[ReceivedRequest]:
    """The requests to Noyo's API, other than reads, with this text in their path or body."""
    return [seen for seen in stack.noyo.requests if seen.method != "GET" and text in f"{seen.path} {seen.body}"]


def add_connection(stack: LocalStack, name: str, carrier_group_id: str) -> dict[str, Any]:
    """A completed connection whose group exists at Noyo."""
    return stack.noyo.add_connection(
        carrier_id=environment.GUARDIAN, group_name=name, carrier_group_id=carrier_group_id, status="completed"
    )


def become(pane: Locator, person: str) -> None:
    """`person` as the list of people shows it: name and role."""
    pane.get_by_label("You are").select_option(label=person)


def fill_connection_form(pane: Locator, name: str, carrier_group_id: str, *, known: bool = False) -> Locator:
    """`known`: the bot knows a group of this name, and chooses it."""
    type_command(pane, f"/noyo connect {name}")
    form = pane.get_by_role("dialog", name="Request a connection")
    form.get_by_label("Carrier", exact=True).select_option(label="Guardian")
    form.get_by_label("Carrier group ID").fill(carrier_group_id)
    if not known:
        form.get_by_label("Employer's federal EIN").fill("12-3456789")
    return form


def request_connection(pane: Locator, name: str, carrier_group_id: str, *, accepted: bool = True) -> None:
    """Fills in the form, sends it and closes the answer; `accepted` if Noyo must have accepted the request by then."""
    form = fill_connection_form(pane, name, carrier_group_id)
    form.get_by_role("button", name="Send to Noyo").click()
    close_answer(pane, form, accepted=accepted)


def close_answer(pane: Locator, form: Locator, *, accepted: bool = True) -> None:
    """Waits until Noyo has accepted what the form asked for, and closes the answer."""
    expect(form).to_be_hidden(timeout=WAIT)
    if accepted:
        expect(pane.get_by_role("dialog")).to_contain_text(ACCEPTED, timeout=WAIT)
    pane.get_by_role("dialog").press("Escape")
    expect(pane.get_by_role("dialog")).to_be_hidden(timeout=WAIT)
