"""After a decision, in Switchboard or at Noyo, every message in every channel and direct message shows its outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from bot.domain.records import EntityKind, EntityRef
from infra.local.slack import Message
from tests.system import ALERTS, ANA, BEN, CONNECTIONS, DECISIONS, GUARDIAN, System

pytestmark = pytest.mark.long

GROUP = "11111111-0000-4000-8000-000000000001"
CHANNELS = (CONNECTIONS, ALERTS, DECISIONS)
DECISION_ACTIONS = {"approve", "reject", "claim", "release"}
PENDING_TEXTS = ("Needs review", "please decide", "Reminder: disconnect", "claimed", "ends in", "ends today", "ended")


@pytest.fixture
def system() -> Iterator[System]:
    """Monday morning: the first poll has found a disconnection request that ends in two days."""
    with System(APPROVERS=f"{ANA},{BEN}") as system:
        set_time(system, "2026-11-16T10:00")
        system.noyo.add_connection(carrier_id=GUARDIAN, group_id=GROUP, group_name="Test Company", status="completed")
        request_disconnection(system, "Earlier Company")
        system.wait(60)
        system.settle(60)
        yield system


def set_time(system: System, when: str) -> None:
    system.clock.now = datetime.fromisoformat(when).replace(tzinfo=system.settings.timezone).timestamp()


def request_disconnection(system: System, name: str) -> str:
    disconnection = system.noyo.carrier_requests_disconnection(
        carrier_id=GUARDIAN, group_id=GROUP, group_name=name, effective_end_date="2026-11-18"
    )
    return str(disconnection["id"])


def post_every_kind_of_message(system: System, name: str) -> str:
    """Posts a card, an alert and, a day later, a reminder; Ben claims the request. Returns its id."""
    disconnection_id = request_disconnection(system, name)
    system.settle(30)
    for _ in range(24):
        system.wait(3600)
        system.notify()
    system.settle(30)
    claimable = next(message for message in find_messages(system, name) if "claim" in action_ids(message))
    system.slack.click(BEN, DECISIONS, claimable.ts, "claim")
    system.settle(30)
    text = " ".join(system.slack.render(message) for message in find_messages(system, name))
    assert all(words in text for words in ("please decide soon", "Reminder: disconnect", "**Claimed by:** @Ben"))
    assert len([message for message in find_messages(system, name) if "approve" in action_ids(message)]) == 3
    return disconnection_id


def all_messages(system: System) -> list[Message]:
    """All messages except replies in threads and daily messages, because those describe a past moment."""
    in_channels = [
        each
        for channel in CHANNELS
        for message in system.slack.channel(channel)
        for each in (message, *(reply for reply in message.thread if reply.broadcast))
    ]
    everywhere = in_channels + [message for user in (ANA, BEN) for message in system.slack.direct_messages(user)]
    daily = [message for message in everywhere if "once each business day" in system.slack.render(message)]
    for message in daily:
        assert "As of today" in system.slack.render(message)
        assert set(action_ids(message)) <= {"show"}, "it shows what is true now"
    return [message for message in everywhere if message not in daily]


def find_messages(system: System, name: str) -> list[Message]:
    return [message for message in all_messages(system) if name in system.slack.render(message)]


def action_ids(message: Message) -> set[str]:
    rows = [block["elements"] for block in message.blocks if block["type"] == "actions"]
    return {element["action_id"] for row in rows for element in row}


def submit_decision(system: System, name: str, action_id: str, user: str = ANA, **fields: str) -> None:
    message = next(message for message in find_messages(system, name) if action_id in action_ids(message))
    system.slack.click(user, DECISIONS, message.ts, action_id)
    view = system.slack.view_of(user)
    assert view is not None
    system.slack.submit(user, view.id, fields)


def approve(system: System, disconnection_id: str) -> str:
    del disconnection_id
    submit_decision(system, "Test Company", "approve")
    return "Processing"


def reject(system: System, disconnection_id: str) -> str:
    """Ana closes the form, so that she gets the answer as a direct message."""
    del disconnection_id
    submit_decision(system, "Test Company", "reject", reason="payment_reinstated")
    view = system.slack.view_of(ANA)
    assert view is not None
    system.slack.close_view(ANA, view.id)
    system.wait(90)
    return "Rejected"


def decide_at_noyo(status: str, status_text: str) -> Callable[[System, str], str]:
    def decide(system: System, disconnection_id: str) -> str:
        system.noyo.move_disconnection(disconnection_id, status)
        return status_text

    return decide


def approve_after_rejection_at_noyo(system: System, disconnection_id: str) -> str:
    """Ana approves a request that is rejected at Noyo in the same moment."""
    submit_decision(system, "Test Company", "approve")
    system.noyo.move_disconnection(disconnection_id, "rejected")
    return "Rejected"


OUTCOMES: dict[str, Callable[[System, str], str]] = {
    "approved": approve,
    "rejected": reject,
    "approved at Noyo": decide_at_noyo("processing", "Processing"),
    "rejected at Noyo": decide_at_noyo("rejected", "Rejected"),
    "approved after a rejection at Noyo": approve_after_rejection_at_noyo,
}


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_message_shows_the_decision_wherever_it_was_made(system: System, outcome: str) -> None:
    disconnection_id = post_every_kind_of_message(system, "Test Company")

    status = OUTCOMES[outcome](system, disconnection_id)
    system.settle(180)

    messages = find_messages(system, "Test Company")
    kinds = {("card", "alert", "reminder")[number] for number, found in enumerate(_by_kind(system, messages)) if found}
    assert kinds == {"card", "alert", "reminder"}
    for message in messages:
        text = system.slack.render(message)
        assert not action_ids(message) & DECISION_ACTIONS, text
        assert [pending for pending in PENDING_TEXTS if pending in text] == [], text
        if disconnection_id in text or "Disconnect Test Company" in text or "asks nothing" in text:
            assert status in text
    assert bool(system.slack.direct_messages(ANA)) is (outcome == "rejected")

    if status == "Processing":
        system.wait(60)
        system.noyo.move_disconnection(disconnection_id, "completed")
        system.settle(60)
        in_decisions = [
            system.slack.render(message)
            for message in find_messages(system, "Test Company")
            if message.channel_id == DECISIONS
        ]
        assert [text for text in in_decisions if "Completed" not in text] == []


def _by_kind(system: System, messages: list[Message]) -> tuple[list[Message], ...]:
    in_channel = [message for message in messages if message.channel_id == DECISIONS]
    cards = [message for message in in_channel if "Disconnect Test Company" in system.slack.render(message)]
    reminders = [message for message in in_channel if message.broadcast]
    return cards, [message for message in in_channel if message not in cards and message not in reminders], reminders


def test_messages_of_the_first_run_refer_to_the_cards_for_the_current_state(system: System) -> None:
    waiting = system.bot.repositories.records.in_status(EntityKind.DISCONNECTION, "needs_review", limit=5)
    assert [entity.kind for entity in waiting] == [EntityKind.DISCONNECTION]
    assert isinstance(waiting[0], EntityRef)
    system.noyo.move_disconnection(waiting[0].key, "rejected")
    system.settle(60)

    for message in find_messages(system, "Earlier Company"):
        text = system.slack.render(message)
        assert "Needs review" not in text or "See the cards for the current state" in text
        assert action_ids(message) <= {"details"} or "See the cards for the current state" in text


def test_a_repeated_request_gets_a_new_card_and_the_earlier_request_stays_decided(system: System) -> None:
    first = post_every_kind_of_message(system, "Test Company")
    system.noyo.move_disconnection(first, "rejected")
    system.settle(60)
    request_disconnection(system, "Test Company")
    system.settle(60)

    cards: list[Any] = [
        system.slack.render(message)
        for message in find_messages(system, "Test Company")
        if "Disconnect Test Company" in system.slack.render(message)
    ]
    assert sorted("Needs review" in text for text in cards) == [False, True]
    assert "Earlier requests:** Rejected" in next(text for text in cards if "Needs review" in text)
