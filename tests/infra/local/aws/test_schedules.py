import threading
from datetime import UTC, datetime
from typing import Any

from infra.local.aws.functions import Schedule
from infra.local.aws.schedules import Schedules, build_event
from tests.infra.local.waiting import wait_until

NOW = datetime(2024, 4, 5, 19, 34, 38, tzinfo=UTC)


def test_a_schedule_without_an_input_sends_the_schedulers_event() -> None:
    event = build_event(Schedule("PollOften", 60), NOW)

    assert event["source"] == "aws.scheduler"
    assert event["detail-type"] == "Scheduled Event"
    assert event["time"] == "2024-04-05T19:34:38Z"
    assert event["resources"][0].endswith("schedule/default/PollOften")
    assert "Records" not in event


def test_a_schedules_own_input_is_sent_as_it_is() -> None:
    assert build_event(Schedule("PollOften", 60, {"what": "sweep"}), NOW) == {"what": "sweep"}


def test_a_function_is_called_immediately_and_repeatedly() -> None:
    calls: list[Any] = []

    with Schedules([(Schedule("Often", 0.01, {"n": 1}), calls.append)]):
        assert wait_until(lambda: len(calls) >= 3)

    assert calls[:3] == [{"n": 1}] * 3


def test_runs_of_one_schedule_never_overlap() -> None:
    released, others, slow = threading.Event(), [], []

    def stuck(event: Any) -> None:
        slow.append(event)
        released.wait(20)

    scheduled: Any = [(Schedule("Slow", 0.001), stuck), (Schedule("Quick", 0.001), others.append)]
    with Schedules(scheduled):
        assert wait_until(lambda: len(others) >= 20)
        assert len(slow) == 1
        released.set()


def test_a_run_that_raises_does_not_end_the_schedule() -> None:
    calls: list[Any] = []

    def raising(event: Any) -> None:
        calls.append(event)
        raise RuntimeError("no")

    with Schedules([(Schedule("Often", 0.01), raising)]):
        assert wait_until(lambda: len(calls) >= 2)


def test_nothing_is_called_after_a_stop() -> None:
    calls: list[Any] = []
    with Schedules([(Schedule("Often", 0.001), calls.append)]):
        assert wait_until(lambda: bool(calls))
    ended = len(calls)

    assert not wait_until(lambda: len(calls) > ended, seconds=0.05)


def test_a_run_on_demand_waits_for_the_one_in_progress_and_has_ended_when_it_returns() -> None:
    released, begun, ended = threading.Event(), [], []

    def stuck(event: Any) -> None:
        begun.append(event)
        released.wait(20)
        ended.append(event)

    scheduled: Any = [(Schedule("Slow", 3600), stuck)]
    with Schedules(scheduled) as schedules:
        on_demand = threading.Thread(target=schedules.run_now)
        on_demand.start()
        assert wait_until(lambda: bool(begun))
        assert not wait_until(lambda: len(begun) > 1, seconds=0.05)
        released.set()
        on_demand.join()
        assert len(ended) == 2
