"""What needs people, counted by kind, and who is to act."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.domain.morning_summary import Need, NeedCount, OpenTask, count_needs, needs_team, parse_hour
from bot.domain.operations import OperationState
from bot.domain.record_filter import NEED_OUR_ACTION, OpenRecord, listed
from bot.domain.records import ConnectionStatus, DisconnectionStatus, EntityRef
from infra.local.gallery.samples import a_connection, a_disconnection, a_pending_disconnection, a_record_state, a_retry


def open_record(number: int, position: int, end: date | None = None) -> OpenRecord:
    """In the status at this position of `NEED_OUR_ACTION`."""
    kind, status = NEED_OUR_ACTION[position]
    return OpenRecord(EntityRef(kind, f"{number}"), status, 1000 - number, end)


def test_each_kind_is_counted_with_its_oldest_and_its_first_last_day() -> None:
    days = date(2026, 12, 1), date(2026, 11, 20)
    records = [open_record(1, 0, days[0]), open_record(2, 0, days[1]), open_record(3, 0), open_record(4, 1)]
    asked = replace(a_retry(), state=OperationState.NEEDS_RESOLUTION, submitted_at=700)

    assert count_needs(records, [asked]) == (
        NeedCount(Need.ANSWER, 1, 700),
        NeedCount(Need.DECISION, 3, 997, days[1]),
        NeedCount(Need.RETRY, 1, 996),
    )


def test_every_status_that_needs_us_is_counted_most_urgent_first() -> None:
    records = [open_record(number, number) for number in reversed(range(len(NEED_OUR_ACTION)))]
    counted = [each.need for each in count_needs(records, [a_pending_disconnection()])]
    assert counted == [each for each in Need if each is not Need.ANSWER]
    assert all(map(needs_team, records))


@pytest.mark.parametrize(
    "record",
    [a_connection(status=ConnectionStatus.WAITING_ON_CARRIER), a_disconnection(status=DisconnectionStatus.PROCESSING)],
    ids=["connection", "request"],
)
def test_what_others_must_move_needs_nobody(record: object) -> None:
    state = a_record_state(record)  # type: ignore[arg-type]
    assert not needs_team(listed(state))
    assert OpenTask(replace(state, owner="UBEN")).responsible is None


def test_a_connection_is_for_its_owner_or_else_for_who_requested_it() -> None:
    state = a_record_state()
    assert OpenTask(state).responsible == "UANA"
    assert OpenTask(replace(state, owner="UBEN")).responsible == "UBEN"
    assert OpenTask(replace(state, requester=None)).responsible is None


def test_nobody_decides_on_their_own_request_so_a_decision_is_only_for_its_owner() -> None:
    state = a_record_state(a_disconnection())
    assert OpenTask(state).responsible is None
    assert OpenTask(replace(state, owner="UBEN")).responsible == "UBEN"


def test_a_question_is_for_who_asked_and_a_second_approval_for_anyone_else() -> None:
    asked = replace(a_retry(), state=OperationState.NEEDS_RESOLUTION)
    assert OpenTask(a_record_state(owner="UBEN"), asked).responsible == "UANA"
    assert OpenTask(None, a_pending_disconnection()).responsible is None


@pytest.mark.parametrize(("text", "hour"), [("none", None), ("0", 0), ("9", 9), ("16", 16)])
def test_the_hour_is_read(text: str, hour: int | None) -> None:
    assert parse_hour(text) == hour


@pytest.mark.parametrize("text", ["17", "-1", "9:30", "nine", "9.5", ""])
def test_another_text_is_no_hour(text: str) -> None:
    with pytest.raises(ValueError, match="from 0 to 16, or none"):
        parse_hour(text)
