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
from tests.slack.samples import (
    DISPLAY,
    a_connection,
    a_disconnection,
    a_record_state,
    a_request,
    a_retry,
    buttons_of,
    settled,
    shown,
)


def test_a_disconnection_shows_its_last_day_written_out_and_counts_no_days_where_no_day_is_given() -> None:
    text = shown(RecordCard(a_record_state(a_disconnection(source_date=date(2026, 1, 3), source_id="R-9"))))
    assert "# Disconnect Test Company · Guardian" in text
    assert "Last managed day: 31 Dec 2026" in text
    assert "Source: the carrier on 3 Jan 2026 (reference: R-9)" in text
    assert "ends" not in text
    assert text.endswith(
        "[Approve Disconnection…] [Reject, Keep Connected…] [Claim] [Details]\n" + text.splitlines()[-1]
    )


def test_the_last_day_is_no_slack_date_since_those_move_with_the_readers_zone() -> None:
    rendered = render(RecordCard(a_record_state(a_disconnection())), DISPLAY)
    assert rendered.blocks.count('"type":"date"') == 1, "only when it last changed"


def test_what_a_disconnection_does_not_say_is_said_to_be_missing() -> None:
    odd = a_disconnection(
        effective_end_date=None, source_type=UnknownValue("audit_robot"), status=UnknownValue("on_hold")
    )
    text = shown(RecordCard(a_record_state(odd)))
    assert "Last managed day: not set yet" in text
    assert "Source: audit_robot" in text
    assert "Status: on_hold" in text


def test_every_status_of_a_disconnection_says_who_acts_next() -> None:
    texts = {
        status: shown(RecordCard(a_record_state(a_disconnection(status=status)))) for status in DisconnectionStatus
    }
    assert "Next: Approve to disconnect" in texts[DisconnectionStatus.NEEDS_REVIEW]
    assert "stays connected" in texts[DisconnectionStatus.REJECTED]
    assert all("Next: No action needed" in texts[status] for status in list(DisconnectionStatus)[1:])


def test_every_source_is_named_in_words() -> None:
    for source in DisconnectionSource:
        text = shown(RecordCard(a_record_state(a_disconnection(source_type=source))))
        assert "_" not in text.partition("Source: ")[2].partition("\n")[0]


def test_an_operation_on_a_disconnection_is_told() -> None:
    refresh = a_retry(kind=OperationKind.REFRESH_RECORD, input=RefreshRequest("person"))
    card = RecordCard(a_record_state(a_disconnection()), refresh)
    assert "@UANA asked for a refresh from Noyo: sending." in shown(card)
    over = RecordCard(a_record_state(a_disconnection()), last=settled(refresh, OutcomeKind.CONFIRMED))
    assert "Noyo confirmed @UANA's refresh" in shown(over)


def test_a_request_on_its_way_says_so_and_offers_nothing() -> None:
    text = shown(RequestCard(a_request()))
    assert text.startswith("# Request: Test Company · Guardian\nCarrier group id: 00110011\n")
    assert "@UANA asked for this connection: sending." in text
    assert "[" not in text


def test_a_refused_request_shows_noyos_words_and_what_to_do() -> None:
    text = shown(RequestCard(settled(a_request(), OutcomeKind.REFUSED, "Bad format")))
    assert "Noyo refused @UANA's request: Bad format" in text
    assert "then ask again with /noyo connect." in text


def test_a_duplicate_shows_the_connection_that_is_there() -> None:
    there = a_connection(status=ConnectionStatus.COMPLETED, group_name="Test Co.")
    text = shown(RequestCard(settled(a_request(), OutcomeKind.DUPLICATE), a_record_state(there)))
    assert "Already exists: Test Co. · Guardian" in text
    assert "Status at the time: Completed" in text
    assert f"Noyo id {there.id}" in text
    assert "[Details]" in text


def test_a_duplicate_that_could_not_be_read_still_says_what_to_do() -> None:
    text = shown(RequestCard(settled(a_request(), OutcomeKind.DUPLICATE)))
    assert "Use the existing connection" in text
    assert "[Details]" not in text


def test_a_request_that_needs_resolution_offers_three_resolutions() -> None:
    card = RequestCard(a_request(state=OperationState.NEEDS_RESOLUTION))
    assert list(buttons_of(render(card, DISPLAY))) == ["It Arrived", "Send Again", "Close"]


def test_a_card_of_something_else_than_a_request_still_shows() -> None:
    assert "asked to retry" in shown(RequestCard(a_retry()))


def test_a_duplicate_that_is_a_disconnection_is_shown_as_far_as_it_goes() -> None:
    text = shown(RequestCard(settled(a_request(), OutcomeKind.DUPLICATE), a_record_state(a_disconnection())))
    assert "Status at the time: Needs review" in text


def test_the_last_day_stays_the_same_day_whatever_the_zone() -> None:
    assert mrkdwn(end_date(a_disconnection())) == "Last managed day: 31 Dec 2026"


def test_only_a_request_names_a_group_that_is_asked_for() -> None:
    assert [mrkdwn(fact) for fact in request_facts(a_request(), DISPLAY)] == [
        "Group: Test Company",
        "Carrier: Guardian",
        "Carrier group id: 00110011",
    ]
    assert request_facts(a_retry(), DISPLAY) == []
