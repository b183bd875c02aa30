"""Use case tests: who is checking a request, told everywhere, over by itself, and in nobody's way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from bot.domain.business_days import after_working_hours
from bot.domain.outbox import EventKind
from bot.domain.record_states import RecordState
from bot.domain.records import EntityKind, EntityRef
from bot.usecases.dependencies import Dependencies
from bot.usecases.records.claim import claim_request, expire_claim, release_claim
from tests.system import ANA, BEN, DECISIONS, GUARDIAN, System
from tests.usecases.notification_bench import Around, begun, due, shown

GROUP = "11111111-0000-4000-8000-000000000001"


@pytest.fixture
def system() -> Iterator[System]:
    with begun(APPROVERS=f"{ANA},{BEN}") as system:
        yield system


def asks(system: System, **fields: Any) -> EntityRef:
    made = system.noyo.carrier_requests_disconnection(
        carrier_id=GUARDIAN,
        group_id=GROUP,
        group_name="Test Company",
        effective_end_date="2026-12-31",
        **fields,
    )
    system.poll()
    system.notify()
    return EntityRef(EntityKind.DISCONNECTION, str(made["id"]))


def held(system: System, entity: EntityRef) -> RecordState:
    found = system.bot.repositories.records.record_state(entity)
    assert found is not None
    return found


def tools(system: System, **happens: Callable[[], object]) -> Dependencies:
    made = system.bot.slack_dependencies
    return replace(made, records=Around(made.records, **happens)) if happens else made


def deeds(system: System, entity: EntityRef) -> list[tuple[str, str | None]]:
    return [
        (one.action, one.actor) for one in reversed(system.bot.repositories.audit.entries(entity, limit=20))
    ]


def passes(system: System, until: int) -> None:
    """Time goes on, and nobody polls."""
    system.clock.now = float(until)
    for _ in range(3):
        system.notify()
        system.wait(5)


def test_whoever_takes_it_stands_on_the_card_and_in_its_thread(system: System) -> None:
    entity = asks(system)

    claim_request(entity, BEN, tools(system))
    system.notify()

    [card] = system.slack.channel(DECISIONS)
    assert "**Claimed by:** @Ben" in system.slack.render(card)
    assert system.slack.render(card.thread[-1]).startswith("Claimed by @Ben · ")
    assert deeds(system, entity) == [("claimed", BEN)]


def test_taking_again_does_not_begin_the_hours_anew(system: System) -> None:
    entity = asks(system)
    claim_request(entity, BEN, tools(system))
    first = held(system, entity)
    system.wait(600)

    assert claim_request(entity, BEN, tools(system)) == first
    assert held(system, entity).owned_since == first.owned_since
    assert deeds(system, entity) == [("claimed", BEN)]


def test_somebody_else_may_take_it_over_and_only_they_can_let_go_then(system: System) -> None:
    entity = asks(system)
    claim_request(entity, BEN, tools(system))
    system.wait(1)
    claim_request(entity, ANA, tools(system))
    system.wait(1)

    before = release_claim(entity, BEN, tools(system))
    assert before is not None
    assert before.owner == ANA
    assert held(system, entity).owner == ANA
    release_claim(entity, ANA, tools(system))
    assert held(system, entity).owner is None
    system.notify()

    [card] = system.slack.channel(DECISIONS)
    assert "is checking" not in system.slack.render(card)
    told = [system.slack.render(line).split(" · ")[0] for line in card.thread[1:]]
    assert told == ["Claimed by @Ben", "Claimed by @Ana, previously @Ben", "@Ana released it"]
    assert deeds(system, entity) == [("claimed", BEN), ("claimed", ANA), ("released", ANA)]


def test_it_is_over_by_itself_after_some_working_hours_and_not_before(system: System) -> None:
    entity = asks(system)
    claim_request(entity, BEN, tools(system))
    ends = after_working_hours(int(system.clock()), 4, system.settings.timezone)
    assert held(system, entity).owned_until == ends

    passes(system, ends - 100)
    assert held(system, entity).owner == BEN
    passes(system, ends)

    assert held(system, entity).owner is None
    [card] = shown(system, DECISIONS)
    assert "is checking" not in card
    assert deeds(system, entity) == [("claimed", BEN), ("claim_expired", None)]


def test_the_end_of_the_first_hours_takes_it_from_nobody_who_took_it_later(system: System) -> None:
    entity = asks(system)
    claim_request(entity, BEN, tools(system))
    first = held(system, entity).owned_until or 0
    system.wait(60)
    release_claim(entity, BEN, tools(system))
    claim_request(entity, BEN, tools(system))

    passes(system, first)

    assert held(system, entity).owner == BEN


def test_a_decision_ends_it_and_its_hours_end_quietly(system: System) -> None:
    entity = asks(system)
    claim_request(entity, BEN, tools(system))
    ends = held(system, entity).owned_until or 0
    system.wait(10)
    system.noyo.move_disconnection(entity.key, "rejected")
    system.poll()
    system.notify()
    assert held(system, entity).owner is None
    assert "is checking" not in shown(system, DECISIONS)[0]

    passes(system, ends)

    assert deeds(system, entity) == [("claimed", BEN)]
    assert claim_request(entity, BEN, tools(system)) == held(system, entity), "nothing is left to check"
    assert deeds(system, entity) == [("claimed", BEN)]


def test_a_change_that_leaves_it_waiting_leaves_it_with_whoever_is_checking(system: System) -> None:
    entity = asks(system)
    claim_request(entity, BEN, tools(system))
    system.wait(10)
    system.noyo.move_disconnection(entity.key, "needs_review", effective_end_date="2027-01-31")
    system.poll()

    assert held(system, entity).owner == BEN


def test_a_record_that_moves_while_it_is_taken_is_taken_as_it_is_then(system: System) -> None:
    entity = asks(system)

    def moves() -> None:
        system.wait(10)
        system.noyo.move_disconnection(entity.key, "rejected")
        system.poll()

    after = claim_request(entity, BEN, tools(system, before_write=moves))

    assert after is not None
    assert after.owner is None
    assert after.status.value == "rejected"
    assert deeds(system, entity) == []


def test_of_two_at_once_both_are_told_who_has_it_and_both_are_kept(system: System) -> None:
    entity = asks(system)

    after = claim_request(
        entity, BEN, tools(system, before_write=lambda: claim_request(entity, ANA, tools(system)))
    )

    assert after is not None
    assert (after.owner, held(system, entity).owner) == (BEN, BEN)
    assert sorted(deeds(system, entity)) == [("claimed", ANA), ("claimed", BEN)]


def test_the_same_lapse_again_changes_nothing(system: System) -> None:
    entity = asks(system)
    claim_request(entity, BEN, tools(system))
    [ends] = [
        event
        for event in map(system.bot.repositories.outbox.event, due(system))
        if event and event.kind is EventKind.CLAIM_EXPIRY
    ]
    for _ in range(2):
        expire_claim(ends, tools(system))

    # Both in one second of the clock, within which the trail has no order.
    assert sorted(deeds(system, entity)) == [("claim_expired", None), ("claimed", BEN)]
    assert ends.due == held(system, entity).owned_until or ends.due == after_working_hours(
        ends.at, 4, system.settings.timezone
    )
    assert datetime.fromtimestamp(ends.due or 0, system.settings.timezone).hour in range(9, 18)


def test_of_what_nobody_holds_nothing_can_be_taken(system: System) -> None:
    unknown = EntityRef(EntityKind.DISCONNECTION, "unknown")

    assert claim_request(unknown, BEN, tools(system)) is None
    assert release_claim(unknown, BEN, tools(system)) is None
