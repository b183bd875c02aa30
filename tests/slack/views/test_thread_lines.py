"""Each thread line describes one event and never changes."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.domain.answers import AnswerProblem, UnconfirmedAnswer
from bot.domain.content import ThreadLine
from bot.domain.operations import Operation, OperationState, OutcomeKind
from bot.domain.outbox import EventKind, OutboxEvent, operation_changed, record_changed
from bot.domain.records import ConnectionStatus, DisconnectionSource, connection_ref, disconnection_ref
from bot.slack.views.cards import thread_line
from infra.local.gallery.samples import CHANGED, DISPLAY, a_connection, a_disconnection, a_retry, settled
from tests.slack.rendering import rendered_text

WHEN = " · 29 Dec 2025 11:33 UTC"


def line_text(kind: EventKind, operation: Operation | None = None, **changes: Any) -> str:
    event = OutboxEvent("n", kind, connection_ref("x"), CHANGED + 500, None)
    return rendered_text(ThreadLine(replace(event, **changes), operation))


def test_a_change_shows_both_statuses() -> None:
    assert line_text(EventKind.RECORD_CHANGED, before="processing", after="unable_to_connect") == (
        "Processing → Unable to connect" + WHEN
    )


def test_a_new_record_is_shown_as_new_with_any_status() -> None:
    assert line_text(EventKind.RECORD_CHANGED, after="connecting") == "New at Noyo: connecting" + WHEN


def test_a_change_with_the_same_status_says_so() -> None:
    assert (
        line_text(EventKind.RECORD_CHANGED, before="created", after="created")
        == "Changed at Noyo, still Created; nothing that is shown here changed" + WHEN
    )


def test_each_changed_field_has_a_line_with_its_old_and_new_value() -> None:
    before = a_disconnection(effective_end_date=None, source_id="7")
    now = a_disconnection(
        version="next",
        group_name="Best Company",
        source_type=DisconnectionSource.GROUP_AUDIT_REQUEST,
        source_id="of 123-45-6789",
        source_date=date(2026, 1, 31),
        carrier_id="unnamed",
        group_id="g2",
    )
    assert rendered_text(ThreadLine(record_changed(now, before, CHANGED))).splitlines()[1:] == [
        "Group: Test Company → Best Company",
        "Group id: none → g2",
        "Carrier: Guardian → unnamed",
        "Last managed day: none → 31 Dec 2026",
        "Source: the carrier → a group audit",
        "Source date: none → 31 Jan 2026",
        "Source reference: 7 → of •••",
    ]


def test_a_message_that_ends_with_its_status_is_not_a_change_of_its_own() -> None:
    failed, again = a_connection(), a_connection(version="next", status=ConnectionStatus.PROCESSING, error=None)
    assert record_changed(again, failed, CHANGED).changes == ()
    [change] = record_changed(failed, again, CHANGED).changes
    assert (change.before, change.after) == (None, "Group not found")


def test_a_disconnection_has_its_own_status_names() -> None:
    text = line_text(EventKind.RECORD_CHANGED, entity=disconnection_ref("x"), before="needs_review", after="rejected")
    assert text == "Needs review → Rejected" + WHEN


def test_a_late_version_is_shown_as_late() -> None:
    assert line_text(EventKind.LATE_VERSION, after="processing") == "An earlier change arrived late: Processing" + WHEN
    assert "arrived late: (empty)" in line_text(EventKind.LATE_VERSION)


def test_a_line_about_an_earlier_attempt_does_not_show_the_answer_to_a_later_one() -> None:
    answer = UnconfirmedAnswer(AnswerProblem.UNREADABLE)
    once = replace(a_retry(), sends=1, unconfirmed_answer=answer)
    line = line_text(EventKind.OPERATION_CHANGED, once, operation_state=OperationState.RECONCILING)
    assert "@UANA's retry: Noyo's answer could not be read" in line
    again = replace(once, sends=2)
    line = line_text(EventKind.OPERATION_CHANGED, again, operation_state=OperationState.RECONCILING)
    assert line == "Noyo has not confirmed @UANA's retry; checking whether it arrived" + WHEN


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (OperationState.SENDING, "Sending @UANA's retry to Noyo"),
        (OperationState.RECONCILING, "@UANA's retry: Noyo did not answer; checking whether it arrived"),
        (OperationState.NEEDS_RESOLUTION, "Needs review: it is unknown whether @UANA's retry arrived"),
    ],
)
def test_a_line_about_an_operation_shows_the_state_of_its_event(state: OperationState, expected: str) -> None:
    now = settled(a_retry(first_sent_at=CHANGED), OutcomeKind.CONFIRMED)
    assert line_text(EventKind.OPERATION_CHANGED, now, operation_state=state) == expected + WHEN


def test_a_question_about_what_was_never_sent_stays_so_once_it_is_sent() -> None:
    waiting = {"operation_state": OperationState.NEEDS_RESOLUTION}
    expected = "Needs review: @UANA's retry. It was tried for a day, and Noyo processed no attempt" + WHEN
    for sent_later in (None, CHANGED + 500):
        retry = replace(a_retry(), first_sent_at=sent_later)
        assert line_text(EventKind.OPERATION_CHANGED, retry, **waiting) == expected


def test_a_submission_and_a_reschedule_in_the_same_second_have_different_lines() -> None:
    operation = replace(a_retry(), state=OperationState.PENDING, delay_reason="Noyo is busy.")
    submitted_line, rescheduled_line = (
        rendered_text(
            ThreadLine(operation_changed(replace(operation, attempts=attempts), operation.submitted_at), operation)
        )
        for attempts in (0, 1)
    )

    assert submitted_line.startswith("@UANA asked to retry with carrier group id 00110022")
    assert rescheduled_line.startswith("@UANA's retry is delayed. Noyo is busy · ")


def test_a_settled_operation_and_its_change_are_one_line() -> None:
    text = line_text(
        EventKind.OPERATION_CHANGED,
        settled(a_retry(), OutcomeKind.CONFIRMED),
        operation_state=OperationState.SUCCEEDED,
        before="unable_to_connect",
        after="processing",
    )
    assert text == "Noyo confirmed @UANA's retry · Unable to connect → Processing" + WHEN


def test_a_deleted_operation_still_has_a_line() -> None:
    assert "was succeeded" in line_text(EventKind.OPERATION_CHANGED, operation_state=OperationState.SUCCEEDED)
    assert "was settled" in line_text(EventKind.OPERATION_CHANGED)


def test_a_record_from_before_the_first_run_says_so() -> None:
    assert line_text(EventKind.SUMMARY) == "Existed before Switchboard started" + WHEN


def test_a_line_is_one_block_and_one_line() -> None:
    event = OutboxEvent("n", EventKind.RECORD_CHANGED, connection_ref("x"), CHANGED, None, after="created")
    message = thread_line(ThreadLine(event), DISPLAY)
    assert len(message.blocks()) == 1
    assert "\n" not in message.rendered().text
