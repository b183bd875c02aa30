"""A disconnection end to end: from the form to the card with the outcome."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.slack.features.test_second_approval import CAT, request_disconnection
from tests.slack.incoming import answer_text, modal_text, new_system, type_command, view_id
from tests.system import ANA, BEN, DECISIONS, GUARDIAN, System


@pytest.fixture(scope="module")
def shared() -> Iterator[System]:
    for system in new_system(APPROVERS=f"{ANA},{BEN},{CAT}"):
        system.slack.add_user(CAT, "Cat")
        system.slack.workspace.channels[DECISIONS].members.add(CAT)
        yield system


def test_a_disconnection_has_one_card_from_the_request_to_noyos_answer(system: System) -> None:
    connection = system.noyo.add_connection(
        carrier_id=GUARDIAN, carrier_group_id="W1", group_name="Whole Inc", status="completed"
    )
    system.settle(20)
    record_state = system.connection_record_state(connection["id"])
    operation_id = request_disconnection(system, "Whole Inc", record_state)
    system.notify()
    (card,) = [message for message in system.slack.channel(DECISIONS) if "Whole Inc" in system.slack.render(message)]
    assert set(system.slack.mentions(card)) >= {"@Ben", "@Cat"}
    system.slack.click(BEN, DECISIONS, card.ts, "confirm_disconnection")
    system.slack.submit(BEN, view_id(system, BEN), {})
    system.settle(30)
    posts = [seen for seen in system.writes() if str(getattr(record_state.record, "group_id", "")) in str(seen.body)]
    assert [(seen.method, seen.status) for seen in posts] == [("POST", 201)]
    cards = [system.slack.render(message) for message in system.slack.channel(DECISIONS)]
    (after,) = [card for card in cards if "Whole Inc" in card]
    assert "**Status:** Processing" in after
    assert "**Requested by:** @Ana" in after
    assert "confirmed by @Ben" in after
    assert "outside Switchboard" not in after
    assert "[[ Sent to Noyo ]]" in modal_text(system, BEN)
    assert operation_id not in system.open_operations()
    history = answer_text(system, type_command(system, "history W1"))
    assert "@Ben: confirmed the request to disconnect" in history
    assert "asked to disconnect (last managed day 31 Dec 2026" in history
    assert "was accepted by Noyo" in history


def test_an_expired_request_is_shown_on_its_card_and_reported_to_the_requester(system: System) -> None:
    operation_id = request_disconnection(system, "Over Inc", end_date="2026-10-01")
    system.notify()
    system.clock.now, original_time = float(system.operation(operation_id).due or 0) + 1, system.clock.now
    system.execute_due()
    system.notify()
    system.clock.now = original_time
    (card,) = [text for text in map(system.slack.render, system.slack.channel(DECISIONS)) if "Over Inc" in text]
    assert "No second approver confirmed @Ana's disconnection request in time; nothing was sent" in card
    assert "Confirm Disconnection…" not in card
    answers = "\n".join(map(system.slack.render, system.slack.direct_messages(ANA)))
    assert "Expired, not sent" in answers
    assert system.slack.direct_messages(CAT) == []
