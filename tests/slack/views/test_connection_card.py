"""A connection's card shows its current state and offers only the allowed actions."""

from dataclasses import replace

import pytest

from bot.domain.content import Alert, RecordCard
from bot.domain.operations import Operation, OperationKind, OperationState, OutcomeKind
from bot.domain.records import ConnectionStatus, UnknownValue, needs_our_action
from bot.domain.requests import RetryRequest
from bot.slack.views.buttons import ButtonValue, decode
from bot.slack.views.cards import render
from bot.slack.views.record_cards import last_outcome
from bot.slack.views.rich_text import mrkdwn
from infra.local.gallery.samples import (
    CHANGED,
    DISPLAY,
    ID,
    VERSION,
    a_connection,
    a_record_state,
    a_request,
    a_retry,
    settled,
)
from tests.slack.rendering import buttons_of, rendered_text


def test_a_card_shows_all_facts_and_the_next_step() -> None:
    assert rendered_text(RecordCard(a_record_state())) == "\n".join(
        [
            "# Test Company · Guardian",
            "Status: Unable to connect, last changed 29 Dec 2025 11:25 UTC",
            "Next: Check the carrier group id and the group's details with the carrier, "
            "then retry with the correction.",
            "Carrier group id: 00110011",
            "Requested by: @UANA",
            "Attempt 2",
            "Message from the carrier:",
            "> Group not found",
            "[Retry…] [Claim] [Details]",
            f"~ Noyo id {ID} · version 7fe0a1b2",
        ]
    )


def test_buttons_contain_the_record_and_the_shown_version() -> None:
    record = a_connection()
    shown = buttons_of(render(RecordCard(a_record_state(record)), DISPLAY))
    claimed = decode(shown.pop("Claim")["value"])
    assert claimed == ButtonValue(record.entity, VERSION, owner_revision=0)
    for button in shown.values():
        assert decode(button["value"]) == ButtonValue(record.entity, VERSION)


@pytest.mark.parametrize("status", [status for status in ConnectionStatus if status.value != "unable_to_connect"])
def test_other_statuses_offer_no_retry(status: ConnectionStatus) -> None:
    card = RecordCard(a_record_state(a_connection(status=status)))
    claim = ["Claim"] if needs_our_action(status) else []
    assert list(buttons_of(render(card, DISPLAY))) == [*claim, "Details"]


def test_action_required_offers_retry_if_the_setting_allows_it() -> None:
    card = RecordCard(a_record_state(a_connection(status=ConnectionStatus.ACTION_REQUIRED)))
    display = replace(DISPLAY, retry_at_action_required=True)
    assert "Retry…" in buttons_of(render(card, display))
    assert "then retry with the correction." in rendered_text(card, display)
    assert "send Noyo the correction." in rendered_text(card)


@pytest.mark.parametrize(
    ("status", "who"),
    [
        (ConnectionStatus.CREATED, "No action needed"),
        (ConnectionStatus.PROCESSING, "No action needed"),
        (ConnectionStatus.NOYO_REVIEW, "No action needed"),
        (ConnectionStatus.WAITING_ON_CARRIER, "No action needed"),
        (ConnectionStatus.CARRIER_AUTHORIZATION, "Contact the carrier"),
        (ConnectionStatus.ACTION_REQUIRED, "Correct what Noyo's message names"),
        (ConnectionStatus.UNABLE_TO_CONNECT, "Check the carrier group id"),
        (ConnectionStatus.COMPLETED, "No action needed"),
        (UnknownValue("connecting"), "Unknown status"),
    ],
)
def test_every_status_shows_the_next_step(status: ConnectionStatus | UnknownValue, who: str) -> None:
    assert f"Next: {who}" in rendered_text(RecordCard(a_record_state(a_connection(status=status))))


def test_an_unknown_status_is_shown_as_received() -> None:
    assert "Status: connecting," in rendered_text(
        RecordCard(a_record_state(a_connection(status=UnknownValue("connecting"))))
    )


