"""A disconnection request's card, before and after the decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.domain.content import Alert, ManualResolution, RecordCard, Reply, ThreadLine
from bot.domain.operations import OperationState, OutcomeKind
from bot.domain.outbox import EventKind, OutboxEvent
from bot.domain.records import DisconnectionSource, DisconnectionStatus
from bot.domain.requests import Decision, DecisionReason
from bot.slack.views.buttons import ButtonValue, decode
from bot.slack.views.cards import render
from infra.local.gallery.samples import CHANGED, DISPLAY, VERSION, a_decision, a_disconnection, a_record_state, settled
from tests.slack.rendering import buttons_of, rendered_text

DECIDING = ["Approve Disconnection…", "Reject, Keep Connected…", "Claim", "Details"]
OUTSIDE = "Decided outside Switchboard"


def card(status: DisconnectionStatus = DisconnectionStatus.NEEDS_REVIEW, **changes: Any) -> RecordCard:
    fields = {name: changes.pop(name) for name in ("decided", "source_type") if name in changes}
    return RecordCard(a_record_state(a_disconnection(status=status, **fields)), **changes)


def button_labels(shown_card: RecordCard) -> list[str]:
    return list(buttons_of(render(shown_card, DISPLAY)))


def test_an_undecided_request_offers_both_decisions_for_the_shown_version() -> None:
    buttons = buttons_of(render(card(), DISPLAY))
    assert list(buttons) == DECIDING
    about = ButtonValue(a_disconnection().entity, VERSION)
    claim = ButtonValue(about.entity, VERSION, owner_revision=0)
    assert [decode(button["value"]) for button in buttons.values()] == [about, about, claim, about]
    assert [button.get("style") for button in buttons.values()] == ["primary", None, None, None]


def test_a_claimed_request_can_be_claimed_by_others_and_released() -> None:
    claimed = RecordCard(a_record_state(a_disconnection(), owner="UBEN", owned_since=CHANGED, owner_revision=3))
    buttons = buttons_of(render(claimed, DISPLAY))
    assert list(buttons) == [*DECIDING[:2], "Claim Instead", "Release", "Details"]
    assert buttons["Release"]["accessibility_label"] == "Release Test Company"
    shown = ButtonValue(a_disconnection().entity, VERSION, owner_revision=3)
    assert [decode(buttons[label]["value"]) for label in ("Claim Instead", "Release")] == [shown, shown]


@pytest.mark.parametrize("status", list(DisconnectionStatus)[1:])
def test_a_decided_request_offers_no_decision(status: DisconnectionStatus) -> None:
    assert button_labels(card(status)) == ["Details"]


def test_a_decision_being_sent_is_shown_and_removes_the_decision_buttons() -> None:
    decided = card(operation=a_decision())
    assert "Now: @UANA approved: sending." in rendered_text(decided)
    assert "Next:" not in rendered_text(decided)
    assert button_labels(decided) == ["Details"]


def test_the_details_of_a_decision_are_shown() -> None:
    later = a_decision(fields={"effective_end_date": date(2027, 1, 31)})
    assert "@UANA approved with 31 Jan 2027 as the last managed day: sending." in rendered_text(card(operation=later))
    operation = a_decision(Decision.REJECT, {"reason": DecisionReason.PAYMENT_REINSTATED})
    assert "@UANA rejected (payment reinstated): sending." in rendered_text(card(operation=operation))


def test_a_decision_with_an_unknown_outcome_offers_three_resolutions_and_no_decision() -> None:
    unresolved = card(operation=a_decision(state=OperationState.NEEDS_RESOLUTION))
    assert button_labels(unresolved) == ["It Arrived", "Send Again", "Close", "Details"]


def test_a_confirmed_decision_is_shown_with_its_time_and_person() -> None:
    last = settled(a_decision(), OutcomeKind.CONFIRMED)
    text = rendered_text(card(DisconnectionStatus.PROCESSING, last=last, decided=CHANGED))
    assert "Noyo confirmed @UANA's approval · 29 Dec 2025" in text
    assert OUTSIDE not in text


def test_a_refusal_shows_noyos_message_and_offers_the_decisions_again() -> None:
    refused = card(last=settled(a_decision(), OutcomeKind.REFUSED, "Not in this state"))
    assert "Noyo refused @UANA's approval: Not in this state" in rendered_text(refused)
    assert "correct what Noyo names and decide again" in rendered_text(refused)
    assert button_labels(refused) == DECIDING


def test_a_reconciled_decision_names_nobody() -> None:
    last = settled(a_decision(Decision.REJECT), OutcomeKind.RECONCILED)
    text = rendered_text(card(DisconnectionStatus.REJECTED, last=last))
    assert "Noyo did not answer, but it was rejected at Noyo" in text
    assert "@UANA" not in text
    assert OUTSIDE not in text


@pytest.mark.parametrize("status", list(DisconnectionStatus)[1:])
def test_a_decision_made_elsewhere_is_shown_without_a_name(status: DisconnectionStatus) -> None:
    text = rendered_text(card(status, decided=CHANGED))
    assert f"{OUTSIDE}, according to the last 30 days · 29 Dec 2025" in text
    assert "@" not in text


def test_an_unsuccessful_decision_is_not_shown_as_the_one_that_was_made() -> None:
    for kind in (OutcomeKind.REFUSED, OutcomeKind.CHANGED, OutcomeKind.NOT_AUTHORIZED):
        assert OUTSIDE in rendered_text(
            card(DisconnectionStatus.PROCESSING, last=settled(a_decision(), kind), decided=CHANGED)
        )
    other = settled(a_decision(Decision.REJECT), OutcomeKind.CONFIRMED)
    assert OUTSIDE in rendered_text(card(DisconnectionStatus.COMPLETED, last=other))


def test_an_open_decision_shows_no_decision_elsewhere() -> None:
    reconciling = a_decision(state=OperationState.RECONCILING)
    text = rendered_text(card(DisconnectionStatus.PROCESSING, operation=reconciling, decided=CHANGED))
    assert OUTSIDE not in text
    assert "Checking whether it arrived" in text


def test_a_request_of_our_own_platform_needs_no_decision() -> None:
    platform_request = card(DisconnectionStatus.PROCESSING, source_type=DisconnectionSource.PLATFORM)
    assert OUTSIDE not in rendered_text(platform_request)
    assert OUTSIDE not in rendered_text(card())


def test_an_alert_offers_decisions_until_one_is_submitted() -> None:
    record_state = a_record_state(a_disconnection())
    assert list(buttons_of(render(Alert(record_state, VERSION), DISPLAY))) == DECIDING
    assert list(buttons_of(render(Alert(record_state, VERSION, a_decision()), DISPLAY))) == ["Details"]
    assert list(buttons_of(render(Alert(record_state, "an earlier one"), DISPLAY))) == ["Details"]


def reply_text(kind: OutcomeKind, decision: Decision = Decision.APPROVE, message: str | None = None) -> str:
    record_state = a_record_state(a_disconnection())
    return rendered_text(Reply(settled(a_decision(decision), kind, message), record_state))


def test_a_reply_shows_the_outcome_of_a_decision() -> None:
    approved = reply_text(OutcomeKind.CONFIRMED)
    assert "Noyo accepted your approval. Follow its progress on the card." in approved
    rejected = reply_text(OutcomeKind.CONFIRMED, Decision.REJECT)
    assert "Noyo accepted your rejection. The request does not disconnect the group." in rejected
    assert "Disconnection request: Test Company" in rejected
    found = reply_text(OutcomeKind.RECONCILED)
    assert "# It was approved at Noyo" in found
    assert "Noyo refused your approval" in reply_text(OutcomeKind.REFUSED, message="No")
    assert "The request changed before your approval was sent" in reply_text(OutcomeKind.CHANGED)


def test_a_thread_line_shows_the_decision_and_the_state_at_noyo() -> None:
    at = CHANGED + 500
    event_id = "operation:V0DECIDE:pending:0.0"
    event = OutboxEvent(
        event_id, EventKind.OPERATION_CHANGED, a_disconnection().entity, at, None, operation_id="V0DECIDE"
    )
    submitted = replace(event, operation_state=OperationState.PENDING)
    assert rendered_text(ThreadLine(submitted, a_decision())).startswith("@UANA approved · ")
    found = replace(event, operation_state=OperationState.SUCCEEDED)
    assert "it was approved at Noyo" in rendered_text(ThreadLine(found, settled(a_decision(), OutcomeKind.RECONCILED)))


def test_a_manual_resolution_shows_the_last_managed_day() -> None:
    unresolved = settled(a_decision(), OutcomeKind.UNCLEAR)
    unresolved = replace(unresolved, state=OperationState.NEEDS_RESOLUTION, settled_at=None)
    text = rendered_text(ManualResolution(unresolved, a_record_state(a_disconnection())))
    assert "Request: @UANA approved" in text
    assert "Last managed day: 31 Dec 2026" in text
    assert "nothing else can be sent for this request" in text


@pytest.mark.parametrize("kind", [OutcomeKind.CONFIRMED, OutcomeKind.RECONCILED])
def test_a_rejection_without_a_version_says_that_noyo_could_not_check_it(kind: OutcomeKind) -> None:
    settled_rejection = settled(a_decision(Decision.REJECT, {"unversioned": True}), kind)
    notice = "It was sent without a version"
    assert notice in rendered_text(card(DisconnectionStatus.REJECTED, last=settled_rejection))
    assert notice in rendered_text(Reply(settled_rejection))
    assert notice not in rendered_text(Reply(settled(a_decision(Decision.REJECT), kind)))
