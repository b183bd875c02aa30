"""Runs a state machine in shards: tests with different seeds, so that pytest-xdist can distribute them."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

EXAMPLES = int(os.environ.get("STATE_MACHINE_EXAMPLES", "20"))
"""The number of examples of each state machine."""
FIRST_SEED = int(os.environ.get("STATE_MACHINE_SEED", "0"))
SHARDS = range(10)


def run_shard(state_machine: type[RuleBasedStateMachine], shard: int, steps: int) -> None:
    """Runs this shard's part of the examples. Prints how many ran, also if one failed."""
    started = 0

    def counted() -> RuleBasedStateMachine:
        nonlocal started
        started += 1
        return state_machine()

    seeded = seed(FIRST_SEED + shard)(counted)
    try:
        run_state_machine_as_test(seeded, settings=_settings(-(-EXAMPLES // len(SHARDS)), steps))
    finally:
        print(f"{state_machine.__name__}, seed {FIRST_SEED + shard}: {started} examples ran")


def _settings(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        # Shrinking takes minutes; the seed repeats a failure.
        phases=(Phase.generate,),
        suppress_health_check=[HealthCheck.too_slow],
    )
