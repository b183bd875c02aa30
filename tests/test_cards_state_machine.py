"""Clicks, polls, lost answers, crashes and redeliveries in any order: in the end messages show the stored state."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.cards_state_machine import CardsStateMachine

EXAMPLES = int(os.environ.get("CARDS_EXAMPLES", "4"))
"""Each example takes about four seconds; run about a hundred after a change to notifications."""

TestCardsInAnyOrder = CardsStateMachine.TestCase
TestCardsInAnyOrder.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=20,
    deadline=None,
    # Shrinking a failure takes minutes, so it is only done when more examples were requested.
    phases=tuple(Phase) if "CARDS_EXAMPLES" in os.environ else (Phase.generate,),
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
pytestmark = [pytest.mark.long, pytest.mark.timeout(60 + 20 * EXAMPLES)]
