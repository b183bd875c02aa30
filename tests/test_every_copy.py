"""After a request is decided, wherever that was: every message in every channel and direct message says what is so."""

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
DECIDING = {"approve", "reject", "claim", "release"}
OF_WHAT_WAITS = ("Needs review", "please decide", "Reminder: disconnect", "claimed", "ends in", "ends today", "ended")


@pytest.fixture
def system() -> Iterator[System]:
    """Monday morning: a request that ends soon was there before us, was called out, reminded of, and taken."""
    with System(APPROVERS=f"{ANA},{BEN}") as system:
        goes_to(system, "2026-11-16T10:00")
        system.noyo.add_connection(carrier_id=GUARDIAN, group_id=GROUP, group_name="Test Company", status="completed")
        asks(system, "Before Us")
        system.wait(60)
        system.settle(60)
        yield system


def goes_to(system: System, when: str) -> None:
    system.clock.now = datetime.fromisoformat(when).replace(tzinfo=system.settings.timezone).timestamp()


def asks(system: System, name: str) -> str:
    disconnection = system.noyo.carrier_requests_disconnection(
        carrier_id=GUARDIAN, group_id=GROUP, group_name=name, effective_end_date="2026-11-18"
    )
    return str(disconnection["id"])


def shown_everywhere(system: System, name: str) -> str:
    """Called out, reminded of on the day after, and taken by Ben: its id."""
    disconnection_id = asks(system, name)
    system.settle(30)
    for _ in range(24):
        system.wait(3600)
        system.notify()
    system.settle(30)
    claimable = next(message for message in copies(system, name) if "claim" in acts(message))
    system.slack.click(BEN, DECISIONS, claimable.ts, "claim")
    system.settle(30)
    text = " ".join(system.slack.render(message) for message in copies(system, name))
    assert all(words in text for words in ("please decide soon", "Reminder: disconnect", "**Claimed by:** @Ben"))
    assert len([message for message in copies(system, name) if "approve" in acts(message)]) == 3
    return disconnection_id


def everything(system: System) -> list[Message]:
    """Whatever stands anywhere, but for the lines in threads, which tell of a moment that is past."""
    found = [
        copy
        for channel in CHANNELS
        for message in system.slack.channel(channel)
        for copy in (message, *(reply for reply in message.thread if reply.broadcast))
    ]
    return found + [message for user in (ANA, BEN) for message in system.slack.direct_messages(user)]


def copies(system: System, name: str) -> list[Message]:
    return [message for message in everything(system) if name in system.slack.render(message)]


def acts(message: Message) -> set[str]:
    rows = [block["elements"] for block in message.blocks if block["type"] == "actions"]
    return {element["action_id"] for row in rows for element in row}


def decides(system: System, name: str, act: str, user: str = ANA, **fields: str) -> None:
    message = next(message for message in copies(system, name) if act in acts(message))
    system.slack.click(user, DECISIONS, message.ts, act)
    view = system.slack.view_of(user)
    assert view is not None
    system.slack.submit(user, view.id, fields)


def approves(system: System, disconnection_id: str) -> str:
    del disconnection_id
    decides(system, "Test Company", "approve")
    return "Processing"


def rejects(system: System, disconnection_id: str) -> str:
    """And goes away, so that the answer comes as a direct message."""
    del disconnection_id
    decides(system, "Test Company", "reject", reason="payment_reinstated")
    view = system.slack.view_of(ANA)
    assert view is not None
    system.slack.close_view(ANA, view.id)
    system.wait(90)
    return "Rejected"


def elsewhere(status: str, status_text: str) -> Callable[[System, str], str]:
    def decided(system: System, disconnection_id: str) -> str:
        system.noyo.move_disconnection(disconnection_id, status)
        return status_text

    return decided


def too_late(system: System, disconnection_id: str) -> str:
    """Ana approves what is rejected elsewhere in the same moment."""
    decides(system, "Test Company", "approve")
    system.noyo.move_disconnection(disconnection_id, "rejected")
    return "Rejected"


ENDS: dict[str, Callable[[System, str], str]] = {
    "approved": approves,
    "rejected": rejects,
    "approved elsewhere": elsewhere("processing", "Processing"),
    "rejected elsewhere": elsewhere("rejected", "Rejected"),
    "approved too late": too_late,
}


@pytest.mark.parametrize("end", ENDS)
def test_every_copy_follows_a_decision_wherever_it_was_made(system: System, end: str) -> None:
    disconnection_id = shown_everywhere(system, "Test Company")

    status = ENDS[end](system, disconnection_id)
    system.settle(180)

    messages = copies(system, "Test Company")
    kinds = {("card", "alert", "reminder")[number] for number, found in enumerate(_by_kind(system, messages)) if found}
    assert kinds == {"card", "alert", "reminder"}
    for message in messages:
        text = system.slack.render(message)
        assert not acts(message) & DECIDING, text
        assert [words for words in OF_WHAT_WAITS if words in text] == [], text
        if disconnection_id in text or "Disconnect Test Company" in text or "asks nothing" in text:
            assert status in text
    assert bool(system.slack.direct_messages(ANA)) is (end == "rejected")

    if status == "Processing":
        system.wait(60)
        system.noyo.move_disconnection(disconnection_id, "completed")
        system.settle(60)
        about = [
            system.slack.render(message)
            for message in copies(system, "Test Company")
            if message.channel_id == DECISIONS
        ]
        assert [text for text in about if "Completed" not in text] == []


def _by_kind(system: System, messages: list[Message]) -> tuple[list[Message], ...]:
    here = [message for message in messages if message.channel_id == DECISIONS]
    cards = [message for message in here if "Disconnect Test Company" in system.slack.render(message)]
    reminders = [message for message in here if message.broadcast]
    return cards, [message for message in here if message not in cards and message not in reminders], reminders


def test_what_was_told_at_the_beginning_says_of_when_it_tells(system: System) -> None:
    waiting = system.bot.repositories.records.in_status(EntityKind.DISCONNECTION, "needs_review", limit=5)
    assert [entity.kind for entity in waiting] == [EntityKind.DISCONNECTION]
    assert isinstance(waiting[0], EntityRef)
    system.noyo.move_disconnection(waiting[0].key, "rejected")
    system.settle(60)

    for message in copies(system, "Before Us"):
        text = system.slack.render(message)
        assert "Needs review" not in text or "See the cards for the current state" in text
        assert acts(message) <= {"details"} or "See the cards for the current state" in text


def test_a_request_that_comes_again_is_told_anew_and_the_old_one_stays_decided(system: System) -> None:
    first = shown_everywhere(system, "Test Company")
    system.noyo.move_disconnection(first, "rejected")
    system.settle(60)
    asks(system, "Test Company")
    system.settle(60)

    cards: list[Any] = [
        system.slack.render(message)
        for message in copies(system, "Test Company")
        if "Disconnect Test Company" in system.slack.render(message)
    ]
    assert sorted("Needs review" in text for text in cards) == [False, True]
    assert "Earlier requests:** Rejected" in next(text for text in cards if "Needs review" in text)
