"""The cards of disconnections and of connection requests."""

from datetime import date

from bot.domain.content import RecordCard, RequestCard
from bot.domain.operations import OperationKind, OperationState, OutcomeKind
from bot.domain.records import ConnectionStatus, DisconnectionSource, DisconnectionStatus, UnknownValue
from bot.domain.requests import RefreshRequest
from bot.slack.views.cards import render
from bot.slack.views.record_facts import end_date
from bot.slack.views.request_cards import request_facts
from bot.slack.views.rich_text import mrkdwn
from infra.local.gallery.samples import (
    DISPLAY,
    a_connection,
    a_disconnection,
    a_record_state,
    a_request,
    a_retry,
    settled,
)
from tests.slack.rendering import buttons_of, rendered_text


def test_a_disconnection_shows_its_end_date_and_without_today_no_days_left() -> None:
    text = rendered_text(RecordCard(a_record_state(a_disconnection(source_date=date(2026, 1, 3), source_id="R-9"))))
    assert "# Disconnect Test Company · Guardian" in text
    assert "Last managed day: 31 Dec 2026" in text
    assert "Source: the carrier on 3 Jan 2026 (reference: R-9)" in text
    assert "ends" not in text
    assert text.endswith(
        "[Approve Disconnection…] [Reject, Keep Connected…] [Claim] [Details]\n" + text.splitlines()[-1]
    )


def test_the_end_date_is_not_a_slack_date_because_those_depend_on_the_readers_timezone() -> None:
    rendered = render(RecordCard(a_record_state(a_disconnection())), DISPLAY)
    assert rendered.blocks.count('"type":"date"') == 1, "only the time of the last change is a Slack date"


def test_missing_and_unknown_fields_of_a_disconnection_are_shown() -> None:
    disconnection = a_disconnection(
        effective_end_date=None, source_type=UnknownValue("audit_robot"), status=UnknownValue("on_hold")
    )
    text = rendered_text(RecordCard(a_record_state(disconnection)))
    assert "Last managed day: not set yet" in text
    assert "Source: audit_robot" in text
    assert "Status: on_hold" in text


def test_every_status_of_a_disconnection_shows_the_next_step() -> None:
    texts = {
        status: rendered_text(RecordCard(a_record_state(a_disconnection(status=status))))
        for status in DisconnectionStatus
    }
    assert "Next: Approve to disconnect" in texts[DisconnectionStatus.NEEDS_REVIEW]
    assert "does not disconnect the group" in texts[DisconnectionStatus.REJECTED]
    assert all("Next: No action needed" in texts[status] for status in list(DisconnectionStatus)[1:])


def test_every_source_has_a_readable_name() -> None:
    for source in DisconnectionSource:
        text = rendered_text(RecordCard(a_record_state(a_disconnection(source_type=source))))
        assert "_" not in text.partition("Source: ")[2].partition("\n")[0]


def test_an_operation_on_a_disconnection_is_shown() -> None:
    refresh = a_retry(kind=OperationKind.REFRESH_RECORD, input=RefreshRequest("person"))
    card = RecordCard(a_record_state(a_disconnection()), refresh)
    assert "@UANA asked for a refresh from Noyo: sending." in rendered_text(card)
    settled_card = RecordCard(a_record_state(a_disconnection()), last=settled(refresh, OutcomeKind.CONFIRMED))
    assert "Noyo confirmed @UANA's refresh" in rendered_text(settled_card)


def test_an_open_request_is_shown_as_sending_without_buttons() -> None:
    text = rendered_text(RequestCard(a_request()))
    assert text.startswith("# Request: Test Company · Guardian\nCarrier group id: 00110011\n")
    assert "@UANA asked for this connection: sending." in text
    assert "[" not in text


def test_a_refused_request_shows_noyos_message_and_advice() -> None:
    text = rendered_text(RequestCard(settled(a_request(), OutcomeKind.REFUSED, "Bad format")))
    assert "Noyo refused @UANA's request: Bad format" in text
    assert "then ask again with /noyo connect." in text


def test_a_duplicate_shows_the_existing_connection_with_its_status() -> None:
    existing = a_connection(status=ConnectionStatus.COMPLETED, group_name="Test Co.")
    text = rendered_text(RequestCard(settled(a_request(), OutcomeKind.DUPLICATE), a_record_state(existing)))
    assert "Already exists: Test Co. · Guardian" in text
    assert "Status at the time: Completed" in text
    assert f"Noyo id {existing.id}" in text
    assert "[Details]" in text


def test_a_duplicate_without_its_record_shows_advice() -> None:
    text = rendered_text(RequestCard(settled(a_request(), OutcomeKind.DUPLICATE)))
    assert "Use the existing connection" in text
    assert "[Details]" not in text


def test_a_request_that_needs_resolution_offers_three_resolutions() -> None:
    card = RequestCard(a_request(state=OperationState.NEEDS_RESOLUTION))
    assert list(buttons_of(render(card, DISPLAY))) == ["It Arrived", "Send Again", "Close"]


def test_a_request_card_can_show_other_kinds_of_operations() -> None:
    assert "asked to retry" in rendered_text(RequestCard(a_retry()))


def test_a_duplicate_may_be_a_disconnection() -> None:
    text = rendered_text(RequestCard(settled(a_request(), OutcomeKind.DUPLICATE), a_record_state(a_disconnection())))
    assert "Status at the time: Needs review" in text


def test_the_end_date_does_not_depend_on_the_timezone() -> None:
    assert mrkdwn(end_date(a_disconnection())) == "Last managed day: 31 Dec 2026"


def test_only_a_request_for_a_connection_shows_the_requested_group() -> None:
    assert [mrkdwn(fact) for fact in request_facts(a_request(), DISPLAY)] == [
        "Group: Test Company",
        "Carrier: Guardian",
        "Carrier group id: 00110011",
    ]
    assert request_facts(a_retry(), DISPLAY) == []
