"""Rows of lists: which record it is, how it is, and since when."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.operations import OperationState
from bot.slack.views.message import Message
from bot.slack.views.record_rows import note_line, question_row, record_line, unconfirmed_row, unreadable
from bot.slack.views.rich_text import plain
from infra.local.gallery.cards import DISPLAY, connection, request
from infra.local.gallery.operations import LAST_DAY, disconnection
from infra.local.gallery.samples import CHANGED, a_retry

DAY = 86_400


def test_a_row_says_which_kind_of_record_it_is_and_its_status() -> None:
    assert "Connection · Maple Bakery Inc · Guardian: Unable to connect. Carrier group id: " in plain(
        record_line(connection().record, None, DISPLAY), limit=500
    )
    line = plain(record_line(request(effective_end_date=LAST_DAY).record, None, DISPLAY, LAST_DAY), limit=500)
    assert line.startswith("Disconnection request · ")
    assert line.endswith("ends today")


@pytest.mark.parametrize(
    ("age", "words"), [(0, "Changed today"), (DAY, "Unchanged for 1 day."), (9 * DAY, "Unchanged for 9 days.")]
)
def test_a_note_says_how_long_nothing_changed_who_requested_and_who_claimed_it(age: int, words: str) -> None:
    claimed = replace(connection(), owner="UBEN", owned_since=CHANGED)
    note = plain(note_line(claimed, claimed.record.modified + age), limit=500)

    assert note.startswith(words.rstrip("."))
    assert "Requested by UANA" in note
    assert "Claimed by: UBEN" in note


def test_a_question_is_answered_in_its_alert() -> None:
    unclear = a_retry(state=OperationState.NEEDS_RESOLUTION, sends=1)
    shown = Message(question_row(unclear, connection(), DISPLAY)).rendered()

    assert f"Answer the question in <#{DISPLAY.alerts_channel}>." in shown.text
    assert "button" not in shown.blocks


def test_only_a_request_to_disconnect_waits_for_a_second_approver() -> None:
    waits = unconfirmed_row(disconnection(confirmed=False), DISPLAY)
    assert "confirm_disconnection" in Message(waits).rendered().blocks
    assert unconfirmed_row(a_retry(), DISPLAY) == []


def test_what_cannot_be_read_is_counted() -> None:
    assert unreadable(0) == ""
    assert "cannot read 2 of them" in unreadable(2)
