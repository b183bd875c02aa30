"""First run: existing records are ingested silently and summarized once, and waiting decisions get cards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from bot import policies
from bot.domain.outbox import EventKind
from bot.domain.records import EntityKind
from bot.usecases.records.poll import publish_first_run
from infra.local.noyo import Rules
from tests.usecases.in_memory import START, Ingestion


@pytest.fixture
def ingestion() -> Iterator[Ingestion]:
    with Ingestion() as ingestion:
        yield ingestion


def test_existing_records_are_stored_with_one_summary_and_no_other_message(ingestion: Ingestion) -> None:
    ingestion.add_connections(5, status="unable_to_connect")
    ingestion.run_first_polls()
    ingestion.wait()
    ingestion.run_first_polls()

    assert ingestion.reported_statuses() == []
    assert len(ingestion.records.states) == 5
    assert [event.kind for event in ingestion.outbox.put_once.values()] == [EventKind.SUMMARY]


def test_changes_during_the_first_run_are_published(ingestion: Ingestion) -> None:
    ingestion.noyo.rules = Rules(settle_script=None, max_page_size=20)
    ids = ingestion.add_connections(50)
    moving = iter([ids[45], ids[0]])

    def move(path: str, query: Mapping[str, str]) -> None:
        del path, query
        for record_id in moving:
            ingestion.noyo.move_connection(record_id, "unable_to_connect")
            return

    ingestion.noyo.on_list = move
    ingestion.poll()

    assert sorted(ingestion.reported_statuses()) == ["unable_to_connect"] * 2
    assert {ingestion.status(record_id) for record_id in (ids[45], ids[0])} == {"unable_to_connect"}


def test_a_record_known_before_the_first_run_never_changes_silently(ingestion: Ingestion) -> None:
    record_id = ingestion.add_connections(1, status="created")[0]
    ingestion.ingest(ingestion.client.connection(record_id))
    ingestion.noyo.move_connection(record_id, "unable_to_connect")
    ingestion.wait(10)

    ingestion.run_first_polls()

    assert ingestion.reported_statuses(record_id) == ["created", "unable_to_connect"]


def test_waiting_requests_get_cards_at_intervals_by_end_date(ingestion: Ingestion) -> None:
    ends_last = ingestion.add_waiting_disconnection("2026-12-31")
    ends_first = ingestion.add_waiting_disconnection("2026-09-30")
    without_end_date = [ingestion.add_waiting_disconnection(None) for _ in range(2)]
    ends_second = ingestion.add_waiting_disconnection("2026-10-31")
    ingestion.add_waiting_disconnection("2026-01-01", status="completed")

    ingestion.run_first_polls()

    cards = [event for event in ingestion.outbox.put_once.values() if event.kind is EventKind.RECORD_CHANGED]
    assert [event.entity.key for event in cards[:3]] == [ends_first, ends_second, ends_last]
    assert {event.entity.key for event in cards[3:]} == set(without_end_date)
    assert [event.due for event in cards] == [
        START + index * policies.FIRST_RUN_CARD_INTERVAL_SECONDS for index in range(5)
    ]
    assert ingestion.reported_statuses() == []


def test_every_waiting_request_gets_a_card_despite_interruptions() -> None:
    with Ingestion(rules=Rules(settle_script=None, max_page_size=100)) as ingestion:
        waiting = {
            ingestion.add_waiting_disconnection("2026-12-31", created=START - 9000 - number) for number in range(620)
        }

        assert any(ingestion.poll(EntityKind.DISCONNECTION, seconds=0).finished for _ in range(20))

        assert {event.entity.key for event in ingestion.outbox.put_once.values()} == waiting


def test_a_request_missing_from_the_index_gets_a_card_too(ingestion: Ingestion) -> None:
    record_id = ingestion.add_waiting_disconnection("2026-12-31")
    ingestion.run_first_polls()
    records: Any = ingestion.records
    records.in_status = lambda *_, **__: []
    ingestion.outbox.put_once.clear()
    seen = [ingestion.record_state(record_id, EntityKind.DISCONNECTION).record]

    publish_first_run(EntityKind.DISCONNECTION, seen, ingestion.dependencies())

    assert record_id in {event.entity.key for event in ingestion.outbox.put_once.values()}


def test_a_request_decided_during_the_run_gets_no_card(ingestion: Ingestion) -> None:
    record_id = ingestion.add_waiting_disconnection("2026-12-31")
    ingestion.poll(EntityKind.DISCONNECTION)
    ingestion.outbox.put_once.clear()
    seen = [ingestion.record_state(record_id, EntityKind.DISCONNECTION).record]
    ingestion.noyo.move_disconnection(record_id, "rejected")
    ingestion.ingest(ingestion.client.disconnection(record_id))

    publish_first_run(EntityKind.DISCONNECTION, seen, ingestion.dependencies())

    assert ingestion.outbox.put_once == {}


def test_the_summary_waits_for_both_lists(ingestion: Ingestion) -> None:
    ingestion.poll(EntityKind.DISCONNECTION)
    assert "first_run_summary" not in ingestion.outbox.put_once

    ingestion.poll(EntityKind.CONNECTION)
    assert "first_run_summary" in ingestion.outbox.put_once


def test_a_run_that_stops_before_saving_the_cursor_publishes_the_summary_when_repeated(ingestion: Ingestion) -> None:
    """Cards are published before the cursor is saved, so that a stop in between does not lose them."""
    record_id = ingestion.add_waiting_disconnection("2026-12-31")

    class ProcessStopped(Exception):
        pass

    def stop_process() -> None:
        raise ProcessStopped

    ingestion.cursors.between = None
    ingestion.poll(EntityKind.CONNECTION)
    ingestion.cursors.save(EntityKind.DISCONNECTION, _born_now())
    ingestion.cursors.between = stop_process
    with pytest.raises(ProcessStopped):
        ingestion.poll(EntityKind.DISCONNECTION)

    assert {event.entity.key for event in ingestion.outbox.put_once.values()} == {record_id, "summary"}
    ingestion.wait(60)
    ingestion.poll(EntityKind.DISCONNECTION)
    assert len(ingestion.outbox.put_once) == 3, "the card, its first day, the summary"


def _born_now() -> Any:
    from bot.domain.polling import PollCursor

    return PollCursor(started_at=START)


def test_two_lists_that_complete_at_once_do_not_wait_for_each_other(ingestion: Ingestion) -> None:
    ingestion.add_connections(1)
    for kind in (EntityKind.CONNECTION, EntityKind.DISCONNECTION):
        ingestion.cursors.save(kind, _born_now())

    ingestion.cursors.between = lambda: ingestion.poll(EntityKind.DISCONNECTION)
    ingestion.poll(EntityKind.CONNECTION)

    assert "first_run_summary" in ingestion.outbox.put_once
