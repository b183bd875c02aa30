"""Claiming a record: everyone sees who is checking it, and the claim expires."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from bot.domain.business_days import after_working_hours
from bot.domain.outbox import EventKind
from bot.domain.record_states import RecordState
from bot.domain.records import EntityKind, EntityRef, connection_ref
from bot.usecases.dependencies import Dependencies
from bot.usecases.records import claim
from bot.usecases.records.claim import expire_claim
from tests.system import ALERTS, ANA, BEN, CONNECTIONS, DECISIONS, GUARDIAN, System
from tests.usecases.notification_bench import (
    CallHooks,
    add_connection,
    change_status,
    channel_texts,
    due_events,
    started_system,
)

GROUP = "11111111-0000-4000-8000-000000000001"


@pytest.fixture
def system() -> Iterator[System]:
    with started_system(APPROVERS=f"{ANA},{BEN}") as system:
        yield system


def request_disconnection(system: System, **fields: Any) -> EntityRef:
    request = system.noyo.carrier_requests_disconnection(
        carrier_id=GUARDIAN, group_id=GROUP, group_name="Test Company", effective_end_date="2026-12-31", **fields
    )
    system.poll()
    system.notify()
    return EntityRef(EntityKind.DISCONNECTION, str(request["id"]))


def record_state(system: System, entity: EntityRef) -> RecordState:
    found = system.bot.repositories.records.record_state(entity)
    assert found is not None
    return found


def claim_record(entity: EntityRef, actor: str, deps: Dependencies) -> RecordState | None:
    """Claims from a message that shows the current state."""
    return claim.claim_record(entity, actor, deps, shown=owner_revision(entity, deps))


def release_claim(entity: EntityRef, actor: str, deps: Dependencies) -> RecordState | None:
    """Releases from a message that shows the current state."""
    return claim.release_claim(entity, actor, deps, shown=owner_revision(entity, deps))


def owner_revision(entity: EntityRef, deps: Dependencies) -> int | None:
    found = deps.records.record_state(entity)
    return found.owner_revision if found else None


def dependencies(system: System, **happens: Callable[[], object]) -> Dependencies:
    deps = system.bot.slack_dependencies
    return replace(deps, records=CallHooks(deps.records, **happens)) if happens else deps


def actions(system: System, entity: EntityRef) -> list[tuple[str, str | None]]:
    return [(entry.action, entry.actor) for entry in reversed(system.bot.repositories.audit.entries(entity, limit=20))]


def advance_without_polling(system: System, until: int) -> None:
    """Advance the time without polling."""
    system.clock.now = float(until)
    for _ in range(3):
        system.notify()
        system.wait(5)


def test_the_owner_is_shown_on_the_card_and_in_its_thread(system: System) -> None:
    entity = request_disconnection(system)

    claim_record(entity, BEN, dependencies(system))
    system.notify()

    [card] = system.slack.channel(DECISIONS)
    assert "**Claimed by:** @Ben" in system.slack.render(card)
    assert system.slack.render(card.thread[-1]).startswith("Claimed by @Ben · ")
    assert actions(system, entity) == [("claimed", BEN)]


def test_claiming_again_does_not_extend_the_claim(system: System) -> None:
    entity = request_disconnection(system)
    claim_record(entity, BEN, dependencies(system))
    first = record_state(system, entity)
    system.wait(600)

    assert claim_record(entity, BEN, dependencies(system)) == first
    assert record_state(system, entity).owned_since == first.owned_since
    assert actions(system, entity) == [("claimed", BEN)]


def test_another_person_may_take_over_and_only_the_owner_can_release(system: System) -> None:
    entity = request_disconnection(system)
    claim_record(entity, BEN, dependencies(system))
    system.wait(1)
    claim_record(entity, ANA, dependencies(system))
    system.wait(1)

    before = release_claim(entity, BEN, dependencies(system))
    assert before is not None
    assert before.owner == ANA
    assert record_state(system, entity).owner == ANA
    release_claim(entity, ANA, dependencies(system))
    assert record_state(system, entity).owner is None
    system.notify()

    [card] = system.slack.channel(DECISIONS)
    assert "is checking" not in system.slack.render(card)
    lines = [system.slack.render(line).split(" · ")[0] for line in card.thread[1:]]
    assert lines == ["Claimed by @Ben", "Claimed by @Ana, previously @Ben", "@Ana released it"]
    assert actions(system, entity) == [("claimed", BEN), ("claimed", ANA), ("released", ANA)]


def test_a_claim_expires_after_some_working_hours(system: System) -> None:
    entity = request_disconnection(system)
    claim_record(entity, BEN, dependencies(system))
    ends = after_working_hours(int(system.clock()), 4, system.settings.timezone)
    assert record_state(system, entity).owned_until == ends

    advance_without_polling(system, ends - 100)
    assert record_state(system, entity).owner == BEN
    advance_without_polling(system, ends)

    assert record_state(system, entity).owner is None
    [card] = channel_texts(system, DECISIONS)
    assert "is checking" not in card
    assert actions(system, entity) == [("claimed", BEN), ("claim_expired", None)]


def test_the_expiry_of_an_earlier_claim_does_not_end_a_later_one(system: System) -> None:
    entity = request_disconnection(system)
    claim_record(entity, BEN, dependencies(system))
    first = record_state(system, entity).owned_until or 0
    system.wait(60)
    release_claim(entity, BEN, dependencies(system))
    claim_record(entity, BEN, dependencies(system))

    advance_without_polling(system, first)

    assert record_state(system, entity).owner == BEN


def test_a_decision_ends_the_claim_and_its_expiry_does_nothing(system: System) -> None:
    entity = request_disconnection(system)
    claim_record(entity, BEN, dependencies(system))
    ends = record_state(system, entity).owned_until or 0
    system.wait(10)
    system.noyo.move_disconnection(entity.key, "rejected")
    system.poll()
    system.notify()
    assert record_state(system, entity).owner is None
    assert "is checking" not in channel_texts(system, DECISIONS)[0]

    advance_without_polling(system, ends)

    assert actions(system, entity) == [("claimed", BEN)]
    assert claim_record(entity, BEN, dependencies(system)) == record_state(system, entity), (
        "there is nothing left to check"
    )
    assert actions(system, entity) == [("claimed", BEN)]


def test_a_change_of_a_waiting_request_keeps_its_owner(system: System) -> None:
    entity = request_disconnection(system)
    claim_record(entity, BEN, dependencies(system))
    system.wait(10)
    system.noyo.move_disconnection(entity.key, "needs_review", effective_end_date="2027-01-31")
    system.poll()

    assert record_state(system, entity).owner == BEN


def test_a_record_that_changes_during_the_claim_is_claimed_in_its_new_version(system: System) -> None:
    entity = request_disconnection(system)

    def moves() -> None:
        system.wait(10)
        system.noyo.move_disconnection(entity.key, "rejected")
        system.poll()

    after = claim_record(entity, BEN, dependencies(system, before_write=moves))

    assert after is not None
    assert after.owner is None
    assert after.status.value == "rejected"
    assert actions(system, entity) == []


def test_of_two_concurrent_claims_the_first_counts(system: System) -> None:
    entity = request_disconnection(system)

    after = claim_record(
        entity, BEN, dependencies(system, before_write=lambda: claim_record(entity, ANA, dependencies(system)))
    )

    assert after is not None
    assert (after.owner, record_state(system, entity).owner) == (ANA, ANA)
    assert actions(system, entity) == [("claimed", ANA)]


def test_a_message_from_before_the_owner_changed_neither_claims_nor_releases(system: System) -> None:
    entity, deps = request_disconnection(system), dependencies(system)
    unclaimed = owner_revision(entity, deps)
    claim_record(entity, BEN, deps)
    claimed = owner_revision(entity, deps)
    release_claim(entity, BEN, deps)

    for shown in (unclaimed, claimed, None):
        claim.claim_record(entity, BEN, deps, shown=shown)
        assert record_state(system, entity).owner is None
    claim_record(entity, BEN, deps)
    for shown in (unclaimed, claimed, None):
        claim.release_claim(entity, BEN, deps, shown=shown)
        assert record_state(system, entity).owner == BEN


def test_a_repeated_expiry_changes_nothing(system: System) -> None:
    entity = request_disconnection(system)
    claim_record(entity, BEN, dependencies(system))
    [ends] = [
        event
        for event in map(system.bot.repositories.outbox.event, due_events(system))
        if event and event.kind is EventKind.CLAIM_EXPIRY
    ]
    for _ in range(2):
        expire_claim(ends, dependencies(system))

    # Both happen in the same second, within which audit entries have no order.
    assert sorted(actions(system, entity)) == [("claim_expired", None), ("claimed", BEN)]
    assert ends.due == record_state(system, entity).owned_until or ends.due == after_working_hours(
        ends.at, 4, system.settings.timezone
    )
    assert datetime.fromtimestamp(ends.due or 0, system.settings.timezone).hour in range(9, 18)


def test_an_unknown_record_cannot_be_claimed(system: System) -> None:
    unknown = EntityRef(EntityKind.DISCONNECTION, "unknown")

    assert claim_record(unknown, BEN, dependencies(system)) is None
    assert release_claim(unknown, BEN, dependencies(system)) is None


def test_card_and_alert_of_a_connection_show_its_claim_until_it_expires(system: System) -> None:
    entity = connection_ref(add_connection(system, "unable_to_connect"))
    system.notify()
    claim_record(entity, BEN, dependencies(system))
    system.notify()
    messages = [system.slack.channel(channel)[-1] for channel in (CONNECTIONS, ALERTS)]
    assert all("**Claimed by:** @Ben" in system.slack.render(message) for message in messages)

    ends = after_working_hours(int(system.clock()), 4, system.settings.timezone)
    advance_without_polling(system, ends + 60)

    assert actions(system, entity) == [("claimed", BEN), ("claim_expired", None)]
    messages = [system.slack.channel(channel)[-1] for channel in (CONNECTIONS, ALERTS)]
    assert not any("Claimed by" in system.slack.render(message) for message in messages)


def test_a_claim_ends_once_the_connection_needs_no_action(system: System) -> None:
    connection_id = add_connection(system, "action_required")
    entity = connection_ref(connection_id)
    claim_record(entity, BEN, dependencies(system))
    change_status(system, connection_id, "unable_to_connect", error="Not found")
    assert record_state(system, entity).owner == BEN
    change_status(system, connection_id, "processing")
    assert record_state(system, entity).owner is None
    assert claim_record(entity, BEN, dependencies(system)) == record_state(system, entity)


def test_a_retry_of_a_claimed_connection_ends_the_claim_in_the_list_of_its_owner(system: System) -> None:
    connection = connection_ref(add_connection(system, "unable_to_connect"))
    system.settle(10)
    claim_record(connection, ANA, dependencies(system))
    records = system.bot.repositories.records
    assert [each.entity for each in records.owned_by(ANA)] == [connection]

    [alert] = system.slack.channel(ALERTS)
    system.retry(ANA, ALERTS, alert.ts)
    system.settle(10)

    assert records.owned_by(ANA) == []
