"""Use case tests: who is checking a request, told everywhere, over by itself, and in nobody's way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from bot.domain.business_days import after_working_hours
from bot.domain.entities import EntityKind, EntityRef
from bot.domain.outbox import EventKind
from bot.domain.record_states import RecordState
from bot.usecases.dependencies import Dependencies
from bot.usecases.records.claim import claim_request, expire_claim, release_claim
from tests.usecases.notification_bench import Around, begun, due, shown
from tests.world import ANA, BEN, DECISIONS, GUARDIAN, World

GROUP = "11111111-0000-4000-8000-000000000001"


@pytest.fixture
def world() -> Iterator[World]:
    with begun(APPROVERS=f"{ANA},{BEN}") as world:
        yield world


def asks(world: World, **fields: Any) -> EntityRef:
    made = world.noyo.carrier_requests_disconnection(
        carrier_id=GUARDIAN,
        group_id=GROUP,
        group_name="Test Company",
        effective_end_date="2026-12-31",
        **fields,
    )
    world.poll()
    world.notify()
    return EntityRef(EntityKind.DISCONNECTION, str(made["id"]))


def held(world: World, entity: EntityRef) -> RecordState:
    found = world.bot.repositories.records.record_state(entity)
    assert found is not None
    return found


def tools(world: World, **happens: Callable[[], object]) -> Dependencies:
    made = world.bot.slack_dependencies
    return replace(made, records=Around(made.records, **happens)) if happens else made


def deeds(world: World, entity: EntityRef) -> list[tuple[str, str | None]]:
    return [
        (one.action, one.actor) for one in reversed(world.bot.repositories.audit.entries(entity, limit=20))
    ]


def passes(world: World, until: int) -> None:
    """Time goes on, and nobody polls."""
    world.clock.now = float(until)
    for _ in range(3):
        world.notify()
        world.wait(5)


def test_whoever_takes_it_stands_on_the_card_and_in_its_thread(world: World) -> None:
    entity = asks(world)

    claim_request(entity, BEN, tools(world))
    world.notify()

    [card] = world.slack.channel(DECISIONS)
    assert "**Claimed by:** @Ben" in world.slack.render(card)
    assert world.slack.render(card.thread[-1]).startswith("Claimed by @Ben · ")
    assert deeds(world, entity) == [("claimed", BEN)]


def test_taking_again_does_not_begin_the_hours_anew(world: World) -> None:
    entity = asks(world)
    claim_request(entity, BEN, tools(world))
    first = held(world, entity)
    world.wait(600)

    assert claim_request(entity, BEN, tools(world)) == first
    assert held(world, entity).owned_since == first.owned_since
    assert deeds(world, entity) == [("claimed", BEN)]


def test_somebody_else_may_take_it_over_and_only_they_can_let_go_then(world: World) -> None:
    entity = asks(world)
    claim_request(entity, BEN, tools(world))
    world.wait(1)
    claim_request(entity, ANA, tools(world))
    world.wait(1)

    before = release_claim(entity, BEN, tools(world))
    assert before is not None
    assert before.owner == ANA
    assert held(world, entity).owner == ANA
    release_claim(entity, ANA, tools(world))
    assert held(world, entity).owner is None
    world.notify()

    [card] = world.slack.channel(DECISIONS)
    assert "is checking" not in world.slack.render(card)
    told = [world.slack.render(line).split(" · ")[0] for line in card.thread[1:]]
    assert told == ["Claimed by @Ben", "Claimed by @Ana, previously @Ben", "@Ana released it"]
    assert deeds(world, entity) == [("claimed", BEN), ("claimed", ANA), ("released", ANA)]


def test_it_is_over_by_itself_after_some_working_hours_and_not_before(world: World) -> None:
    entity = asks(world)
    claim_request(entity, BEN, tools(world))
    ends = after_working_hours(int(world.clock()), 4, world.settings.timezone)
    assert held(world, entity).owned_until == ends

    passes(world, ends - 100)
    assert held(world, entity).owner == BEN
    passes(world, ends)

    assert held(world, entity).owner is None
    [card] = shown(world, DECISIONS)
    assert "is checking" not in card
    assert deeds(world, entity) == [("claimed", BEN), ("claim_expired", None)]


def test_the_end_of_the_first_hours_takes_it_from_nobody_who_took_it_later(world: World) -> None:
    entity = asks(world)
    claim_request(entity, BEN, tools(world))
    first = held(world, entity).owned_until or 0
    world.wait(60)
    release_claim(entity, BEN, tools(world))
    claim_request(entity, BEN, tools(world))

    passes(world, first)

    assert held(world, entity).owner == BEN


def test_a_decision_ends_it_and_its_hours_end_quietly(world: World) -> None:
    entity = asks(world)
    claim_request(entity, BEN, tools(world))
    ends = held(world, entity).owned_until or 0
    world.wait(10)
    world.noyo.move_disconnection(entity.key, "rejected")
    world.poll()
    world.notify()
    assert held(world, entity).owner is None
    assert "is checking" not in shown(world, DECISIONS)[0]

    passes(world, ends)

    assert deeds(world, entity) == [("claimed", BEN)]
    assert claim_request(entity, BEN, tools(world)) == held(world, entity), "nothing is left to check"
    assert deeds(world, entity) == [("claimed", BEN)]


def test_a_change_that_leaves_it_waiting_leaves_it_with_whoever_is_checking(world: World) -> None:
    entity = asks(world)
    claim_request(entity, BEN, tools(world))
    world.wait(10)
    world.noyo.move_disconnection(entity.key, "needs_review", effective_end_date="2027-01-31")
    world.poll()

    assert held(world, entity).owner == BEN


def test_a_record_that_moves_while_it_is_taken_is_taken_as_it_is_then(world: World) -> None:
    entity = asks(world)

    def moves() -> None:
        world.wait(10)
        world.noyo.move_disconnection(entity.key, "rejected")
        world.poll()

    after = claim_request(entity, BEN, tools(world, before_write=moves))

    assert after is not None
    assert after.owner is None
    assert after.status.value == "rejected"
    assert deeds(world, entity) == []


def test_of_two_at_once_both_are_told_who_has_it_and_both_are_kept(world: World) -> None:
    entity = asks(world)

    after = claim_request(
        entity, BEN, tools(world, before_write=lambda: claim_request(entity, ANA, tools(world)))
    )

    assert after is not None
    assert (after.owner, held(world, entity).owner) == (BEN, BEN)
    assert sorted(deeds(world, entity)) == [("claimed", ANA), ("claimed", BEN)]


def test_the_same_lapse_again_changes_nothing(world: World) -> None:
    entity = asks(world)
    claim_request(entity, BEN, tools(world))
    [ends] = [
        event
        for event in map(world.bot.repositories.outbox.event, due(world))
        if event and event.kind is EventKind.CLAIM_EXPIRY
    ]
    for _ in range(2):
        expire_claim(ends, tools(world))

    # Both in one second of the clock, within which the trail has no order.
    assert sorted(deeds(world, entity)) == [("claim_expired", None), ("claimed", BEN)]
    assert ends.due == held(world, entity).owned_until or ends.due == after_working_hours(
        ends.at, 4, world.settings.timezone
    )
    assert datetime.fromtimestamp(ends.due or 0, world.settings.timezone).hour in range(9, 18)


def test_of_what_nobody_holds_nothing_can_be_taken(world: World) -> None:
    unknown = EntityRef(EntityKind.DISCONNECTION, "unknown")

    assert claim_request(unknown, BEN, tools(world)) is None
    assert release_claim(unknown, BEN, tools(world)) is None
