"""The beginning: what was there is taken in silently, said once, and what waits for a decision gets a card."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from bot import policies
from bot.domain.entities import EntityKind
from bot.domain.outbox import EventKind
from bot.usecases.records.first_run import publish_first_run
from infra.local.noyo import Rules
from tests.usecases.in_memory import START, Learner


@pytest.fixture
def learner() -> Iterator[Learner]:
    with Learner() as learner:
        yield learner


def test_what_was_there_before_us_fills_the_table_without_a_word_but_one_summary(learner: Learner) -> None:
    learner.add(5, status="unable_to_connect")
    learner.begin()
    learner.wait()
    learner.begin()

    assert learner.told() == []
    assert len(learner.records.states) == 5
    assert [event.kind for event in learner.news.put_once.values()] == [EventKind.SUMMARY]


def test_what_changes_during_the_first_run_is_told(learner: Learner) -> None:
    learner.noyo.rules = Rules(settle_script=None, max_page_size=20)
    ids = learner.add(50)
    moving = iter([ids[45], ids[0]])

    def move(path: str, query: Mapping[str, str]) -> None:
        del path, query
        for one in moving:
            learner.noyo.move_connection(one, "unable_to_connect")
            return

    learner.noyo.on_list = move
    learner.poll()

    assert sorted(learner.told()) == ["unable_to_connect"] * 2
    assert {learner.status(one) for one in (ids[45], ids[0])} == {"unable_to_connect"}


def test_a_record_that_we_knew_before_the_first_run_is_not_moved_silently(learner: Learner) -> None:
    one = learner.add(1, status="created")[0]
    learner.observe(learner.client.connection(one))
    learner.noyo.move_connection(one, "unable_to_connect")
    learner.wait(10)

    learner.begin()

    assert learner.told(one) == ["created", "unable_to_connect"]


def test_requests_that_wait_for_a_decision_get_a_card_each_the_soonest_end_date_first_and_paced(
    learner: Learner,
) -> None:
    late = learner.waits_for_us("2026-12-31")
    soon = learner.waits_for_us("2026-09-30")
    never = [learner.waits_for_us(None) for _ in range(2)]
    middle = learner.waits_for_us("2026-10-31")
    learner.waits_for_us("2026-01-01", status="completed")

    learner.begin()

    cards = [event for event in learner.news.put_once.values() if event.kind is EventKind.RECORD_CHANGED]
    assert [event.entity.key for event in cards[:3]] == [soon, middle, late]
    assert {event.entity.key for event in cards[3:]} == set(never)
    assert [event.due for event in cards] == [
        START + place * policies.FIRST_RUN_CARD_INTERVAL_SECONDS for place in range(5)
    ]
    assert learner.told() == []


def test_every_one_that_waits_gets_its_card_however_many_and_however_often_the_run_was_cut() -> None:
    with Learner(rules=Rules(settle_script=None, max_page_size=100)) as learner:
        waiting = {learner.waits_for_us("2026-12-31", created=START - 9000 - number) for number in range(620)}

        assert any(learner.poll(EntityKind.DISCONNECTION, seconds=0).finished for _ in range(20))

        assert {event.entity.key for event in learner.news.put_once.values()} == waiting


def test_what_the_index_does_not_show_yet_but_the_run_saw_gets_its_card_too(learner: Learner) -> None:
    one = learner.waits_for_us("2026-12-31")
    learner.begin()
    records: Any = learner.records
    records.in_status = lambda *_, **__: []
    event: Any = type(learner.news)()
    seen = [learner.held(one, EntityKind.DISCONNECTION).record]

    publish_first_run(
        EntityKind.DISCONNECTION, seen, records=records, outbox=event, cursors=learner.cursors, now=START
    )

    assert one in {piece.entity.key for piece in event.put_once.values()}


def test_one_that_was_decided_before_the_run_ended_gets_no_card(learner: Learner) -> None:
    one = learner.waits_for_us("2026-12-31")
    learner.poll(EntityKind.DISCONNECTION)
    learner.news.put_once.clear()
    seen = [learner.held(one, EntityKind.DISCONNECTION).record]
    learner.noyo.move_disconnection(one, "rejected")
    learner.observe(learner.client.disconnection(one))
    book: Any = learner.news

    publish_first_run(
        EntityKind.DISCONNECTION,
        seen,
        records=learner.records,
        outbox=book,
        cursors=learner.cursors,
        now=START,
    )

    assert learner.news.put_once == {}


def test_the_summary_waits_until_both_lists_are_known(learner: Learner) -> None:
    learner.poll(EntityKind.DISCONNECTION)
    assert "first_run_summary" not in learner.news.put_once

    learner.poll(EntityKind.CONNECTION)
    assert "first_run_summary" in learner.news.put_once


def test_a_run_that_dies_before_the_cursor_says_so_tells_the_beginning_when_it_comes_back(
    learner: Learner,
) -> None:
    """The cards first, the cursor after: the other way round a stop in between would lose them for good."""
    one = learner.waits_for_us("2026-12-31")

    class Died(Exception):
        pass

    def die() -> None:
        raise Died

    learner.cursors.between = None
    learner.poll(EntityKind.CONNECTION)
    learner.cursors.save(EntityKind.DISCONNECTION, _born_now())
    learner.cursors.between = die
    with pytest.raises(Died):
        learner.poll(EntityKind.DISCONNECTION)

    assert {event.entity.key for event in learner.news.put_once.values()} == {one, "summary"}
    learner.wait(60)
    learner.poll(EntityKind.DISCONNECTION)
    assert len(learner.news.put_once) == 3, "the card, its first day, the summary"


def _born_now() -> Any:
    from bot.domain.polling import PollCursor

    return PollCursor(started_at=START)


def test_two_lists_that_end_in_one_moment_do_not_wait_for_each_other(learner: Learner) -> None:
    learner.add(1)
    for kind in (EntityKind.CONNECTION, EntityKind.DISCONNECTION):
        learner.cursors.save(kind, _born_now())

    learner.cursors.between = lambda: learner.poll(EntityKind.DISCONNECTION)
    learner.poll(EntityKind.CONNECTION)

    assert "first_run_summary" in learner.news.put_once
