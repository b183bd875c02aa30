"""The beginning: what was there is taken in silently, said once, and what waits for a decision gets a card."""

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


def test_what_was_there_before_us_fills_the_table_without_a_word_but_one_summary(
    ingestion: Ingestion,
) -> None:
    ingestion.add(5, status="unable_to_connect")
    ingestion.begin()
    ingestion.wait()
    ingestion.begin()

    assert ingestion.told() == []
    assert len(ingestion.records.states) == 5
    assert [event.kind for event in ingestion.news.put_once.values()] == [EventKind.SUMMARY]


def test_what_changes_during_the_first_run_is_told(ingestion: Ingestion) -> None:
    ingestion.noyo.rules = Rules(settle_script=None, max_page_size=20)
    ids = ingestion.add(50)
    moving = iter([ids[45], ids[0]])

    def move(path: str, query: Mapping[str, str]) -> None:
        del path, query
        for one in moving:
            ingestion.noyo.move_connection(one, "unable_to_connect")
            return

    ingestion.noyo.on_list = move
    ingestion.poll()

    assert sorted(ingestion.told()) == ["unable_to_connect"] * 2
    assert {ingestion.status(one) for one in (ids[45], ids[0])} == {"unable_to_connect"}


def test_a_record_that_we_knew_before_the_first_run_is_not_moved_silently(ingestion: Ingestion) -> None:
    one = ingestion.add(1, status="created")[0]
    ingestion.observe(ingestion.client.connection(one))
    ingestion.noyo.move_connection(one, "unable_to_connect")
    ingestion.wait(10)

    ingestion.begin()

    assert ingestion.told(one) == ["created", "unable_to_connect"]


def test_requests_that_wait_for_a_decision_get_a_card_each_the_soonest_end_date_first_and_paced(
    ingestion: Ingestion,
) -> None:
    late = ingestion.waits_for_us("2026-12-31")
    soon = ingestion.waits_for_us("2026-09-30")
    never = [ingestion.waits_for_us(None) for _ in range(2)]
    middle = ingestion.waits_for_us("2026-10-31")
    ingestion.waits_for_us("2026-01-01", status="completed")

    ingestion.begin()

    cards = [event for event in ingestion.news.put_once.values() if event.kind is EventKind.RECORD_CHANGED]
    assert [event.entity.key for event in cards[:3]] == [soon, middle, late]
    assert {event.entity.key for event in cards[3:]} == set(never)
    assert [event.due for event in cards] == [
        START + place * policies.FIRST_RUN_CARD_INTERVAL_SECONDS for place in range(5)
    ]
    assert ingestion.told() == []


def test_every_one_that_waits_gets_its_card_however_many_and_however_often_the_run_was_cut() -> None:
    with Ingestion(rules=Rules(settle_script=None, max_page_size=100)) as ingestion:
        waiting = {
            ingestion.waits_for_us("2026-12-31", created=START - 9000 - number) for number in range(620)
        }

        assert any(ingestion.poll(EntityKind.DISCONNECTION, seconds=0).finished for _ in range(20))

        assert {event.entity.key for event in ingestion.news.put_once.values()} == waiting


def test_what_the_index_does_not_show_yet_but_the_run_saw_gets_its_card_too(ingestion: Ingestion) -> None:
    one = ingestion.waits_for_us("2026-12-31")
    ingestion.begin()
    records: Any = ingestion.records
    records.in_status = lambda *_, **__: []
    event: Any = type(ingestion.news)()
    seen = [ingestion.held(one, EntityKind.DISCONNECTION).record]

    publish_first_run(
        EntityKind.DISCONNECTION, seen, records=records, outbox=event, cursors=ingestion.cursors, now=START
    )

    assert one in {piece.entity.key for piece in event.put_once.values()}


def test_one_that_was_decided_before_the_run_ended_gets_no_card(ingestion: Ingestion) -> None:
    one = ingestion.waits_for_us("2026-12-31")
    ingestion.poll(EntityKind.DISCONNECTION)
    ingestion.news.put_once.clear()
    seen = [ingestion.held(one, EntityKind.DISCONNECTION).record]
    ingestion.noyo.move_disconnection(one, "rejected")
    ingestion.observe(ingestion.client.disconnection(one))
    book: Any = ingestion.news

    publish_first_run(
        EntityKind.DISCONNECTION,
        seen,
        records=ingestion.records,
        outbox=book,
        cursors=ingestion.cursors,
        now=START,
    )

    assert ingestion.news.put_once == {}


def test_the_summary_waits_until_both_lists_are_known(ingestion: Ingestion) -> None:
    ingestion.poll(EntityKind.DISCONNECTION)
    assert "first_run_summary" not in ingestion.news.put_once

    ingestion.poll(EntityKind.CONNECTION)
    assert "first_run_summary" in ingestion.news.put_once


def test_a_run_that_dies_before_the_cursor_says_so_tells_the_beginning_when_it_comes_back(
    ingestion: Ingestion,
) -> None:
    """The cards first, the cursor after: the other way round a stop in between would lose them for good."""
    one = ingestion.waits_for_us("2026-12-31")

    class Died(Exception):
        pass

    def die() -> None:
        raise Died

    ingestion.cursors.between = None
    ingestion.poll(EntityKind.CONNECTION)
    ingestion.cursors.save(EntityKind.DISCONNECTION, _born_now())
    ingestion.cursors.between = die
    with pytest.raises(Died):
        ingestion.poll(EntityKind.DISCONNECTION)

    assert {event.entity.key for event in ingestion.news.put_once.values()} == {one, "summary"}
    ingestion.wait(60)
    ingestion.poll(EntityKind.DISCONNECTION)
    assert len(ingestion.news.put_once) == 3, "the card, its first day, the summary"


def _born_now() -> Any:
    from bot.domain.polling import PollCursor

    return PollCursor(started_at=START)


def test_two_lists_that_end_in_one_moment_do_not_wait_for_each_other(ingestion: Ingestion) -> None:
    ingestion.add(1)
    for kind in (EntityKind.CONNECTION, EntityKind.DISCONNECTION):
        ingestion.cursors.save(kind, _born_now())

    ingestion.cursors.between = lambda: ingestion.poll(EntityKind.DISCONNECTION)
    ingestion.poll(EntityKind.CONNECTION)

    assert "first_run_summary" in ingestion.news.put_once
