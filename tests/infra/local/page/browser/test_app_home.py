"""The bot's App Home in Chromium, as wide as a phone: what needs the team, its filters, and acting there."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from infra.local.stack import LocalStack
from tests.infra.local.page.browser.people import WAIT, pane_of, shows, wait_for_load

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

PHONE = 390
NAME = "Alder Print and Packaging Cooperative of the North"
TOO_WIDE = """home => [...home.querySelectorAll("*")].filter(
    element => element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== "inline"
).length"""
"""How many elements of the Home are wider than their place."""


@pytest.fixture
def home(page: Page, stack: LocalStack) -> Locator:
    wait_for_load(stack, page)
    page.set_viewport_size({"width": PHONE, "height": 800})
    stack.noyo.add_connection(group_name=NAME, status="unable_to_connect")
    pane = pane_of(page)
    shows(pane.locator(".message"), "Alder Print")
    pane.get_by_role("button", name="Switchboard: Home").click()
    home = pane.locator(".home")
    expect(home.get_by_role("heading", name="What needs the team")).to_be_visible(timeout=WAIT)
    return home


def test_a_person_opens_the_home_on_a_phone_filters_it_and_claims(page: Page, home: Locator) -> None:
    expect(home).to_contain_text("Alder Print", timeout=WAIT)
    expect(home).to_contain_text("Updated")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    assert home.evaluate(TOO_WIDE) == 0

    home.get_by_role("button", name="Show mine").click()
    expect(home).to_contain_text("None of these is yours", timeout=WAIT)
    home.get_by_role("button", name="Show all").click()
    home.get_by_role("button", name="Claim: Alder Print").first.click()

    answer = page.get_by_role("dialog")
    expect(answer).to_contain_text("You are checking this until", timeout=WAIT)
    answer.get_by_role("button", name="Close").last.click()
    expect(home).to_contain_text("1 is yours", timeout=WAIT)
    expect(home).to_contain_text("Claimed by:")


def test_a_form_opens_from_the_home(page: Page, home: Locator) -> None:
    home.get_by_role("button", name="Retry Alder Print").first.click()

    form = page.get_by_role("dialog", name="Retry a connection")
    expect(form).to_contain_text("Alder Print", timeout=WAIT)
