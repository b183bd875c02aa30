"""`make trace`: two real clicks are followed from the receiver to the card, and the limits decide the exit status."""

import threading
from typing import Any
from unittest.mock import MagicMock

import pytest

from infra import trace
from infra.local.aws.functions import Schedule
from infra.local.aws.schedules import Schedules
from infra.trace import CLICK, SUBMISSION, Journey

NOTIFY = "handlers.notify"
SCHEDULE = Schedule("poll", seconds=60)


def journey(**stages: list[str]) -> Journey:
    named = {"click": CLICK, "submission": SUBMISSION, "notify": NOTIFY}
    return Journey("retry, warm", stages={named[stage]: dict.fromkeys(found) for stage, found in stages.items()})


SMALL = journey(click=["handlers.slack", "bot.b"], submission=["bot.b", "bot.a", "bot.c"], notify=["bot.c", "bot.d"])


def test_a_module_counts_once_and_handlers_do_not_count() -> None:
    assert SMALL.modules() == {"bot.a", "bot.b", "bot.c", "bot.d"}
    assert SMALL.modules(CLICK, SUBMISSION) == {"bot.a", "bot.b", "bot.c"}


def test_the_report_lists_modules_in_the_order_of_their_first_call() -> None:
    lines = SMALL.report().splitlines()

    assert lines[0] == "retry, warm: 4 modules from click to card, 3 of them in the receiver"
    assert lines[4:8] == [f"  {SUBMISSION}: 3", "    bot.b", "    bot.a", "    bot.c"]


@pytest.mark.parametrize(("journey_limit", "receiver_limit", "status"), [(4, 3, 0), (3, 3, 1), (4, 2, 1)])
def test_the_status_is_1_above_a_limit_only(
    journey_limit: int, receiver_limit: int, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace, "follow", lambda: [SMALL] * 4)

    assert trace.main(["--limit-journey", str(journey_limit), "--limit-receiver", str(receiver_limit)]) == status


def test_cold_journeys_do_not_exceed_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    cold = journey(click=[f"bot.m{number}" for number in range(99)], submission=[])
    monkeypatch.setattr(trace, "follow", lambda: [cold, cold, SMALL, SMALL])

    assert trace.main(["--limit-journey", "4", "--limit-receiver", "3"]) == 0


def test_what_a_scheduled_run_writes_after_the_click_began_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    running, released, ended = threading.Event(), threading.Event(), threading.Event()

    def poll(event: Any, context: Any) -> None:
        running.set()
        assert released.wait(10)
        ended.set()

    monkeypatch.setattr(trace, "load_handler", lambda path: poll)
    followed = journey()
    schedules = Schedules([(SCHEDULE, lambda event: trace.invoke([followed], "handlers.poll.handler", event, None))])
    clicks: list[bool] = []
    demo = MagicMock()
    demo.stack.run_schedules = lambda: (released.set(), schedules.run_now())
    demo.click = lambda *_: clicks.append(ended.is_set())

    with schedules:
        assert running.wait(10)
        trace.play(demo, followed, "retry")

    assert clicks == [True]
    assert not followed.stages


@pytest.mark.long
@pytest.mark.timeout(240)
@pytest.mark.usefixtures("restored_logging")
def test_both_clicks_are_followed_from_the_receiver_to_the_card() -> None:
    retry, approve = trace.follow()[2:]

    assert (retry.name, approve.name) == ("retry, warm", "approve, warm")
    for followed in (retry, approve):
        assert [*followed.stages][:2] == [CLICK, SUBMISSION]
        assert len(followed.stages) == 4, "the receiver, the worker that writes to Noyo, the one that posts to Slack"
        assert "bot.slack.app" in followed.modules(CLICK)
        assert {module for module in followed.modules() if module.startswith("bot.noyo.")}
        assert not {module for module in followed.modules(CLICK, SUBMISSION) if module.startswith("bot.noyo.")}
