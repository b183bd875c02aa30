"""The index of records by person always says what the record states say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

import pytest

from bot.domain.outbox import RecordChange
from bot.domain.record_states import Claim, RecordState, advance, link_to_operation, new_record_state, release
from bot.domain.records import ConnectionStatus
from bot.domain.reminders import claim
from bot.dynamodb import Repositories
from bot.dynamodb.owner_index import changed_people
from bot.errors import ConcurrentUpdate
from tests.dynamodb.builders import NOW, a_connection, uuid

ANA, BEN = "UANA", "UBEN"


def failed(number: int = 1) -> RecordState:
    return new_record_state(a_connection(id=uuid(number), status=ConnectionStatus.UNABLE_TO_CONNECT), NOW)


def write(store: Repositories, before: RecordState | None, after: RecordState) -> RecordState:
    store.records.write(RecordChange(after.entity, before, after, None))
    stored = store.records.record_state(after.entity)
    assert stored is not None
    return stored


def test_a_claim_is_found_by_its_owner_until_somebody_takes_over_or_it_ends(store: Repositories) -> None:
    state = write(store, None, failed())
    assert store.records.owned_by(ANA) == []

    state = write(store, state, claim(state, ANA, NOW, UTC))
    assert store.records.owned_by(ANA) == [Claim(state.entity, 1, NOW)]
    state = write(store, state, claim(state, BEN, NOW + 5, UTC))
    assert store.records.owned_by(ANA) == []
    assert store.records.owned_by(BEN) == [Claim(state.entity, 2, NOW + 5)]
    write(store, state, release(state))

    assert store.records.owned_by(BEN) == []


def test_a_claim_that_a_new_status_ends_is_no_longer_found(store: Repositories) -> None:
    state = write(store, None, failed())
    state = write(store, state, claim(state, ANA, NOW, UTC))

    done = a_connection(id=uuid(1), version=uuid(9), modified=NOW + 9, status=ConnectionStatus.COMPLETED)
    write(store, state, advance(state, done, NOW + 9))

    assert store.records.owned_by(ANA) == []


def test_claimed_records_come_before_requested_ones_and_each_comes_once(store: Repositories) -> None:
    requested = write(store, None, link_to_operation(failed(1), "operation", ANA, "Group"))
    both = write(store, None, link_to_operation(failed(2), "other", ANA, "Group"))
    both = write(store, both, claim(both, ANA, NOW, UTC))

    assert store.records.of_person(ANA) == [both.entity, requested.entity]

    done = a_connection(id=uuid(1), version=uuid(9), modified=NOW + 9, status=ConnectionStatus.COMPLETED)
    write(store, requested, advance(requested, done, NOW + 9))
    assert store.records.of_person(ANA) == [both.entity]


def test_a_claim_that_was_not_written_is_not_found(store: Repositories) -> None:
    """Two people claim at once: the index says what the state says."""
    state = write(store, None, failed())
    write(store, state, claim(state, ANA, NOW, UTC))

    with pytest.raises(ConcurrentUpdate):
        write(store, state, claim(state, BEN, NOW, UTC))

    assert len(store.records.owned_by(ANA)) == 1
    assert store.records.owned_by(BEN) == []


def test_a_change_of_nothing_else_writes_no_index_items() -> None:
    state = claim(link_to_operation(failed(), "operation", ANA, "Group"), ANA, NOW, UTC)

    assert changed_people(state, replace(state, attempts=2)) == []
