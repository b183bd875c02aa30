"""*Find connections here* on messages in channels and threads, by people who may look and by others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from slack_sdk import WebClient

from bot.domain.mentions import MOST_SEARCHES
from bot.slack.features import find_here
from infra.local import environment as local
from infra.local.slack.workspace import Message, ResponseUrl
from tests.slack.incoming import (
    FailingPort,
    context_of,
    handle_requests_with,
    modal_text,
    new_system,
    store_connection,
    store_disconnection_request,
)
from tests.system import ANA, CONNECTIONS, GUS, System


@pytest.fixture
def system() -> Iterator[System]:
    yield from new_system()


def find_in(system: System, text: str, user: str = ANA, thread: str | None = None) -> list[Message]:
    """Uses the shortcut on a message with this text; returns what the person sees then."""
    client = WebClient(local.BOT_TOKEN, base_url=system.slack.url)
    ts = str(client.chat_postMessage(channel=CONNECTIONS, text=text, thread_ts=thread)["ts"])
    assert system.slack.message_shortcut(user, CONNECTIONS, ts, "find_connections").error is None
    return list(system.slack.ephemerals(user))


def test_it_shows_what_a_message_mentions_with_its_buttons(system: System) -> None:
    store_connection(system, "Harbor Foods LLC", carrier_group_id="00-4711")
    store_disconnection_request(system, "Leaving Inc")
    store_connection(system, "Other Bakery")

    [answer] = find_in(system, "Is Leaving ok? And what about 4711?")

    shown = system.slack.render(answer)
    assert "Harbor Foods LLC" in shown
    assert "Leaving Inc" in shown
    assert "Other Bakery" not in shown
    assert system.slack.click_ephemeral(ANA, answer.ts, "retry").error is None
    assert "Retry" in modal_text(system)


def test_in_a_thread_the_answer_is_in_the_thread(system: System) -> None:
    store_connection(system, "Harbor Foods LLC")
    client = WebClient(local.BOT_TOKEN, base_url=system.slack.url)
    parent = str(client.chat_postMessage(channel=CONNECTIONS, text="A question")["ts"])

    [answer] = find_in(system, "Harbor Foods", thread=parent)

    assert answer.thread_ts == parent


def test_text_in_blocks_and_attachments_is_searched(system: System) -> None:
    store_connection(system, "Harbor Foods LLC")
    texts = {"type": "section", "text": {"type": "mrkdwn", "text": "Harbor Foods"}}
    context = replace(context_of(system, ANA), actor=replace(context_of(system, ANA).actor, response_url=url(system)))

    find_here.run(context, {"text": "", "attachments": [{"blocks": [texts]}]})

    [answer] = system.slack.ephemerals(ANA)
    assert "Harbor Foods LLC" in system.slack.render(answer)


def url(system: System) -> str:
    """The address for an answer to Ana."""
    response_url = ResponseUrl(ANA, CONNECTIONS, system.clock())
    return system.slack.url.removesuffix("api/") + system.slack.workspace.new_response_url(response_url)


def test_a_message_without_names_says_how_to_search(system: System) -> None:
    [answer] = find_in(system, "Good morning")

    assert "/noyo status and the part" in system.slack.render(answer)


def test_a_message_of_hundreds_of_words_takes_a_limited_number_of_searches(system: System) -> None:
    searched: list[int] = []
    context = context_of(system)
    records = context.deps.records

    class Counting(FailingPort):
        def find_with_words(self, searches: list[object]) -> object:
            searched.append(len(searches))
            return records.find_with_words(searches)  # type: ignore[arg-type]

    handle_requests_with(system, replace(context, deps=replace(context.deps, records=Counting(records))))

    [answer] = find_in(system, " ".join(f"Word{number} other" for number in range(2_000)))

    assert searched == [MOST_SEARCHES]
    assert "something may be missing" in system.slack.render(answer)


def test_a_guest_gets_a_refusal_and_sees_nothing(system: System) -> None:
    store_connection(system, "Harbor Foods LLC")

    assert find_in(system, "Harbor Foods", GUS) == []

    assert "Guests cannot do this" in modal_text(system, GUS)


def test_a_search_that_fails_is_explained(system: System) -> None:
    context = context_of(system)
    failing = FailingPort(context.deps.records, "find_with_words")
    handle_requests_with(system, replace(context, deps=replace(context.deps, records=failing)))

    assert find_in(system, "Harbor Foods") == []

    assert "table is not answering" in modal_text(system)