def test_missing_fields_are_shown_as_missing() -> None:
    incomplete = a_connection(group_name=None, carrier_group_id=None, carrier_id="no-name", error=None)
    text = rendered_text(RecordCard(a_record_state(incomplete, requester=None)))
    assert "# Unnamed group · no-name" in text
    assert "Carrier group id: none" in text
    assert "Requested by: someone outside Switchboard" in text
    assert "Message from the carrier" not in text


def test_the_message_of_an_earlier_attempt_is_not_shown_during_processing() -> None:
    assert "Group not found" not in rendered_text(
        RecordCard(a_record_state(a_connection(status=ConnectionStatus.PROCESSING)))
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "sending."),
        ({"state": OperationState.SENDING}, "sending."),
        (
            {"delay_reason": "Noyo cannot be reached."},
            "delayed. Noyo cannot be reached; next attempt 29 Dec 2025 11:35 UTC.",
        ),
        ({"delay_reason": "Noyo cannot be reached.", "due": None}, "delayed. Noyo cannot be reached."),
        ({"state": OperationState.RECONCILING}, "Noyo did not answer. Checking whether it arrived."),
        ({"state": OperationState.NEEDS_RESOLUTION, "sends": 1}, "needs your review: did it arrive?"),
    ],
)
def test_an_open_operation_replaces_the_next_step_and_removes_retry(changes: dict[str, object], expected: str) -> None:
    card = RecordCard(a_record_state(), a_retry(**changes), settled(a_retry(actor="UBOB"), OutcomeKind.CONFIRMED))
    text = rendered_text(card)
    assert f"Now: @UANA asked to retry with carrier group id 00110022: {expected}" in text
    assert "Next:" not in text
    assert "[Retry…]" not in text
    assert "UBOB" not in text, "the last operation is shown only if none is open"


def test_an_operation_that_needs_resolution_offers_three_resolutions() -> None:
    card = RecordCard(a_record_state(), a_retry(state=OperationState.NEEDS_RESOLUTION))
    assert list(buttons_of(render(card, DISPLAY))) == ["It Arrived", "Send Again", "Close", "Details"]


def test_corrected_sensitive_details_are_mentioned_without_their_values() -> None:
    text = rendered_text(RecordCard(a_record_state(), a_retry(input=RetryRequest(None, "secret-ciphertext"))))
    assert "with the same carrier group id and corrected details that are not shown" in text
    assert "ciphertext" not in text


@pytest.mark.parametrize(
    ("kind", "message", "expected"),
    [
        (OutcomeKind.CONFIRMED, None, "Noyo confirmed @UANA's retry"),
        (OutcomeKind.RECONCILED, None, "Noyo did not answer, but Noyo shows that @UANA's retry arrived"),
        (OutcomeKind.DUPLICATE, None, "Noyo did not accept @UANA's retry: another connection already has this"),
        (OutcomeKind.REFUSED, "Bad format", "Noyo refused @UANA's retry: Bad format"),
        (OutcomeKind.REFUSED, None, "Noyo refused @UANA's retry · "),
        (OutcomeKind.CHANGED, None, "Not sent: the connection changed at Noyo before @UANA's retry was sent"),
        (OutcomeKind.NOT_AUTHORIZED, "long", "Not sent: @UANA does not have permission for this"),
        (OutcomeKind.NOT_FOUND, None, "Noyo could not find the record for @UANA's retry"),
        (OutcomeKind.UNCLEAR, None, "It is unknown whether @UANA's retry arrived"),
        (OutcomeKind.OVERDUE, None, "Noyo could not be read for a day, so @UANA's retry was canceled"),
    ],
)
def test_the_last_operation_is_shown_with_its_actor_outcome_and_time(
    kind: OutcomeKind, message: str | None, expected: str
) -> None:
    text = rendered_text(RecordCard(a_record_state(), last=settled(a_retry(), kind, message)))
    assert expected in text
    assert "· 29 Dec 2025 11:36 UTC" in text
    assert "[Retry…]" in text, "the buttons are back"


