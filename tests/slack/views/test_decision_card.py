"""Slack room tests: the card of a request to disconnect, through a decision and after it."""

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
from tests.slack.samples import (
    CHANGED,
    DISPLAY,
    VERSION,
    a_decision,
    a_disconnection,
    buttons_of,
    settled,
    shown,
    tracked,
)

DECIDING = ["Approve Disconnection…", "Reject, Keep Connected…", "Claim", "Details"]
OUTSIDE = "Decided outside Switchboard"


def card(status: DisconnectionStatus = DisconnectionStatus.NEEDS_REVIEW, **held: Any) -> RecordCard:
    fields = {name: held.pop(name) for name in ("decided", "source_type") if name in held}
    return RecordCard(tracked(a_disconnection(status=status, **fields)), **held)


def offered(shown_card: RecordCard) -> list[str]:
    return list(buttons_of(render(shown_card, DISPLAY)))


def test_what_waits_offers_both_answers_for_the_version_that_is_shown() -> None:
    made = buttons_of(render(card(), DISPLAY))
    assert list(made) == DECIDING
    about = ButtonValue(a_disconnection().entity, VERSION)
    assert [decode(one["value"]) for one in made.values()] == [about] * 4
    assert [one.get("style") for one in made.values()] == ["primary", None, None, None]


def test_what_somebody_is_checking_can_be_taken_over_and_let_go() -> None:
    taken = RecordCard(tracked(a_disconnection(), owner="UBEN", owned_since=CHANGED))
    made = buttons_of(render(taken, DISPLAY))
    assert list(made) == [*DECIDING[:2], "Claim Instead", "Release", "Details"]
    assert made["Release"]["accessibility_label"] == "Release Test Company"
    assert made["Release"]["value"] == made["Details"]["value"]


@pytest.mark.parametrize("status", list(DisconnectionStatus)[1:])
def test_what_is_decided_offers_no_answer(status: DisconnectionStatus) -> None:
    assert offered(card(status)) == ["Details"]


def test_a_decision_on_its_way_is_told_and_takes_the_answers_away() -> None:
    made = card(operation=a_decision())
    assert "Now: @UANA approved: sending." in shown(made)
    assert "Next:" not in shown(made)
    assert offered(made) == ["Details"]


def test_what_was_chosen_with_a_decision_is_told() -> None:
    later = a_decision(wanted={"effective_end_date": date(2027, 1, 31)})
    assert "@UANA approved with 31 Jan 2027 as the last managed day: sending." in shown(card(operation=later))
    kept = a_decision(Decision.REJECT, {"reason": DecisionReason.PAYMENT_REINSTATED})
    assert "@UANA rejected (payment reinstated): sending." in shown(card(operation=kept))


def test_what_nobody_can_tell_about_offers_the_three_ways_out_and_no_answer() -> None:
    made = card(operation=a_decision(state=OperationState.NEEDS_RESOLUTION))
    assert offered(made) == ["It Arrived", "Send Again", "Close", "Details"]


def test_what_noyo_confirmed_is_told_with_its_time_and_by_whom() -> None:
    last = settled(a_decision(), OutcomeKind.CONFIRMED)
    made = shown(card(DisconnectionStatus.PROCESSING, last=last, decided=CHANGED))
    assert "Noyo confirmed @UANA's approval · 29 Dec 2025" in made
    assert OUTSIDE not in made


def test_a_refusal_is_told_in_noyos_words_and_the_answers_come_back() -> None:
    made = card(last=settled(a_decision(), OutcomeKind.REFUSED, "Not in this state"))
    assert "Noyo refused @UANA's approval: Not in this state" in shown(made)
    assert "correct what Noyo names and decide again" in shown(made)
    assert offered(made) == DECIDING


def test_of_a_lost_answer_nobody_is_named_since_somebody_may_have_decided_the_same_elsewhere() -> None:
    last = settled(a_decision(Decision.REJECT), OutcomeKind.RECONCILED)
    made = shown(card(DisconnectionStatus.REJECTED, last=last))
    assert "Noyo did not answer, but Noyo shows it rejected" in made
    assert "@UANA" not in made
    assert OUTSIDE not in made


@pytest.mark.parametrize("status", list(DisconnectionStatus)[1:])
def test_what_was_decided_elsewhere_says_so_and_names_nobody(status: DisconnectionStatus) -> None:
    made = shown(card(status, decided=CHANGED))
    assert f"{OUTSIDE}, according to the last 30 days · 29 Dec 2025" in made
    assert "@" not in made


