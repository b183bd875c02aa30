"""Slack room tests: the card of a disconnection that we ask for, in every state it can be in."""

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
from tests.slack.samples import CARD, CHANGED, DISPLAY, a_disconnection, a_parting, buttons_of, settled, shown, tracked

BEN = SecondApproval("UBEN", CHANGED + 600)
CALLED = replace(DISPLAY, approvers=frozenset({"S0APPROVERS", "UANA", "UBEN"}))


def card(**changes: Any) -> str:
    return shown(RequestCard(a_parting(**changes)), CALLED)


def offered(**changes: Any) -> list[str]:
    return list(buttons_of(render(RequestCard(a_parting(**changes)), DISPLAY)))


def test_what_is_held_says_so_first_whom_it_concerns_and_offers_a_yes_and_a_way_back() -> None:
    read = card(wanted={"context": "between us"}).splitlines()

    assert read[0] == "# Disconnect Test Company · Guardian"
    assert read[1].startswith("Now: waiting for a second approver. Expires ")
    assert "Last managed day: 31 Dec 2026" in read
    assert "Reason: Coverage with the carrier terminated" in read
    assert "Requested by: @UANA" in read
    assert "between us" not in "\n".join(read)
    assert offered() == ["Confirm Disconnection…", "Withdraw"]
    made = buttons_of(render(RequestCard(a_parting()), DISPLAY))
    assert {decode(one["value"]).operation_id for one in made.values()} == {"V0PART"}
    assert "confirm" in made["Withdraw"]


def test_the_group_of_approvers_is_called_or_else_they_are_by_name_but_for_whoever_asked() -> None:
    by_name = replace(DISPLAY, approvers=frozenset({"UANA", "UBEN", "UCAT"}))
    many = replace(DISPLAY, approvers=frozenset(f"UMANY{number}" for number in range(20)))

    assert "Approvers: @S0APPROVERS" in card()
    assert "Approvers: @UBEN @UCAT" in shown(RequestCard(a_parting()), by_name)
    assert shown(RequestCard(a_parting()), many).count("@UMANY") == MAX_APPROVERS_MENTIONED
    assert "Approvers" not in shown(RequestCard(a_parting()), DISPLAY)


@pytest.mark.parametrize("state", [OperationState.PENDING, OperationState.SENDING, OperationState.RECONCILING])
def test_once_confirmed_nobody_is_called_and_nothing_is_offered(state: OperationState) -> None:
    read = card(state=state, second_approval=BEN)

    assert "Approvers" not in read
    assert "Confirmed by: @UBEN" in read
    assert offered(state=state, second_approval=BEN) == []


def test_where_a_person_has_to_say_there_are_three_ways_out() -> None:
    assert len(offered(state=OperationState.NEEDS_RESOLUTION)) == 3


@pytest.mark.parametrize(
    ("kind", "outcome", "told"),
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
def test_each_end_is_told_on_the_card_in_the_thread_and_to_both(
    kind: OutcomeKind, outcome: dict[str, Any], told: str
) -> None:
    words = outcome.pop("words", None)
    over = settled(a_parting(second_approval=BEN), kind, words, **outcome)
    event = OutboxEvent("n", EventKind.OPERATION_CHANGED, over.entity, CHANGED, None, operation_state=over.state)

    read = shown(RequestCard(over))

    assert told in read
    assert buttons_of(render(RequestCard(over), DISPLAY)) == {}
    assert shown(ThreadLine(event, over)).split(" · ")[0].split(": at ")[0] in read
    for reader in ("UANA", "UBEN"):
        said = shown(Reply(over, reader=reader))
        assert "your" not in said.lower().replace("yours", "")
        assert "Disconnect: Test Company · Guardian" in said


def test_a_duplicate_is_shown_with_its_details() -> None:
    over = settled(a_parting(), OutcomeKind.DUPLICATE, record=a_disconnection().entity)

    read = RequestCard(over, tracked(a_disconnection()))

    assert "Open at Noyo: Test Company · Guardian" in shown(read)
    assert list(buttons_of(render(read, DISPLAY))) == ["Details"]


def test_the_beginning_is_told_as_it_was_whatever_came_of_it() -> None:
    over = settled(a_parting(second_approval=BEN), OutcomeKind.CONFIRMED)
    held = OutboxEvent("operation:V0PART:held:0.0", EventKind.OPERATION_CHANGED, over.entity, CHANGED, None)
    began = shown(ThreadLine(replace(held, operation_state=OperationState.AWAITING_CONFIRMATION), over))
    going = replace(held, id="operation:V0PART:pending:0.0", operation_state=OperationState.PENDING)

    assert began.startswith("@UANA asked to disconnect it after 31 Dec 2026 (coverage with the carrier")
    assert "waiting for a second approver" in began
    assert "UBEN" not in began
    assert shown(ThreadLine(going, over)).startswith("@UBEN confirmed @UANA's disconnection request")


def test_of_one_that_made_a_record_the_card_says_who_asked_and_not_that_others_decided() -> None:
    record = a_disconnection(
        status=DisconnectionStatus.PROCESSING, source_type=DisconnectionSource.PLATFORM, decided=CHANGED
    )
    held = tracked(record, requested_by_operation="V0PART")
    over = settled(a_parting(second_approval=BEN), OutcomeKind.CONFIRMED, record=record.entity)

    for last in (over, None):
        read = shown(RecordCard(held, last=last))
        assert "Requested by: @UANA" in read
        assert "outside Switchboard" not in read
    assert "Noyo accepted @UANA's disconnection request" in shown(RecordCard(held, last=over))


def test_who_has_to_say_whether_it_arrived_sees_what_was_asked_and_that_noyo_shows_none() -> None:
    torn = settled(a_parting(second_approval=BEN, first_sent_at=CHANGED), OutcomeKind.UNCLEAR)
    asked = replace(torn, state=OperationState.NEEDS_RESOLUTION)

    read = shown(ManualResolution(asked, None, CARD))

    assert "Did it arrive? Test Company · Guardian" in read
    assert "no disconnection request that clearly matches" in read
    assert "@UANA asked to disconnect it after 31 Dec 2026" in read
    assert "@UBEN confirmed it" in read


def test_every_reason_has_words() -> None:
    assert set(operation_text.DISCONNECT_REASONS) == set(DisconnectionReason)


def test_a_group_without_a_name_is_called_so() -> None:
    nameless = a_parting(wanted={"group_name": ""})
    assert isinstance(nameless.input, DisconnectionRequest)
    made = pending_disconnection_card(RequestCard(nameless), nameless.input, DISPLAY)
    assert "Unnamed group" in made.rendered().text
