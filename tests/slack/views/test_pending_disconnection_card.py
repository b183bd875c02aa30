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
from infra.local.gallery.samples import (
    CARD,
    CHANGED,
    DISPLAY,
    a_disconnection,
    a_pending_disconnection,
    a_record_state,
    settled,
)
from tests.slack.rendering import buttons_of, rendered_text

CONFIRMED_BY_BEN = SecondApproval("UBEN", CHANGED + 600)
DISPLAY_WITH_APPROVERS = replace(DISPLAY, approvers=frozenset({"S0APPROVERS", "UANA", "UBEN"}))


def card_text(**changes: Any) -> str:
    return rendered_text(RequestCard(a_pending_disconnection(**changes)), DISPLAY_WITH_APPROVERS)


def button_labels(**changes: Any) -> list[str]:
    return list(buttons_of(render(RequestCard(a_pending_disconnection(**changes)), DISPLAY)))


def test_a_request_awaiting_confirmation_shows_its_details_and_offers_to_confirm_or_withdraw() -> None:
    text = card_text(fields={"context": "between us"}).splitlines()

    assert text[0] == "# Disconnect Test Company · Guardian"
    assert text[1].startswith("Now: waiting for a second approver. Expires ")
    assert "Last managed day: 31 Dec 2026" in text
    assert "Reason: Coverage with the carrier terminated" in text
    assert "Requested by: @UANA" in text
    assert "between us" not in "\n".join(text)
    assert button_labels() == ["Confirm Disconnection…", "Withdraw"]
    buttons = buttons_of(render(RequestCard(a_pending_disconnection()), DISPLAY))
    assert {decode(button["value"]).operation_id for button in buttons.values()} == {"V0PART"}
    assert "confirm" in buttons["Withdraw"]


def test_the_approvers_are_mentioned_by_group_or_by_name_without_the_requester() -> None:
    by_name = replace(DISPLAY, approvers=frozenset({"UANA", "UBEN", "UCAT"}))
    many = replace(DISPLAY, approvers=frozenset(f"UMANY{number}" for number in range(20)))

    assert "Approvers: @S0APPROVERS" in card_text()
    assert "Approvers: @UBEN @UCAT" in rendered_text(RequestCard(a_pending_disconnection()), by_name)
    assert rendered_text(RequestCard(a_pending_disconnection()), many).count("@UMANY") == MAX_APPROVERS_MENTIONED
    assert "Approvers" not in rendered_text(RequestCard(a_pending_disconnection()), DISPLAY)


@pytest.mark.parametrize("state", [OperationState.PENDING, OperationState.SENDING, OperationState.RECONCILING])
def test_a_confirmed_request_mentions_no_approvers_and_offers_no_buttons(state: OperationState) -> None:
    text = card_text(state=state, second_approval=CONFIRMED_BY_BEN)

    assert "Approvers" not in text
    assert "Confirmed by: @UBEN" in text
    assert button_labels(state=state, second_approval=CONFIRMED_BY_BEN) == []


def test_an_operation_that_needs_resolution_offers_three_resolutions() -> None:
    assert len(button_labels(state=OperationState.NEEDS_RESOLUTION)) == 3