def test_a_decision_of_ours_that_came_to_nothing_was_not_the_one_that_was_made() -> None:
    for kind in (OutcomeKind.REFUSED, OutcomeKind.CHANGED, OutcomeKind.NOT_AUTHORIZED):
        assert OUTSIDE in shown(card(DisconnectionStatus.PROCESSING, last=settled(a_decision(), kind), decided=CHANGED))
    other = settled(a_decision(Decision.REJECT), OutcomeKind.CONFIRMED)
    assert OUTSIDE in shown(card(DisconnectionStatus.COMPLETED, last=other))


def test_nobody_is_said_to_have_decided_while_a_decision_is_unsettled() -> None:
    checking = a_decision(state=OperationState.RECONCILING)
    made = shown(card(DisconnectionStatus.PROCESSING, operation=checking, decided=CHANGED))
    assert OUTSIDE not in made
    assert "Checking whether it arrived" in made


def test_what_our_own_platform_asked_for_was_never_to_be_decided() -> None:
    ours = card(DisconnectionStatus.PROCESSING, source_type=DisconnectionSource.PLATFORM)
    assert OUTSIDE not in shown(ours)
    assert OUTSIDE not in shown(card())


def test_an_alert_offers_the_answers_until_somebody_gives_one() -> None:
    held = tracked(a_disconnection())
    assert list(buttons_of(render(Alert(held, VERSION), DISPLAY))) == DECIDING
    assert list(buttons_of(render(Alert(held, VERSION, a_decision()), DISPLAY))) == ["Details"]
    assert list(buttons_of(render(Alert(held, "an earlier one"), DISPLAY))) == ["Details"]


def told(kind: OutcomeKind, decision: Decision = Decision.APPROVE, words: str | None = None) -> str:
    return shown(Reply(settled(a_decision(decision), kind, words), tracked(a_disconnection())))


def test_the_answer_says_what_became_of_the_decision() -> None:
    assert "Noyo accepted your approval and is disconnecting the group." in told(OutcomeKind.CONFIRMED)
    rejected = told(OutcomeKind.CONFIRMED, Decision.REJECT)
    assert "Noyo accepted your rejection. The group stays connected." in rejected
    assert "Disconnection request: Test Company" in rejected
    found = told(OutcomeKind.RECONCILED)
    assert "# Noyo shows it approved" in found
    assert "Noyo refused your approval" in told(OutcomeKind.REFUSED, words="No")
    assert "The request changed before your approval was sent" in told(OutcomeKind.CHANGED)


def test_a_thread_line_tells_what_was_decided_and_what_noyo_shows() -> None:
    at = CHANGED + 500
    placed_id = "operation:V0DECIDE:pending:0.0"
    event = OutboxEvent(
        placed_id, EventKind.OPERATION_CHANGED, a_disconnection().entity, at, None, operation_id="V0DECIDE"
    )
    placed = replace(event, operation_state=OperationState.PENDING)
    assert shown(ThreadLine(placed, a_decision())).startswith("@UANA approved · ")
    found = replace(event, operation_state=OperationState.SUCCEEDED)
    assert "Noyo shows it approved" in shown(ThreadLine(found, settled(a_decision(), OutcomeKind.RECONCILED)))


def test_where_a_person_has_to_say_the_last_day_stands_beside_it() -> None:
    stuck = settled(a_decision(), OutcomeKind.UNCLEAR)
    stuck = replace(stuck, state=OperationState.NEEDS_RESOLUTION, settled_at=None)
    made = shown(ManualResolution(stuck, tracked(a_disconnection())))
    assert "Request: @UANA approved" in made
    assert "Last managed day: 31 Dec 2026" in made
    assert "nothing else can be sent for this request" in made


@pytest.mark.parametrize("kind", [OutcomeKind.CONFIRMED, OutcomeKind.RECONCILED])
def test_a_rejection_without_a_version_says_that_noyo_could_not_check_it(kind: OutcomeKind) -> None:
    over = settled(a_decision(Decision.REJECT, {"unversioned": True}), kind)
    told = "It was sent without a version"
    assert told in shown(card(DisconnectionStatus.REJECTED, last=over))
    assert told in shown(Reply(over))
    assert told not in shown(Reply(settled(a_decision(Decision.REJECT), kind)))
