"""The controls change what Noyo has and how it answers, and refuse what is not possible."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from infra.local.environment import GUARDIAN
from infra.local.noyo.rules import CONNECTION_STATUSES, DISCONNECTION_STATUSES
from infra.local.page.app import ASSETS
from infra.local.page.controls.events import MAX_DAYS, Events
from infra.local.slack import NotPossible
from infra.local.stack import LocalStack
from infra.local.time_travel import AdjustableClock
from tests.infra.local.waiting import wait_until


@pytest.fixture
def stack() -> LocalStack:
    """Its fakes have a state without being started."""
    clock = AdjustableClock()
    return LocalStack(handlers={}, clock=clock)


@pytest.fixture
def events(stack: LocalStack) -> Iterator[Events]:
    started = Events(stack, AdjustableClock())
    yield started
    started.close()


def add(stack: LocalStack, name: str, number: str, status: str = "completed") -> str:
    known = stack.noyo.add_connection(carrier_id=GUARDIAN, group_name=name, carrier_group_id=number, status=status)
    return str(known["id"])


def test_records_are_found_by_their_words(stack: LocalStack, events: Events) -> None:
    add(stack, "Cedar Clinic", "001", "processing")
    wanted = add(stack, "Cedar Clinic", "002")
    add(stack, "Maple Labs", "003")
    [found] = events.actions["find_records"]({"query": "CEDAR completed"})["options"]
    assert found["value"] == wanted
    assert found["text"] == "Cedar Clinic, 002: connection, completed"


def test_a_connection_fails_with_the_carriers_message(stack: LocalStack, events: Events) -> None:
    record_id = add(stack, "Cedar Clinic", "001")
    events.actions["move_record"]({"record": record_id, "status": "unable_to_connect", "error": "no"})
    moved = stack.noyo.connection(record_id)
    assert (moved["status"], moved["setup_result"]) == ("unable_to_connect", {"error": "no"})


def test_a_carriers_request_can_be_made_and_moved(stack: LocalStack, events: Events) -> None:
    record_id = add(stack, "Cedar Clinic", "001")
    events.actions["request_disconnection"]({"record": record_id, "end_date": "2030-01-31"})
    [request] = stack.noyo.disconnections()
    assert (request["group_name"], request["effective_end_date"]) == ("Cedar Clinic", "2030-01-31")
    events.actions["move_record"]({"record": request["id"], "status": "rejected"})
    assert stack.noyo.disconnection(request["id"])["status"] == "rejected"


def test_a_storm_fails_as_many_completed_connections_as_there_are(stack: LocalStack, events: Events) -> None:
    for number in range(3):
        add(stack, "Cedar Clinic", str(number))
    add(stack, "Cedar Clinic", "9", "processing")
    assert events.actions["fail_many"]({"count": "5", "error": "down"})["done"] == "3 connections failed."
    statuses = sorted(known["status"] for known in stack.noyo.connections())
    assert statuses == ["processing", *["unable_to_connect"] * 3]


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("move_record", {"record": "unknown", "status": "completed"}),
        ("request_disconnection", {"record": "unknown", "end_date": "2030-01-31"}),
        ("fail_many", {"count": 0, "error": ""}),
        ("fail_many", {"count": "", "error": ""}),
        ("noyo", {"state": "asleep"}),
        ("travel", {"day": "2020-01-01"}),
        ("travel", {"hours": MAX_DAYS * 24 + 1}),
    ],
)
def test_what_is_not_possible_is_refused(events: Events, name: str, given: dict[str, Any]) -> None:
    with pytest.raises(NotPossible):
        events.actions[name](given)


def test_only_one_move_of_the_clock_runs_at_a_time(
    stack: LocalStack, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, released = threading.Event(), threading.Event()
    monkeypatch.setattr(stack, "next_due", lambda: None)
    monkeypatch.setattr(stack, "run_schedules", lambda: running.set() or released.wait(10))
    monkeypatch.setattr(stack, "settle", lambda *_, **__: True)

    events.actions["travel"]({"hours": 5})
    assert running.wait(10)
    with pytest.raises(NotPossible, match="being moved already"):
        events.actions["travel"]({"hours": 1})
    released.set()
    events.close()
    assert events.state()["moving"] == ""


def test_a_disconnection_without_a_day_is_refused_in_words(stack: LocalStack, events: Events) -> None:
    record_id = add(stack, "Cedar Clinic", "001")
    with pytest.raises(NotPossible, match="choose the last managed day"):
        events.actions["request_disconnection"]({"record": record_id, "end_date": ""})


def test_a_record_gets_only_a_status_of_its_kind(stack: LocalStack, events: Events) -> None:
    record_id = add(stack, "Cedar Clinic", "001")
    with pytest.raises(NotPossible):
        events.actions["move_record"]({"record": record_id, "status": "needs_review"})


def test_the_drawer_offers_every_status_of_noyo() -> None:
    drawer = (ASSETS / "drawer.js").read_text(encoding="utf-8")
    assert {status for status in CONNECTION_STATUSES | DISCONNECTION_STATUSES if f'"{status}"' not in drawer} == set()


def test_faults_are_shown_until_they_have_happened_or_are_removed(stack: LocalStack, events: Events) -> None:
    events.actions["lose_answer"]({})
    events.actions["kill_worker"]({})
    assert (events.state()["pending"], events.state()["killing"]) == (["reset_after"], True)
    events.actions["noyo"]({"state": "down"})
    assert (events.state()["noyo"], events.state()["pending"]) == ("down", [])
    assert stack.noyo.faults.take("GET", "/api/v1/groups") is not None
    events.actions["noyo"]({"state": "works"})
    assert stack.noyo.faults.take("GET", "/api/v1/groups") is None


class MovedStack:
    """Nothing is ever due; a step of the clock ends once `released`."""

    def __init__(self, stack: LocalStack) -> None:
        self.noyo, self.kill_next_writer = stack.noyo, stack.kill_next_writer
        self.released = threading.Event()

    def next_due(self) -> None:
        pass

    def run_schedules(self) -> None:
        self.released.wait(20)

    def settle(self, timeout: float, **_: object) -> bool:
        return timeout > 0


@pytest.fixture
def moved(stack: LocalStack) -> Iterator[MovedStack]:
    moved = MovedStack(stack)
    yield moved
    moved.released.set()


def test_one_hour_is_one_hour_when_the_clocks_go_back(moved: MovedStack) -> None:
    clock = AdjustableClock()
    clock.advance_to(datetime(2035, 11, 4, 5, 30, tzinfo=UTC).timestamp())  # 1:30, for the first time
    moved.released.set()
    events = Events(cast(LocalStack, moved), clock)
    assert events.actions["travel"]({"hours": 1})["done"] == "Moving to Sun 04 Nov 2035, 01:30."
    assert wait_until(lambda: events.state()["moving"] == "")
    assert datetime.fromtimestamp(clock(), UTC).hour == 6
    events.close()
