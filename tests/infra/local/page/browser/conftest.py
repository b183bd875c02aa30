"""The local stack, and the page in a window."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from infra.local import seed_data
from infra.local.http_server import HttpServer
from infra.local.page.app import page_app
from infra.local.page.controls.routes import control_routes
from infra.local.page.serve import describe
from infra.local.slack import SlackFake
from infra.local.stack import LocalStack
from infra.local.time_travel import AdjustableClock


@pytest.fixture(scope="module")
def clock() -> AdjustableClock:
    return AdjustableClock()


@pytest.fixture(scope="module")
def stack(clock: AdjustableClock) -> Iterator[LocalStack]:
    with LocalStack(extra_settings=seed_data.SETTINGS, clock=clock) as started:
        seed_data.add_people(started.slack)
        seed_data.join_channels(started.slack)
        yield started


@pytest.fixture
def page(browser: Browser, stack: LocalStack, clock: AdjustableClock) -> Iterator[Page]:
    """The page in a window of its own. Nothing may fail in it."""
    problems: list[str] = []
    close_modals(stack)
    with control_routes(stack, clock) as controls:
        app = page_app(stack.slack, describe(controls=True), controls)
        with HttpServer(app) as server:
            window = browser.new_page(viewport={"width": 1280, "height": 800})
            window.on("pageerror", lambda error: problems.append(str(error)))
            window.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
            window.goto(server.url)
            yield window
            window.close()
    assert problems == []
    assert stack.problems == []


@pytest.fixture
def other_page(browser: Browser, with_bot: SlackFake) -> Iterator[Page]:
    """The page for a bot that a test plays, with an App Home."""
    people = [{"id": "U1", "name": "Ana", "role": "tester"}]
    about = {"people": people, "commands": [], "tries": [], "first": "C1", "home": True}
    with HttpServer(page_app(with_bot, about)) as server:
        window = browser.new_page()
        window.goto(server.url)
        yield window
        window.close()


def close_modals(stack: LocalStack) -> None:
    """Slack keeps modals open, also when a window is closed."""
    for person in seed_data.PEOPLE:
        while (view := stack.slack.view_of(person.id)) is not None:
            stack.slack.close_view(person.id, view.id)
