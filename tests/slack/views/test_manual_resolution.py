"""A manual resolution shows what was sent and what Noyo shows now."""

from bot.domain.content import ManualResolution
from bot.domain.operations import OperationKind, OperationState, Outcome, OutcomeKind
from bot.domain.records import ConnectionStatus
from bot.domain.requests import RefreshRequest
from bot.slack.views.alerts import manual_resolution
from bot.slack.views.cards import no_links, render
from infra.local.gallery.samples import (
    CARD,
    CHANGED,
    DISPLAY,
    a_connection,
    a_disconnection,
    a_record_state,
    a_request,
    a_retry,
    settled,
)
from tests.slack.rendering import buttons_of, rendered_text

STUCK = {"state": OperationState.NEEDS_RESOLUTION, "first_sent_at": CHANGED + 501}


def test_a_manual_resolution_shows_the_request_the_state_at_noyo_and_three_resolutions() -> None:
    text = rendered_text(ManualResolution(a_retry(**STUCK), a_record_state(), CARD))
    assert "# Did it arrive? Test Company · Guardian" in text
    assert "Request: @UANA asked to retry with carrier group id 00110022" in text
    assert "Sent: first 29 Dec 2025 11:33 UTC" in text
    assert "At Noyo: Unable to connect, last changed 29 Dec 2025 11:25 UTC" in text
    assert "Carrier group id: 00110011" in text
    assert "Version: 7fe0a1b2, unchanged since the request" in text
    assert "[It Arrived] [Send Again] [Close]" in text


def test_a_changed_record_is_shown_with_its_other_version() -> None:
    text = rendered_text(ManualResolution(a_retry(**STUCK), a_record_state(a_connection(version="next"))))
    assert "Version: next, changed since the request" in text


def test_an_operation_that_was_never_sent_says_so() -> None:
    overdue = a_request(
        state=OperationState.NEEDS_RESOLUTION, outcome=Outcome(OutcomeKind.OVERDUE, "Noyo cannot be reached.")
    )
    text = rendered_text(ManualResolution(overdue))
    assert "A day has passed since the first attempt at @UANA's request." in text
    assert "Last error: Noyo cannot be reached." in text
    assert "Sent: not that we know of" in text
    assert "At Noyo: no connection that clearly matches" in text
    without_error = a_request(state=OperationState.NEEDS_RESOLUTION, outcome=Outcome(OutcomeKind.OVERDUE))
    assert "Last error" not in rendered_text(ManualResolution(without_error))


def test_an_unknown_record_is_shown_as_unknown() -> None:
    assert "At Noyo: unknown" in rendered_text(ManualResolution(a_retry(**STUCK)))
    other = a_retry(**STUCK, kind=OperationKind.REFRESH_RECORD, input=RefreshRequest("person"))
    text = rendered_text(ManualResolution(other, a_record_state(a_disconnection())))
    assert "At Noyo: Needs review" in text


def test_after_the_resolution_it_names_the_person_and_offers_no_buttons() -> None:
    processing = a_record_state(a_connection(status=ConnectionStatus.PROCESSING))
    resolution = ManualResolution(settled(a_retry(), OutcomeKind.REPORTED_ARRIVED, decided_by="UBOB"), processing)
    assert "@UBOB reported that @UANA's retry arrived" in rendered_text(resolution)
    assert "No action needed." in rendered_text(resolution)
    assert buttons_of(render(resolution, DISPLAY)) == {}


def test_a_resolution_after_which_something_is_left_to_do_does_not_say_that_nothing_is_needed() -> None:
    still_failed = ManualResolution(settled(a_retry(), OutcomeKind.CLOSED, decided_by="UBOB"), a_record_state())
    assert "No action needed" not in rendered_text(still_failed)
    refused = ManualResolution(settled(a_request(), OutcomeKind.REFUSED, "Bad format"))
    assert "No action needed" not in rendered_text(refused)


def test_an_operation_that_is_sent_again_is_shown_as_sending() -> None:
    resolution = ManualResolution(a_retry(state=OperationState.PENDING), a_record_state())
    assert "sending." in rendered_text(resolution)
    assert buttons_of(render(resolution, DISPLAY)) == {}


def test_the_fallback_text_shows_the_request_and_the_state_at_noyo() -> None:
    text = manual_resolution(ManualResolution(a_retry(**STUCK), a_record_state()), DISPLAY, no_links).rendered().text
    assert "00110022" in text
    assert "At Noyo: Unable to connect" in text