@pytest.mark.parametrize(
    ("kind", "outcome", "expected"),
    [
        (OutcomeKind.EXPIRED, {}, "No second approver confirmed @UANA's disconnection request in time"),
        (OutcomeKind.WITHDRAWN, {"decided_by": "UANA"}, "@UANA withdrew the disconnection request"),
        (OutcomeKind.WITHDRAWN, {"decided_by": "UBEN"}, "@UBEN withdrew @UANA's disconnection request"),
        (OutcomeKind.NOT_AUTHORIZED, {"decided_by": "UBEN"}, "Not sent: @UBEN does not have permission for this"),
        (OutcomeKind.CHANGED, {"message": "unable_to_connect"}, "Its status is now Unable to connect"),
        (
            OutcomeKind.END_DATE_PASSED,
            {},
            "Not sent: 31 Dec 2026, the last managed day in @UANA's disconnection request, passed",
        ),
        (OutcomeKind.REFUSED, {"message": "No", "status": 403}, "Noyo protects this group"),
        (OutcomeKind.REFUSED, {"message": "reason: no", "status": 422}, "Correct what Noyo names"),
        (OutcomeKind.DUPLICATE, {}, "Noyo already has one for this group and carrier"),
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
    message = outcome.pop("message", None)
    settled_operation = settled(a_pending_disconnection(second_approval=CONFIRMED_BY_BEN), kind, message, **outcome)
    event = OutboxEvent(
        "n",
        EventKind.OPERATION_CHANGED,
        settled_operation.entity,
        CHANGED,
        None,
        operation_state=settled_operation.state,
    )

    text = rendered_text(RequestCard(settled_operation))

    assert expected in text
    assert buttons_of(render(RequestCard(settled_operation), DISPLAY)) == {}
    assert rendered_text(ThreadLine(event, settled_operation)).split(" · ")[0].split(": at ")[0] in text
    for reader in ("UANA", "UBEN"):
        reply_text = rendered_text(Reply(settled_operation, reader=reader))
        assert "your" not in reply_text.lower().replace("yours", "")
        assert "Disconnect: Test Company · Guardian" in reply_text


def test_a_duplicate_is_shown_with_its_details() -> None:
    settled_operation = settled(a_pending_disconnection(), OutcomeKind.DUPLICATE, record=a_disconnection().entity)

    read = RequestCard(settled_operation, a_record_state(a_disconnection()))

    assert "Already at Noyo: Test Company · Guardian" in rendered_text(read)
    assert list(buttons_of(render(read, DISPLAY))) == ["Details"]


def test_the_thread_line_of_the_request_does_not_change_with_the_outcome() -> None:
    settled_operation = settled(a_pending_disconnection(second_approval=CONFIRMED_BY_BEN), OutcomeKind.CONFIRMED)
    event = OutboxEvent(
        "operation:V0PART:held:0.0", EventKind.OPERATION_CHANGED, settled_operation.entity, CHANGED, None
    )
    submitted_line = rendered_text(
        ThreadLine(replace(event, operation_state=OperationState.AWAITING_CONFIRMATION), settled_operation)
    )
    confirmed_event = replace(event, id="operation:V0PART:pending:0.0", operation_state=OperationState.PENDING)

    assert submitted_line.startswith("@UANA asked to disconnect it after 31 Dec 2026 (coverage with the carrier")
    assert "waiting for a second approver" in submitted_line
    assert "UBEN" not in submitted_line
    assert rendered_text(ThreadLine(confirmed_event, settled_operation)).startswith(
        "@UBEN confirmed @UANA's disconnection request"
    )


def test_the_card_of_the_created_record_names_the_requester_and_no_decision_elsewhere() -> None:
    record = a_disconnection(
        status=DisconnectionStatus.PROCESSING, source_type=DisconnectionSource.PLATFORM, decided=CHANGED
    )
    record_state = a_record_state(record, requested_by_operation="V0PART")
    settled_operation = settled(
        a_pending_disconnection(second_approval=CONFIRMED_BY_BEN), OutcomeKind.CONFIRMED, record=record.entity
    )

    for last in (settled_operation, None):
        text = rendered_text(RecordCard(record_state, last=last))
        assert "Requested by: @UANA" in text
        assert "outside Switchboard" not in text
    assert "Noyo accepted @UANA's disconnection request" in rendered_text(
        RecordCard(record_state, last=settled_operation)
    )


def test_a_manual_resolution_of_a_disconnection_shows_the_request_and_that_noyo_has_none() -> None:
    unclear = settled(
        a_pending_disconnection(second_approval=CONFIRMED_BY_BEN, first_sent_at=CHANGED), OutcomeKind.UNCLEAR
    )
    unresolved = replace(unclear, state=OperationState.NEEDS_RESOLUTION)

    text = rendered_text(ManualResolution(unresolved, None, CARD))

    assert "Did it arrive? Test Company · Guardian" in text
    assert "no disconnection request that clearly matches" in text
    assert "@UANA asked to disconnect it after 31 Dec 2026" in text
    assert "@UBEN confirmed it" in text


def test_every_disconnection_reason_has_a_text() -> None:
    assert set(operation_text.DISCONNECT_REASONS) == set(DisconnectionReason)


def test_a_group_without_a_name_is_shown_as_unnamed() -> None:
    unnamed = a_pending_disconnection(fields={"group_name": ""})
    assert isinstance(unnamed.input, DisconnectionRequest)
    view = pending_disconnection_card(RequestCard(unnamed), unnamed.input, DISPLAY)
    assert "Unnamed group" in view.rendered().text
