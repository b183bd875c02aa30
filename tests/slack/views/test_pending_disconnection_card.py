"""The card of a pending disconnection in each of its states."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.content import ManualResolution, RecordCard, Reply, RequestCard, ThreadLine
from bot.domain.operations import OperationState, OutcomeKind, SecondApproval
from bot.domain.outbox import EventKind, OutboxEvent
from bot.domain.records import DisconnectionSource, DisconnectionStatus
from bot.domain.requests import DisconnectionReason, DisconnectionRequest
from bot.slack.views import operation_text
from bot.slack.views.buttons import decode
from bot.slack.views.cards import render
from bot.slack.views.request_cards import MAX_APPROVERS_MENTIONED, pending_disconnection_card
from tests.slack.samples import (
    CARD,
    CHANGED,
    DISPLAY,
    a_disconnection,
    a_pending_disconnection,
    a_record_state,
    buttons_of,
    settled,
    shown,
)

BEN = SecondApproval("UBEN", CHANGED + 600)
CALLED = replace(DISPLAY, approvers=frozenset({"S0APPROVERS", "UANA", "UBEN"}))


def card(**changes: Any) -> str:
    return shown(RequestCard(a_pending_disconnection(**changes)), CALLED)


def offered(**changes: Any) -> list[str]:
    return list(buttons_of(render(RequestCard(a_pending_disconnection(**changes)), DISPLAY)))


def test_a_request_awaiting_confirmation_shows_its_details_and_offers_to_confirm_or_withdraw() -> None:
    read = card(wanted={"context": "between us"}).splitlines()

    assert read[0] == "# Disconnect Test Company · Guardian"
    assert read[1].startswith("Now: waiting for a second approver. Expires ")
    assert "Last managed day: 31 Dec 2026" in read
    assert "Reason: Coverage with the carrier terminated" in read
    assert "Requested by: @UANA" in read
    assert "between us" not in "\n".join(read)
    assert offered() == ["Confirm Disconnection…", "Withdraw"]
    buttons = buttons_of(render(RequestCard(a_pending_disconnection()), DISPLAY))
    assert {decode(button["value"]).operation_id for button in buttons.values()} == {"V0PART"}
    assert "confirm" in buttons["Withdraw"]


def test_the_approvers_are_mentioned_by_group_or_by_name_without_the_requester() -> None:
    by_name = replace(DISPLAY, approvers=frozenset({"UANA", "UBEN", "UCAT"}))
    many = replace(DISPLAY, approvers=frozenset(f"UMANY{number}" for number in range(20)))

    assert "Approvers: @S0APPROVERS" in card()
    assert "Approvers: @UBEN @UCAT" in shown(RequestCard(a_pending_disconnection()), by_name)
    assert shown(RequestCard(a_pending_disconnection()), many).count("@UMANY") == MAX_APPROVERS_MENTIONED
    assert "Approvers" not in shown(RequestCard(a_pending_disconnection()), DISPLAY)


@pytest.mark.parametrize("state", [OperationState.PENDING, OperationState.SENDING, OperationState.RECONCILING])
def test_a_confirmed_request_mentions_no_approvers_and_offers_no_buttons(state: OperationState) -> None:
    read = card(state=state, second_approval=BEN)

    assert "Approvers" not in read
    assert "Confirmed by: @UBEN" in read
    assert offered(state=state, second_approval=BEN) == []


def test_an_operation_that_needs_resolution_offers_three_resolutions() -> None:
    assert len(offered(state=OperationState.NEEDS_RESOLUTION)) == 3


@pytest.mark.parametrize(
    ("kind", "outcome", "expected"),
    [
        (OutcomeKind.EXPIRED, {}, "No second approver confirmed @UANA's disconnection request in time"),
        (OutcomeKind.WITHDRAWN, {"decided_by": "UANA"}, "@UANA withdrew the disconnection request"),
        (OutcomeKind.WITHDRAWN, {"decided_by": "UBEN"}, "@UBEN withdrew @UANA's disconnection request"),
        (OutcomeKind.NOT_AUTHORIZED, {"decided_by": "UBEN"}, "Not sent: @UBEN does not have permission for this"),
        (OutcomeKind.CHANGED, {"words": "unable_to_connect"}, "Its status is now Unable to connect"),
        (
            OutcomeKind.END_DATE_PASSED,
            {},
            "Not sent: 31 Dec 2026, the last managed day in @UANA's disconnection request, passed",
        ),
        (OutcomeKind.REFUSED, {"words": "No", "status": 403}, "Noyo protects this group"),
        (OutcomeKind.REFUSED, {"words": "reason: no", "status": 422}, "Correct what Noyo names"),
        (OutcomeKind.DUPLICATE, {}, "Noyo already has an open one for this group and carrier"),
        (OutcomeKind.CONFIRMED, {}, "Noyo accepted @UANA's disconnection request, confirmed by @UBEN"),
        (OutcomeKind.RECONCILED, {}, "shows that @UANA's disconnection request, confirmed by @UBEN, arrived"),
        (
            OutcomeKind.REPORTED_ARRIVED,
            {"decided_by": "UBEN"},
            "@UBEN reported that @UANA's disconnection request arrived",
        ),
        (OutcomeKind.CLOSED, {"decided_by": "UBEN"}, "@UBEN closed @UANA's disconnection request"),
    ],
)
def test_each_outcome_is_shown_on_the_card_in_the_thread_and_to_both_people(
    kind: OutcomeKind, outcome: dict[str, Any], expected: str
) -> None:
    words = outcome.pop("words", None)
    over = settled(a_pending_disconnection(second_approval=BEN), kind, words, **outcome)
    event = OutboxEvent("n", EventKind.OPERATION_CHANGED, over.entity, CHANGED, None, operation_state=over.state)

    read = shown(RequestCard(over))

    assert expected in read
    assert buttons_of(render(RequestCard(over), DISPLAY)) == {}
    assert shown(ThreadLine(event, over)).split(" · ")[0].split(": at ")[0] in read
    for reader in ("UANA", "UBEN"):
        said = shown(Reply(over, reader=reader))
        assert "your" not in said.lower().replace("yours", "")
        assert "Disconnect: Test Company · Guardian" in said


def test_a_duplicate_is_shown_with_its_details() -> None:
    over = settled(a_pending_disconnection(), OutcomeKind.DUPLICATE, record=a_disconnection().entity)

    read = RequestCard(over, a_record_state(a_disconnection()))

    assert "Open at Noyo: Test Company · Guardian" in shown(read)
    assert list(buttons_of(render(read, DISPLAY))) == ["Details"]


def test_the_thread_line_of_the_request_does_not_change_with_the_outcome() -> None:
    over = settled(a_pending_disconnection(second_approval=BEN), OutcomeKind.CONFIRMED)
    event = OutboxEvent("operation:V0PART:held:0.0", EventKind.OPERATION_CHANGED, over.entity, CHANGED, None)
    began = shown(ThreadLine(replace(event, operation_state=OperationState.AWAITING_CONFIRMATION), over))
    going = replace(event, id="operation:V0PART:pending:0.0", operation_state=OperationState.PENDING)

    assert began.startswith("@UANA asked to disconnect it after 31 Dec 2026 (coverage with the carrier")
    assert "waiting for a second approver" in began
    assert "UBEN" not in began
    assert shown(ThreadLine(going, over)).startswith("@UBEN confirmed @UANA's disconnection request")


def test_of_one_that_made_a_record_the_card_says_who_asked_and_not_that_others_decided() -> None:
    record = a_disconnection(
        status=DisconnectionStatus.PROCESSING, source_type=DisconnectionSource.PLATFORM, decided=CHANGED
    )
    record_state = a_record_state(record, requested_by_operation="V0PART")
    over = settled(a_pending_disconnection(second_approval=BEN), OutcomeKind.CONFIRMED, record=record.entity)

    for last in (over, None):
        read = shown(RecordCard(record_state, last=last))
        assert "Requested by: @UANA" in read
        assert "outside Switchboard" not in read
    assert "Noyo accepted @UANA's disconnection request" in shown(RecordCard(record_state, last=over))


def test_who_has_to_say_whether_it_arrived_sees_what_was_asked_and_that_noyo_shows_none() -> None:
    torn = settled(a_pending_disconnection(second_approval=BEN, first_sent_at=CHANGED), OutcomeKind.UNCLEAR)
    asked = replace(torn, state=OperationState.NEEDS_RESOLUTION)

    read = shown(ManualResolution(asked, None, CARD))

    assert "Did it arrive? Test Company · Guardian" in read
    assert "no disconnection request that clearly matches" in read
    assert "@UANA asked to disconnect it after 31 Dec 2026" in read
    assert "@UBEN confirmed it" in read


def test_every_reason_has_words() -> None:
    assert set(operation_text.DISCONNECT_REASONS) == set(DisconnectionReason)


def test_a_group_without_a_name_is_called_so() -> None:
    nameless = a_pending_disconnection(wanted={"group_name": ""})
    assert isinstance(nameless.input, DisconnectionRequest)
    view = pending_disconnection_card(RequestCard(nameless), nameless.input, DISPLAY)
    assert "Unnamed group" in view.rendered().text
