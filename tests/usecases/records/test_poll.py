"""Polling: one request without changes, each change published once, and concurrent polls are safe."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.domain.records import EntityKind, UnknownValue
from bot.usecases.records.poll import KINDS
from infra.local.noyo import Rules
from tests.usecases.in_memory import START, SWEEP, Ingestion

CLAMPED = Rules(settle_script=None, max_page_size=20)


@pytest.fixture
def ingestion() -> Iterator[Ingestion]:
    with Ingestion() as ingestion:
        yield ingestion


# ---------------------------------------------------------------- nothing changed


@pytest.mark.parametrize("rules", [Rules(settle_script=None), CLAMPED], ids=["whole pages", "clamped pages"])
def test_three_hundred_open_connections_without_a_change_are_one_request_a_poll(rules: Rules) -> None:
    with Ingestion(rules=rules) as ingestion:
        ingestion.add_connections(300)
        ingestion.poll()
        before = ingestion.list_request_count()

        for _ in range(5):
            ingestion.wait()
            report = ingestion.poll()
            assert (report.requests, report.changed, report.finished) == (1, 0, True)

        assert ingestion.list_request_count() - before == 5
        assert len(ingestion.records.states) == 300


@pytest.mark.parametrize("size", [100, 20])
def test_rows_of_the_same_second_are_one_request_after_the_overlap(size: int) -> None:
    with Ingestion(rules=Rules(settle_script=None, max_page_size=size)) as ingestion:
        ingestion.add_connections(150, every=0)
        ingestion.poll()
        for _ in range(3):
            ingestion.wait()
            ingestion.poll()
        before = ingestion.list_request_count()

        for _ in range(4):
            ingestion.wait()
            ingestion.poll()

        assert ingestion.list_request_count() - before == 4


def test_a_change_after_a_quiet_period_starts_the_overlap_again(ingestion: Ingestion) -> None:
    record_id, other = ingestion.add_connections(2)
    ingestion.poll()
    for _ in range(4):
        ingestion.wait()
        ingestion.poll()
    assert ingestion.cursors.saved[EntityKind.CONNECTION].overlap_settled

    ingestion.noyo.move_connection(record_id, "completed")
    ingestion.poll()

    assert not ingestion.cursors.saved[EntityKind.CONNECTION].overlap_settled
    assert (ingestion.reported_statuses(record_id), ingestion.reported_statuses(other)) == (["completed"], [])


def test_a_row_that_appears_late_is_found_within_the_overlap(ingestion: Ingestion) -> None:
    ingestion.add_connections(120, every=1)
    ingestion.poll()
    ingestion.wait()
    slow = ingestion.noyo.add_connection(created=START - 3600 - 119, status="processing")["id"]

    ingestion.poll()

    assert ingestion.reported_statuses(slow) == ["processing"]


def test_an_empty_list_is_one_request_and_complete(ingestion: Ingestion) -> None:
    first, second = ingestion.poll(), ingestion.poll()

    assert (first.requests, second.requests) == (1, 1)
    assert first.finished
    assert second.finished
    assert ingestion.cursors.saved[EntityKind.CONNECTION].since == 0


# ---------------------------------------------------------------- a change


def test_a_change_is_published_once(ingestion: Ingestion) -> None:
    record_id, *_ = ingestion.add_connections(3)
    ingestion.poll()
    ingestion.wait()
    ingestion.noyo.move_connection(record_id, "unable_to_connect", error="no such group")

    for _ in range(4):
        ingestion.poll()
        ingestion.wait()

    assert ingestion.reported_statuses() == ["unable_to_connect"]
    assert ingestion.status(record_id) == "unable_to_connect"


def test_an_unknown_status_is_kept_as_received(ingestion: Ingestion) -> None:
    (record_id,) = ingestion.add_connections(1)
    ingestion.poll()
    ingestion.wait()
    ingestion.noyo.move_connection(record_id, "connecting")

    ingestion.poll()

    assert ingestion.record_state(record_id).status == UnknownValue("connecting")
    assert ingestion.reported_statuses() == ["connecting"]
    assert [record.entity.key for record in ingestion.records.open_records(EntityKind.CONNECTION)] == [record_id]


def test_disconnections_are_polled_like_connections(ingestion: Ingestion) -> None:
    record_id = ingestion.add_waiting_disconnection("2026-12-31")
    ingestion.run_first_polls()
    ingestion.wait()
    ingestion.noyo.move_disconnection(record_id, "rejected")

    report = ingestion.poll(EntityKind.DISCONNECTION)

    assert (report.requests, ingestion.reported_statuses(record_id)) == (1, ["rejected"])


def test_both_lists_are_polled() -> None:
    assert set(KINDS) == {EntityKind.CONNECTION, EntityKind.DISCONNECTION}


# ---------------------------------------------------------------- concurrent polls


def test_two_concurrent_polls_publish_each_change_once_and_save_the_cursor_once(ingestion: Ingestion) -> None:
    record_id, other = ingestion.add_connections(2)
    ingestion.run_first_polls()
    ingestion.wait()
    ingestion.noyo.move_connection(record_id, "completed")
    ingestion.noyo.move_connection(other, "noyo_review")
    before = ingestion.cursors.saved[EntityKind.CONNECTION]
    ingestion.cursors.between = ingestion.poll

    ingestion.poll()

    assert sorted(ingestion.reported_statuses()) == ["completed", "noyo_review"]
    assert ingestion.cursors.saved[EntityKind.CONNECTION].revision == before.revision + 1


def test_two_concurrent_first_runs_publish_one_summary(ingestion: Ingestion) -> None:
    ingestion.add_connections(3)
    ingestion.add_waiting_disconnection("2026-12-31")
    ingestion.cursors.between = ingestion.run_first_polls

    ingestion.run_first_polls()

    assert len(ingestion.outbox.put_once) == 3, "the card, its first day, the summary"
    assert "first_run_summary" in ingestion.outbox.put_once


# ---------------------------------------------------------------- the sweep


def test_a_sweep_finds_changes_with_an_unchanged_modified_time(ingestion: Ingestion) -> None:
    ids = ingestion.add_connections(150)
    ingestion.run_first_polls()
    ingestion.noyo.rules = Rules(settle_script=None, freeze_modified=True)
    ingestion.noyo.move_connection(ids[140], "unable_to_connect")
    ingestion.wait()
    ingestion.poll()
    assert ingestion.reported_statuses() == []

    ingestion.wait(SWEEP)
    ingestion.poll()

    assert ingestion.reported_statuses() == ["unable_to_connect"]
    assert ingestion.status(ids[140]) == "unable_to_connect"
