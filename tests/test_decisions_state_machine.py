"""Clicks, polls, lost answers, redeliveries and restarts in any order: each request is decided at most once."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from tests.decisions_state_machine import DecisionsStateMachine

pytestmark = pytest.mark.long

TestDecisionsInAnyOrder = DecisionsStateMachine.TestCase
TestDecisionsInAnyOrder.settings = settings(
    max_examples=16,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
