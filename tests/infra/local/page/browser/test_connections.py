"""The page's connections to the demo: given up while nobody sees the page, and found again after they were lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from infra.local import environment, seed_data
from infra.local.http_server import Exchange, HttpServer, watched
from infra.local.page.app import page_app
from infra.local.page.controls.routes import control_routes
from infra.local.page.serve import describe
from infra.local.stack import LocalStack
from infra.local.time_travel import AdjustableClock
from tests.infra.local.page.browser.people import WAIT, open_channel, pane_of, shows, wait_for_load
from tests.infra.local.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

ANA = seed_data.PEOPLE[0].id
SEEN = """hidden => {
    Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_a_page_that_nobody_sees_gives_up_its_connections(page: Page, stack: LocalStack) -> None:
    wait_for_load(stack, page)
    page.get_by_role("button", name="Controls").click()
    expect(page.get_by_role("complementary", name="Controls")).to_contain_text("It is ")
    ended: list[Exchange] = []
    with watched(ended.append):
        page.evaluate(SEEN, True)
        assert wait_until(lambda: {"/screens", "/controls"} <= {exchange.path for exchange in ended})
    stack.slack.say(ANA, environment.CONNECTIONS, "said meanwhile")
    page.evaluate(SEEN, False)
    shows(pane_of(page).locator(".message"), "said meanwhile")


def test_a_lost_connection_is_found_again_and_the_drawer_says_so(
    browser: Browser, stack: LocalStack, clock: AdjustableClock
) -> None:
    window = browser.new_page()
    with control_routes(stack, clock) as controls:
        app = page_app(stack.slack, describe(controls=True), controls)
        with HttpServer(app) as server:
            window.goto(server.url)
            window.get_by_role("button", name="Controls").click()
            drawer = window.get_by_role("complementary", name="Controls")
            expect(drawer.locator("strong")).not_to_be_empty(timeout=WAIT)
        expect(drawer).to_contain_text("The connection to the demo was lost.", timeout=3 * WAIT)
        with HttpServer(app, server.port):
            expect(drawer).not_to_contain_text("The connection to the demo was lost.", timeout=3 * WAIT)
        window.close()


def test_a_connection_that_was_refused_is_asked_for_again(browser: Browser, stack: LocalStack) -> None:
    refused = iter([404])

    def refuse_once(route: Route) -> None:
        status = next(refused, None)
        route.continue_() if status is None else route.fulfill(status=status)

    window = browser.new_page()
    with HttpServer(page_app(stack.slack, describe())) as server:
        window.goto(server.url)
        expect(pane_of(window).locator("h2").first).to_have_text("# connections", timeout=WAIT)
        window.route("**/screens?*", refuse_once)
        open_channel(pane_of(window), "disconnections")
        expect(pane_of(window).locator("h2").first).to_have_text("# disconnections", timeout=WAIT)
        window.close()
