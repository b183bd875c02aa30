"""Replies show the outcome and the next step to the actor."""

from dataclasses import replace

import pytest

from bot.domain.content import Reply
from bot.domain.operations import Operation, OperationKind, OperationState, OutcomeKind
from bot.domain.records import ConnectionStatus
from bot.domain.requests import RefreshRequest
from bot.slack.views.cards import no_links
from bot.slack.views.modals import MAX_TITLE
from bot.slack.views.replies import reply_title, reply_view
from infra.local.gallery.samples import (
    CARD,
    DISPLAY,
    a_connection,
    a_disconnection,
    a_pending_disconnection,
    a_record_state,
    a_request,
    a_retry,
    settled,
)
from infra.local.slack.validation.views import check_view
from tests.slack.rendering import read_blocks, rendered_text


def permalink(_: object) -> str:
    return "https://x.slack.com/archives/CCONNECT/p1"


def test_a_created_connection_is_reported_with_a_link_to_its_card() -> None:
    done = settled(a_request(), OutcomeKind.CONFIRMED)
    text = rendered_text(
        Reply(done, a_record_state(a_connection(status=ConnectionStatus.CREATED)), CARD), links=permalink
    )
    assert "Noyo created the connection" in text
    assert "Connection: Test Company · Guardian\nStatus at the time: Created" in text
    assert "Open the card (https://x.slack.com/archives/CCONNECT/p1)" in text


def test_a_duplicate_shows_the_existing_connection_with_its_status() -> None:
    text = rendered_text(Reply(settled(a_request(), OutcomeKind.DUPLICATE), a_record_state(), CARD), links=permalink)
    assert "# Already exists" in text
    assert "Already exists: Test Company · Guardian\nStatus at the time: Unable to connect" in text
    assert "No new one was created." in text


def test_a_refusal_shows_noyos_message_and_advice() -> None:
    text = rendered_text(Reply(settled(a_request(), OutcomeKind.REFUSED, "Bad *format*")))
    assert "Message from Noyo:\n> Bad *format*\nCorrect what Noyo names, then ask again with /noyo connect." in text
    assert "Message from Noyo" not in rendered_text(Reply(settled(a_request(), OutcomeKind.REFUSED)))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (OutcomeKind.CONFIRMED, "Noyo accepted your retry"),
        (OutcomeKind.RECONCILED, "shows that your retry arrived"),
        (OutcomeKind.REPORTED_ARRIVED, "reported that @UANA's retry arrived."),
        (OutcomeKind.DUPLICATE, "Correct what Noyo names, then retry."),
        (OutcomeKind.CHANGED, "Nothing was sent to Noyo.\nCheck its current state"),
        (OutcomeKind.NOT_FOUND, "Noyo could not find the record for your retry.\nCheck the id"),
        (OutcomeKind.CLOSED, "; its effect is unknown."),
    ],
)
def test_every_outcome_of_a_retry_is_shown(kind: OutcomeKind, expected: str) -> None:
    assert expected in rendered_text(Reply(settled(a_retry(), kind), a_record_state()))


def test_a_denied_actor_sees_who_may() -> None:
    why = "You may not request or retry connections. These may: <@UBOB>, <!subteam^SOPS>."
    text = rendered_text(Reply(settled(a_retry(), OutcomeKind.NOT_AUTHORIZED, why)))
    assert "Your retry was not sent.\nYou may not request or retry connections. These may: @UBOB, @SOPS." in text
    assert "Your retry was not sent." in rendered_text(Reply(settled(a_retry(), OutcomeKind.NOT_AUTHORIZED)))


@pytest.mark.parametrize(
    ("operation", "kind", "expected"),
    [
        (a_retry(), OutcomeKind.CHANGED, "# Not sent again\nThe connection changed at Noyo and shows no effect of"),
        (a_retry(), OutcomeKind.REFUSED, "Noyo refused your retry. An earlier attempt may have taken effect."),
        (a_retry(), OutcomeKind.NOT_AUTHORIZED, "Your retry will not be sent again."),
        (a_request(), OutcomeKind.DUPLICATE, "this carrier and carrier group id. It may come from an earlier attempt."),
        (a_pending_disconnection(), OutcomeKind.DUPLICATE, "group and carrier. It may come from an earlier attempt."),
        (a_pending_disconnection(), OutcomeKind.END_DATE_PASSED, "# Not sent again\nNot sent again: 31 Dec 2026"),
    ],
)
def test_a_reply_after_an_earlier_attempt_does_not_say_that_nothing_was_sent(
    operation: Operation, kind: OutcomeKind, expected: str
) -> None:
    text = rendered_text(Reply(settled(replace(operation, sends=2), kind)))
    assert expected in text
    for claim in ("Nothing was sent", "Nothing changed", "was not sent", "Not sent:", "No new one"):
        assert claim not in text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "# Sending to Noyo\nSending your request to Noyo.\nYou can close this"),
        ({"delay_reason": "Noyo cannot be reached."}, "# Delayed\nYour request is delayed. Noyo cannot be reached"),
        ({"state": OperationState.RECONCILING}, "We're checking whether your request arrived.\nPlease don't ask again"),
        (
            {"state": OperationState.NEEDS_RESOLUTION, "sends": 1},
            "Noyo did not answer, and Noyo does not show whether your request took effect.",
        ),
    ],
)
def test_an_open_operation_shows_its_state_and_the_next_step(changes: dict[str, object], expected: str) -> None:
    text = rendered_text(Reply(a_request(**changes)))
    assert expected in text
    assert "Group: Test Company\nCarrier: Guardian\nCarrier group id: 00110011" in text


def test_a_refresh_shows_the_current_status() -> None:
    operation = a_retry(kind=OperationKind.REFRESH_RECORD, input=RefreshRequest("person"))
    text = rendered_text(Reply(settled(operation, OutcomeKind.CONFIRMED), a_record_state(a_disconnection())))
    assert "Refreshed from Noyo" in text
    assert "Status at the time: Needs review" in text


def test_a_reply_without_an_outcome_shows_the_request() -> None:
    without_outcome = replace(settled(a_request(), OutcomeKind.CONFIRMED), outcome=None)
    assert "# Done\nGroup: Test Company" in rendered_text(Reply(without_outcome))


def test_every_reply_is_a_valid_modal_without_a_submit_button() -> None:
    operations = [a_request(state=state) for state in OperationState if not state.settled]
    operations += [a_request(delay_reason="Noyo cannot be reached.")]
    operations += [settled(a_request(), kind, "why") for kind in OutcomeKind]
    for operation in operations:
        view = reply_view(Reply(operation, a_record_state(), CARD), DISPLAY, no_links)
        assert check_view(view) == []
        assert "submit" not in view
        assert view["title"]["text"] == reply_title(operation)
        assert len(reply_title(operation)) <= MAX_TITLE
        assert "Test Company" in read_blocks(view["blocks"])