@pytest.mark.parametrize(
    ("operation", "kind", "expected"),
    [
        (a_retry(), OutcomeKind.CHANGED, "The connection changed at Noyo and shows no effect of @UANA's retry · "),
        (a_retry(), OutcomeKind.NOT_AUTHORIZED, "Not sent again: @UANA does not have permission for this"),
        (a_request(), OutcomeKind.DUPLICATE, "group id already exists, perhaps from an earlier attempt"),
    ],
)
def test_an_outcome_after_an_earlier_attempt_does_not_say_that_nothing_was_sent(
    operation: Operation, kind: OutcomeKind, expected: str
) -> None:
    assert expected in rendered_text(RecordCard(a_record_state(), last=settled(replace(operation, sends=2), kind)))


def test_the_person_who_resolved_an_operation_is_named() -> None:
    arrived = settled(a_retry(), OutcomeKind.REPORTED_ARRIVED, decided_by="UBOB")
    closed = settled(a_retry(), OutcomeKind.CLOSED)
    assert "@UBOB reported that @UANA's retry arrived" in rendered_text(RecordCard(a_record_state(), last=arrived))
    assert "Someone closed @UANA's retry" in rendered_text(RecordCard(a_record_state(), last=closed))


def test_a_refusal_shows_advice_until_the_record_changes() -> None:
    refused = settled(a_retry(), OutcomeKind.REFUSED, "Bad format")
    advice = "Correct what Noyo names, then retry."
    assert advice in rendered_text(RecordCard(a_record_state(), last=refused))
    later = a_connection(modified=CHANGED + 9000)
    assert advice not in rendered_text(RecordCard(a_record_state(later), last=refused))


def test_an_operation_without_an_actor_names_switchboard() -> None:
    operation = settled(a_retry(actor=None), OutcomeKind.CONFIRMED)
    assert "Noyo confirmed Switchboard's retry" in rendered_text(RecordCard(a_record_state(), last=operation))


def test_an_operation_without_a_stored_outcome_is_still_shown() -> None:
    without_outcome = replace(settled(a_retry(), OutcomeKind.CONFIRMED), outcome=None, settled_at=None)
    assert "@UANA's retry is closed (succeeded)" in rendered_text(RecordCard(a_record_state(), last=without_outcome))


def test_the_creating_operation_is_shown_as_a_request() -> None:
    operation = settled(a_retry(kind=OperationKind.REQUEST_CONNECTION), OutcomeKind.CONFIRMED)
    assert "Noyo confirmed @UANA's request" in rendered_text(RecordCard(a_record_state(), last=operation))


def test_outside_production_cards_start_with_the_environment() -> None:
    display = replace(DISPLAY, in_production=False, environment="sandbox")
    card = RecordCard(a_record_state())
    warning = "Not production: this is the sandbox environment."
    assert rendered_text(card, display).startswith(f"~ {warning}\n#")
    assert render(card, display).text.startswith(warning)
    assert "production" not in rendered_text(card)


def test_the_block_id_of_buttons_changes_with_version_and_operation() -> None:
    ids = set()
    for card in (
        RecordCard(a_record_state()),
        RecordCard(a_record_state(a_connection(version="another"))),
        RecordCard(a_record_state(), a_retry()),
        RecordCard(a_record_state(), a_retry(state=OperationState.RECONCILING)),
    ):
        ids.add(render(card, DISPLAY).blocks.partition('"block_id":"')[2][:32])
    assert len(ids) == 4


def test_the_time_of_the_last_operation_is_a_slack_date() -> None:
    text = mrkdwn(last_outcome(settled(a_retry(), OutcomeKind.CONFIRMED)))
    assert text.startswith("Noyo confirmed <@UANA>'s retry · <!date^1767008200^")


def test_card_and_alert_show_who_claimed_a_connection() -> None:
    claimed = replace(a_record_state(), owner="U0ANA", owned_since=CHANGED, owner_revision=1)
    card, raised = RecordCard(claimed), Alert(claimed, claimed.record.version)
    for content in (card, raised):
        assert "Claimed by: @U0ANA" in rendered_text(content)
        shown = buttons_of(render(content, DISPLAY))
        assert list(shown) == ["Retry…", "Claim Instead", "Release", "Details"]
        assert decode(shown["Release"]["value"]).owner_revision == 1
