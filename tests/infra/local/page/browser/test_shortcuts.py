"""People use another bot's shortcuts and its App Home in Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from slack_sdk import WebClient

from infra.local.http_server import HttpServer
from infra.local.page.app import page_app
from infra.local.page.serve import describe
from infra.local.slack import SlackFake
from tests.infra.local.page.browser.people import WAIT
from tests.infra.local.slack.conftest import Bot, ReceivedRequest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SHORTCUTS = [
    {"type": "global", "name": "Connect", "callback_id": "connect", "description": "Asks for a connection"},
    {"type": "message", "name": "Add a note", "callback_id": "note", "description": "Writes a note on a message"},
]


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


@pytest.fixture
def window(browser: Browser) -> Iterator[Page]:
    """Nothing may fail in it."""
    problems: list[str] = []
    opened = browser.new_page()
    opened.on("pageerror", lambda error: problems.append(str(error)))
    yield opened
    opened.close()
    assert problems == []


@pytest.fixture
def page(window: Page, with_bot: SlackFake) -> Iterator[Page]:
    """The page for a bot that the test plays."""
    people = [{"id": "U1", "name": "Ana", "role": "tester"}]
    about = {"people": people, "commands": [], "tries": [], "first": "C1", "home": True, "shortcuts": SHORTCUTS}
    with HttpServer(page_app(with_bot, about)) as server:
        window.goto(server.url)
        yield window
        window.goto("about:blank")


def opens_a_modal(client: WebClient, received: ReceivedRequest) -> None:
    view = {"type": "modal", "title": plain("A form"), "blocks": [{"type": "divider"}]}
    client.views_open(trigger_id=received.payload["trigger_id"], view=view)


def test_a_global_shortcut_opens_a_modal_by_keyboard(page: Page, client: WebClient, bot: Bot) -> None:
    bot.answer = lambda received: opens_a_modal(client, received)
    page.get_by_label("Shortcuts").press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Connect")).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="A form")
    expect(dialog).to_be_visible(timeout=WAIT)
    assert (bot.last.payload["type"], bot.last.payload["callback_id"]) == ("shortcut", "connect")
    assert bot.last.payload["user"]["id"] == "U1"

    dialog.press("Escape")
    expect(dialog).to_be_hidden(timeout=WAIT)
    page.get_by_label("Shortcuts").press("Enter")
    page.get_by_label("Shortcuts").press("Escape")
    expect(page.get_by_role("button", name="Connect")).to_be_hidden()


def test_a_message_shortcut_sends_the_message_and_shows_the_bots_answer(
    page: Page, with_bot: SlackFake, client: WebClient, bot: Bot
) -> None:
    ts = with_bot.say("U2", "C1", "the carrier called")
    client.chat_postEphemeral(channel="C1", user="U1", text="only for Ana")
    bot.answer = lambda received: opens_a_modal(client, received)
    message = page.locator(".message", has_text="the carrier called")
    message.get_by_label("More actions").click(timeout=WAIT)
    message.get_by_role("button", name="Add a note").click()
    expect(page.get_by_role("dialog", name="A form")).to_be_visible(timeout=WAIT)
    payload = bot.last.payload
    assert (payload["type"], payload["callback_id"]) == ("message_action", "note")
    assert (payload["message"]["text"], payload["message_ts"]) == ("the carrier called", ts)
    assert payload["channel"]["id"] == "C1"
    expect(page.locator(".ephemeral")).to_have_count(1)
    expect(page.locator(".ephemeral").get_by_label("More actions")).to_have_count(0)


def test_a_shortcut_that_fails_says_so(page: Page, bot: Bot) -> None:
    bot.answer = lambda _: 500
    page.get_by_label("Shortcuts").click()
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_role("status")).to_have_text("Connect did not work: http_service_error", timeout=WAIT)


def test_a_bot_without_shortcuts_has_neither_menu(window: Page, with_bot: SlackFake) -> None:
    with_bot.say("U1", "C1", "hello")
    person = {"id": "U1", "name": "Ana", "role": "tester"}
    about = describe() | {"people": [person], "first": "C1", "shortcuts": []}
    with HttpServer(page_app(with_bot, about)) as server:
        window.goto(server.url)
        expect(window.locator(".message")).to_have_count(1, timeout=WAIT)
        expect(window.get_by_label("Shortcuts")).to_have_count(0)
        expect(window.get_by_label("More actions")).to_have_count(0)
        window.goto("about:blank")


def test_a_home_is_published_when_it_is_opened_and_its_button_changes_it(
    page: Page, client: WebClient, bot: Bot
) -> None:
    def publish(text: str) -> None:
        button = {"type": "button", "action_id": "refresh", "text": plain("Refresh")}
        blocks = [{"type": "header", "text": plain(text)}, {"type": "actions", "elements": [button]}]
        client.views_publish(user_id="U1", view={"type": "home", "blocks": blocks})

    def answer(received: ReceivedRequest) -> None:
        opened = received.headers["content-type"] == "application/json"
        publish("Two open requests" if opened else "One open request")

    bot.answer = answer
    page.get_by_role("button", name="Switchboard: Home").click()
    expect(page.get_by_role("heading", name="Two open requests")).to_be_visible(timeout=WAIT)
    page.get_by_role("button", name="Refresh").click()
    expect(page.get_by_role("heading", name="One open request")).to_be_visible(timeout=WAIT)
    assert bot.last.payload["view"]["type"] == "home"
    assert [action["action_id"] for action in bot.last.payload["actions"]] == ["refresh"]
