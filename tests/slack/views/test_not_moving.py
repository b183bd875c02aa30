"""The report of what does not move, for people who call a carrier with it."""

from __future__ import annotations

from bot.domain.content import NotMoving, NotMovingRecord
from bot.domain.records import ConnectionStatus, DisconnectionStatus
from bot.slack.views.not_moving import not_moving
from infra.local.gallery.cards import DISPLAY, connection, request
from infra.local.gallery.samples import CHANGED

CARRIER = connection().record.carrier_id


def text_of(content: NotMoving) -> str:
    return not_moving(content, DISPLAY).rendered().text


def test_each_line_says_which_group_what_it_waits_for_how_long_and_its_id() -> None:
    waits = NotMovingRecord(connection(status=ConnectionStatus.WAITING_ON_CARRIER), 6)
    text = text_of(NotMoving(CARRIER, (waits,), 1, 8, CHANGED))

    assert "1 record" in text
    for part in (waits.record_state.record.group_name, "unchanged for 6 business days", "Carrier group id"):
        assert str(part) in text
    assert "older than 8 days" in text
    assert "more." not in text


def test_a_late_disconnection_says_that_its_last_day_is_over() -> None:
    late = NotMovingRecord(request(status=DisconnectionStatus.PROCESSING), 2, is_overdue=True)
    text = text_of(NotMoving(CARRIER, (late,), 3, 0, CHANGED))

    assert "although its last managed day is over" in text
    assert "and 2 more." in text
    assert "older than" not in text, "it may have changed a moment ago"


def test_a_carrier_without_a_name_is_listed_by_age_alone() -> None:
    waits = NotMovingRecord(connection(status=ConnectionStatus.WAITING_ON_CARRIER), 6)
    text = text_of(NotMoving("unnamed", (waits,), 1, 8, CHANGED))

    assert f"{DISPLAY.command} list older than 8 days" in text
