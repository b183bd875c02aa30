"""The App Home in the receiver: each request for it is one write, and the latest one counts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.home import HomeFilter, HomeView
from bot.domain.outbox import OutboxEvent
from bot.slack.features import home
from bot.slack.views.buttons import ButtonValue, Page
from bot.slack.views.home import metadata
from infra.local import environment as local
from tests.slack.incoming import (
    FailingPort,
    click_payload,
    context_of,
    handle_requests_with,
    interaction_body,
    modal_text,
    post_signed,
    store_connection,
)
from tests.system import ANA, System

JSON = "application/json"
ALL_AT_2 = HomeView(HomeFilter.ALL, 2)


def opening(ts: str = "1790000000.000100", **changes: Any) -> bytes:
    opened = {"type": "app_home_opened", "user": ANA, "channel": "D1", "tab": "home", "event_ts": ts} | changes
    return json.dumps(
        {"type": "event_callback", "team_id": local.TEAM, "api_app_id": local.APP, "event_id": "Ev1", "event": opened}
    ).encode()


def clicking(action: str, page: Page | None, ts: str, shown: str = "") -> bytes:
    value = {"s": 1} | ({"t": page.text, "p": page.number} if page else {"r": "connection:1", "v": "1"})
    view = {"id": "V1", "hash": "h", "type": "home", "private_metadata": shown}
    click = click_payload(action, json.dumps(value), view=view)
    click["actions"][0]["action_ts"] = ts
    return interaction_body(click)


def send(system: System, body: bytes, content_type: str = JSON) -> int:
    return int(post_signed(system, body, content_type=content_type)["statusCode"])


def click(system: System, *what: Any) -> int:
    return send(system, clicking(*what), "application/x-www-form-urlencoded")


def pending(system: System) -> OutboxEvent | None:
    return system.bot.repositories.outbox.event(f"home_requested:{ANA}")


def wanted(system: System) -> HomeView | None:
    event = pending(system)
    assert event is not None
    return event.home


@pytest.fixture(autouse=True)
def nothing_requested(system: System) -> None:
    """Later than every request of the test before."""
    system.notify()


def stamp(system: System, number: int = 0) -> str:
    return f"{int(system.clock())}.{number:06}"


def test_opening_the_home_requests_its_first_page(system: System) -> None:
    assert send(system, opening(stamp(system))) == 200
    assert wanted(system) == HomeView()


def test_opening_it_again_keeps_the_filter(system: System) -> None:
    shown = {"private_metadata": metadata(HomeView(HomeFilter.MINE, 3))}
    send(system, opening(stamp(system), view=shown))
    assert wanted(system) == HomeView(HomeFilter.MINE)


def test_a_request_is_one_write_and_no_read(system: System) -> None:
    context, calls = context_of(system, ANA), list[str]()

    class Outbox:
        def __getattr__(self, name: str) -> Any:
            calls.append(name)
            return getattr(context.deps.outbox, name)

    alone = dict.fromkeys(("records", "operations", "people", "audit", "pauses", "noyo", "slack", "messages"))
    deps = replace(context.deps, outbox=Outbox(), **alone)  # type: ignore[arg-type]
    handle_requests_with(system, replace(context, deps=deps, web=None))  # type: ignore[arg-type]

    assert send(system, opening(stamp(system))) == 200
    assert click(system, "home_mine", Page("mine"), stamp(system, 1)) == 200
    assert calls == ["request", "request"]


def test_the_tab_with_messages_is_no_home(system: System) -> None:
    before = pending(system)
    assert send(system, opening(stamp(system), tab="messages")) == 200
    assert send(system, opening(stamp(system), user="nobody")) == 200
    assert pending(system) == before


@pytest.mark.parametrize(
    ("action", "page", "expected"),
    [
        ("home_mine", Page("mine"), HomeView(HomeFilter.MINE)),
        ("home_decisions", Page("decisions"), HomeView(HomeFilter.DECISIONS)),
        ("home_next", Page("all", 2), ALL_AT_2),
        ("home_refresh", Page("all", 2), ALL_AT_2),
        ("home_all", Page("a filter of a later release", -4), HomeView()),
    ],
)
def test_a_button_requests_what_it_names(system: System, action: str, page: Page, expected: HomeView) -> None:
    assert click(system, action, page, stamp(system)) == 200
    assert wanted(system) == expected


def test_an_older_click_that_arrives_later_changes_nothing(system: System) -> None:
    click(system, "home_mine", Page("mine"), stamp(system, 2))
    click(system, "home_decisions", Page("decisions"), stamp(system, 1))
    assert wanted(system) == HomeView(HomeFilter.MINE)


@pytest.mark.parametrize("shown", ["", "unreadable", '{"s":2,"t":"mine","p":1}', '{"s":1,"r":"connection:1","v":"1"}'])
def test_a_home_of_another_version_opens_with_everything(system: System, shown: str) -> None:
    assert send(system, opening(stamp(system), view={"private_metadata": shown})) == 200
    assert wanted(system) == HomeView()


def test_a_claim_in_the_home_is_answered_and_then_shown(system: System) -> None:
    """Slack gives no address for an answer there, so it is a modal."""
    state = store_connection(system, "Failed Inc")
    system.slack.open_home(ANA)
    system.notify()
    view = system.slack.home_of(ANA)
    assert view is not None
    [block] = [each["block_id"] for each in view.blocks if "claim" in str(each) and str(state.entity) in str(each)]

    reply = system.slack.click_in_view(ANA, view.id, "claim", block_id=block)

    assert reply.error is None
    assert "You are checking this until" in modal_text(system)
    event = pending(system)
    assert event is not None
    assert event.due is not None


def test_if_the_table_does_not_answer_slack_delivers_the_event_again(system: System) -> None:
    context = context_of(system)
    down = FailingPort(context.deps.outbox, "request")
    handle_requests_with(system, replace(context, deps=replace(context.deps, outbox=down)))

    assert send(system, opening(stamp(system))) == 503


def test_an_event_that_nobody_listens_to_is_not_delivered_again(system: System) -> None:
    assert send(system, opening(stamp(system), type="team_join")) == 200


def test_slack_can_verify_the_address_for_events(system: System) -> None:
    """Slack sends it when the manifest with the address is saved."""
    answer = post_signed(system, b'{"type":"url_verification","token":"t","challenge":"c4"}', content_type=JSON)

    assert answer["statusCode"] == 200
    assert "c4" in answer["body"]


def test_a_button_without_a_page_is_refused(system: System) -> None:
    with pytest.raises(ValueError, match="belongs to no Home"):
        home.click(context_of(system, ANA), ButtonValue(operation_id="1"))
