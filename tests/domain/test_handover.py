"""Which claims a handover moves, and what its result says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

from bot.domain.handover import Handover
from bot.domain.record_states import Claim, RecordState, claim_of, release
from bot.domain.reminders import claim
from infra.local.gallery.samples import a_connection, a_record_state

NOW = 1_790_000_000


def claimed() -> RecordState:
    return claim(a_record_state(a_connection()), "UANA", NOW, UTC)


def shown(state: RecordState) -> Claim:
    found = claim_of(state)
    assert found is not None
    return found


def test_a_claim_that_was_renewed_is_another_one() -> None:
    first = claimed()
    handover = Handover("UANA", "UBEN", (shown(first),), 1)
    renewed = claim(release(first), "UANA", NOW, UTC)

    assert handover.is_pending(shown(first), first)
    assert not handover.is_pending(shown(first), renewed)
    assert not handover.is_pending(shown(first), None)


def test_only_the_claim_that_directly_follows_the_shown_one_has_moved() -> None:
    first = claimed()
    handover = Handover("UANA", "UBEN", (shown(first),), 1)
    moved = claim(first, "UBEN", NOW + 5, UTC)
    later = claim(release(moved), "UBEN", NOW + 9, UTC)

    assert handover.has_moved(shown(first), moved)
    assert not handover.has_moved(shown(first), replace(moved, owner="UCARA"))
    assert not handover.has_moved(shown(first), later)


def test_the_result_tells_what_moved_from_what_did_not() -> None:
    first = claimed()
    other = replace(first, record=a_connection(id="other"))
    gone = replace(first, record=a_connection(id="gone"))
    handover = Handover("UANA", "UBEN", (shown(first), shown(other), shown(gone)), 3)
    states = {first.entity: claim(first, "UBEN", NOW + 5, UTC), other.entity: release(other)}

    result = handover.with_result(states, None)

    assert (result.moved, result.unmoved) == ((first.entity,), (other.entity, gone.entity))
