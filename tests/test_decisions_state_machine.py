"""Clicks, polls, lost answers, redeliveries and restarts in any order: each request is decided at most once."""

from __future__ import annotations

import pytest

from tests.decisions_state_machine import DecisionsStateMachine
from tests.state_machine_shards import EXAMPLES, SHARDS, run_shard

pytestmark = [pytest.mark.long, pytest.mark.timeout(60 + 20 * EXAMPLES)]


@pytest.mark.parametrize("shard", SHARDS)
def test_each_request_is_decided_at_most_once_in_any_sequence(shard: int) -> None:
    run_shard(DecisionsStateMachine, shard, steps=25)
