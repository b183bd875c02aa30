"""A person's decision answers the question that was shown: an old or repeated click does nothing more."""

from __future__ import annotations

from copy import deepcopy

from infra.local.noyo import Fault
from tests.scenarios.test_truth import card_with
from tests.system import ALERTS, ANA, BEN, System

SEND_AGAIN = "resolve_send_again"


def test_send_again_counts_for_the_attempt_that_was_shown(system: System) -> None:
    """Ana sends a retry again, which fails as well. Her click is replayed, and Ben clicks on his old screen."""
    failed = system.noyo.add_connection(group_name="Failed Company", status="unable_to_connect")
    system.settle(30)
    alert = card_with(system, ALERTS, "retry")
    system.noyo.faults.add(Fault("reset_before", method="PUT", times=2))
    system.retries(ANA, ALERTS, alert.ts)
    system.settle(120)
    question = card_with(system, ALERTS, SEND_AGAIN)
    old = deepcopy(question)
    clicked = system.slack.click(ANA, ALERTS, question.ts, SEND_AGAIN)
    system.settle(120)
    assert len(system.writes()) == 2
    assert system.noyo.connection(failed["id"])["status"] == "unable_to_connect"

    system.slack.resend(ANA, clicked)
    system.slack.click_stale(BEN, old, SEND_AGAIN)
    system.settle(120)

    assert len(system.writes()) == 2
    view = system.slack.view_of(BEN)
    assert view is not None
    assert "This question is about an earlier attempt." in system.slack.render(view)
