"""Clicks, polls, lost answers, crashes and redeliveries in any order: in the end messages show the stored state."""

from __future__ import annotations

import pytest

from tests.cards_state_machine import CardsStateMachine
from tests.state_machine_shards import EXAMPLES, SHARDS, run_shard

pytestmark = [pytest.mark.long, pytest.mark.timeout(60 + 20 * EXAMPLES)]


@pytest.mark.parametrize("shard", SHARDS)
def test_messages_show_the_stored_state_after_any_sequence(shard: int) -> None:
    run_shard(CardsStateMachine, shard, steps=20)
