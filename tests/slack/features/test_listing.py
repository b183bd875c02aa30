"""Lists that are longer than a page: every command that lists turns its pages in place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.dynamodb import schema
from bot.errors import SlackNoAnswer
from bot.slack.features.listing import MOST_FOUND, Pages, pages_of
from bot.slack.views.buttons import Page, decode
from tests.aws import worker_client
from tests.slack.incoming import (
    Json,
    answer_text,
    context_of,
    handle_requests_with,
    modal_text,
    new_system,
    store_connection,
    store_disconnection_request,
    type_command,
)
from tests.system import ANA, System


@pytest.fixture
def system() -> Iterator[System]:
    yield from new_system()


def buttons_of(system: System) -> dict[str, tuple[Json, Json]]:
    """The buttons that turn pages in the newest answer that Ana sees, by label, each with its block."""
    blocks = [block for block in system.slack.ephemerals(ANA)[-1].blocks if block["type"] == "actions"]
    found = {each.get("text", {}).get("text"): (block, each) for block in blocks for each in block["elements"]}
    return {label: found[label] for label in ("Previous", "Next") if label in found}


def press(system: System, label: str) -> str:
    block, button = buttons_of(system)[label]
    answer, number = system.slack.ephemerals(ANA)[-1], len(system.slack.ephemerals(ANA))
    reply = system.slack.click_ephemeral(ANA, answer.ts, button["action_id"], block_id=block["block_id"])
    assert reply.error is None
    assert len(system.slack.ephemerals(ANA)) == number, "the answer is replaced"
    return system.slack.render(system.slack.ephemerals(ANA)[-1])


@pytest.mark.parametrize(
    ("wanted", "total", "number", "text"),
    [
        (0, 0, 0, ""),
        (3, 0, 0, ""),
        (0, 8, 0, ""),
        (0, 9, 0, "1 to 8 of 9"),
        (1, 9, 1, "9 to 9 of 9"),
        (1, 16, 1, "9 to 16 of 16"),
        (7, 16, 1, "9 to 16 of 16"),
        (-3, 16, 0, "1 to 8 of 16"),
    ],
)
def test_a_page_that_does_not_exist_any_more_is_the_last_one(
    system: System, wanted: int, total: int, number: int, text: str
) -> None:
    pages = pages_of(context_of(system).for_page(Page("list", wanted), is_turned=True), total)

    assert pages == Pages(number, total)
    assert pages.text() == text


@pytest.mark.parametrize("command", ["status", "status Many", "history Many", "retry Many", "list", "list failed"])
def test_every_list_turns_its_pages(system: System, command: str) -> None:
    for number in range(10):
        store_connection(system, f"Many {number}")

    first = answer_text(system, type_command(system, command))
    second = press(system, "Next")

    rows = [line for text in (first, second) for line in text.splitlines() if line.startswith("Connection · ")]
    assert len(rows) == len(set(rows)) == 10
    assert "9 to 10 of 10." in second
    assert list(buttons_of(system)) == ["Previous"]
    assert press(system, "Previous") == first


def test_a_turned_page_opens_no_form(system: System) -> None:
    """Only one of the matches can still be retried: a person who reads on does not want to retry it."""
    states = [store_connection(system, f"Many {number}") for number in range(9)]
    type_command(system, "retry Many")
    table, client = system.settings.aws.table, worker_client("dynamodb")
    for state in states[1:]:
        [item] = [each for each in system.items() if each["pk"]["S"] == schema.state(state.entity).pk]
        item["record"]["M"]["status"] = {"S": "completed"}
        client.put_item(TableName=table, Item=item)

    text = press(system, "Next")

    assert system.slack.view_of(ANA) is None
    assert text.count("[Retry…]") == 1


def test_as_many_matches_as_a_search_returns_may_not_be_all(system: System) -> None:
    for number in range(MOST_FOUND + 1):
        store_connection(system, f"Many {number}")

    text = answer_text(system, type_command(system, "status Many"))

    assert "More may match: add a word, or use an id." in text


def test_a_text_that_is_too_long_for_a_button_gets_no_pages(system: System) -> None:
    for number in range(9):
        store_connection(system, f"Many {number}")

    text = answer_text(system, type_command(system, "list " + "all " * 500))

    assert "1 to 8 of 9." in text
    assert buttons_of(system) == {}


def test_a_long_name_has_pages(system: System) -> None:
    name = "é" * 255
    for _ in range(9):
        store_connection(system, name)
    type_command(system, f"history {name}")

    _, button = buttons_of(system)["Next"]

    assert decode(button["value"]).page == Page(f"history {name}", 1)


def test_decisions_are_listed_once_each_although_one_cannot_be_read_and_one_is_decided(system: System) -> None:
    states = [
        store_disconnection_request(system, f"Many {number:02}", effective_end_date=date(2027, 1, number + 1))
        for number in range(18)
    ]
    table, client = system.settings.aws.table, worker_client("dynamodb")
    changes: dict[int, Any] = {2: {"schema": {"N": "99"}}, 4: {}}
    for number, change in changes.items():
        [item] = [each for each in system.items() if each["pk"]["S"] == schema.state(states[number].entity).pk]
        if not change:
            item["record"]["M"]["status"] = {"S": "rejected"}
        client.put_item(TableName=table, Item=item | change)

    pages = [answer_text(system, type_command(system, "decisions")), press(system, "Next"), press(system, "Next")]

    everything = "\n".join(pages)
    assert [everything.count(f"Many {number:02} ·") for number in range(18)] == [
        0 if number == 2 else 1 for number in range(18)
    ]
    assert ["cannot read 1 of them" in page for page in pages] == [True, False, False]
    assert "Many 04 · Guardian: **Rejected**" in pages[0]
    assert "17 to 18 of 18." in pages[2]


def test_slack_that_refuses_a_page_is_reported_to_the_person(system: System) -> None:
    for number in range(9):
        store_connection(system, f"Many {number}")
    type_command(system, "list")
    context = context_of(system)

    class Refuses:
        def __getattr__(self, name: str) -> Any:
            return getattr(context.web, name)

        def respond(self, response_url: str, answer: Json) -> None:
            raise SlackNoAnswer("Slack did not take an answer to a response_url (HTTP 500).")

    handle_requests_with(system, replace(context, web=Refuses()))
    block, button = buttons_of(system)["Next"]
    answer = system.slack.ephemerals(ANA)[-1]

    system.slack.click_ephemeral(ANA, answer.ts, button["action_id"], block_id=block["block_id"])

    assert "Nothing was sent to Noyo." in modal_text(system)
