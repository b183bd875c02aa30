"""Handler tests: batches of the table's stream and schedules, as AWS sends them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from bot import policies
from bot.domain.content import MessageKey
from bot.domain.health import CheckStatus, Component
from bot.usecases import workers
from handlers import execute_operations, notify, poll
from infra.local.noyo import Fault, FaultKind
from infra.local.slack import Message
from tests.handlers.conftest import FakeContext
from tests.system import ALERTS, CONNECTIONS, System

SCHEDULE: dict[str, Any] = {}
CHANGED_AT = 1_790_000_000.0


def stream(prefix: str, ids: Sequence[str]) -> dict[str, Any]:
    """A stream event with inserted items of one kind, between records that the worker ignores."""
    return {
        "Records": [
            _record("MODIFY", "OUTBOX#changed"),
            *(_record("INSERT", f"{prefix}#{row_id}") for row_id in ids),
            _record("INSERT", "AUDIT#whatever"),
            _record("REMOVE", f"{prefix}#removed"),
        ]
    }


def _record(name: str, pk: str) -> dict[str, Any]:
    keys = {"pk": {"S": pk}, "sk": {"S": pk.partition("#")[0]}}
    image = {} if name == "REMOVE" else {"NewImage": keys | {"entity": {"S": "not to be trusted"}}}
    return {
        "eventID": "5a1d9f2e0c7b4a6d8e3f1b2c4d5e6f70",
        "eventName": name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": CHANGED_AT,
            "Keys": keys,
            **image,
            "SequenceNumber": "111100000000000000000001",
            "SizeBytes": 26,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/2026-01-01T00:00:00.000",
    }


def due_events(system: System) -> list[str]:
    return system.bot.repositories.outbox.due(int(system.clock()) + 10**6, limit=100)


def logged(capsys: pytest.CaptureFixture[str], message: str) -> list[dict[str, Any]]:
    """The log lines with this message."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line for line in lines if line["message"] == message]


def cards(system: System) -> list[Message]:
    return system.slack.channel(CONNECTIONS)


def three_connections(system: System) -> list[str]:
    system.wait(60)
    for name in ("First", "Second", "Third"):
        system.noyo.add_connection(group_name=name, status="processing")
    system.poll()
    return due_events(system)


def test_outbox_events_in_the_stream_are_published(system: System, context: FakeContext) -> None:
    waiting = three_connections(system)

    notify.handler(stream("OUTBOX", waiting), context)

    assert len(cards(system)) == 3
    assert due_events(system) == []


def test_the_schedule_posts_the_morning_summary_and_reports_what_does_not_move(
    system: System, context: FakeContext
) -> None:
    system.noyo.add_connection(group_name="Stuck Company", status="unable_to_connect")
    system.poll()
    system.wait(86_400)
    for _ in range(2):
        notify.handler(SCHEDULE, context)

    [summary] = [each for each in system.slack.channel(ALERTS) if "needs the team" in system.slack.render(each)]
    [report] = [system.slack.render(reply) for reply in summary.thread]
    assert "Not moving at" in report
    assert "Stuck Company" in report


def test_a_redelivered_batch_publishes_nothing_twice(system: System, context: FakeContext) -> None:
    waiting = three_connections(system)
    for _ in range(2):
        notify.handler(stream("OUTBOX", [*waiting, *waiting]), context)

    assert [len(card.thread) for card in cards(system)] == [1, 1, 1]


def test_a_failing_event_does_not_delay_the_others(
    system: System, context: FakeContext, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = three_connections(system)
    real = workers.publish

    def failing(event_id: str, deps: Any) -> Any:
        if event_id == waiting[0]:
            raise ZeroDivisionError("employer 123-45-6789")
        return real(event_id, deps)

    monkeypatch.setattr(workers, "publish", failing)
    notify.handler(stream("OUTBOX", waiting), context)

    assert len(cards(system)) == 2
    assert due_events(system) == [waiting[0]], "it stays due"
    [line] = logged(capsys, "work failed")
    assert (line["level"], line["work_id"], line["exception_name"]) == ("ERROR", waiting[0], "ZeroDivisionError")
    assert "123-45-6789" not in json.dumps(line)


def test_a_refusal_by_slack_is_logged_with_its_reason(
    system: System, context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = three_connections(system)
    system.slack.faults.api_error("restricted_action", "chat.postMessage")

    notify.handler(stream("OUTBOX", waiting[:1]), context)

    [line] = logged(capsys, "outbox event not published yet")
    assert (line["level"], line["work_id"]) == ("WARNING", waiting[0])
    assert line["errors"] == ["Slack refused: restricted_action"]
    assert line["retry_at"] > system.clock()
    assert line["request_id"] == "request-1"


def test_a_message_leased_by_another_worker_logs_no_warning(
    system: System, context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = three_connections(system)
    event = system.bot.repositories.outbox.event(waiting[0])
    assert event is not None
    key = MessageKey(CONNECTIONS, str(event.entity))
    now = int(system.clock())
    assert system.bot.repositories.messages.reserve(key, lease="another's", now=now, lease_seconds=60)

    notify.handler(stream("OUTBOX", waiting[:1]), context)

    lines = logged(capsys, "outbox event not published yet")
    assert len(lines) == policies.STREAM_ATTEMPTS
    for line in lines:
        assert line["level"] == "INFO"
        assert line["errors"] == [f"{key.name} in {CONNECTIONS}"]


def test_a_short_rate_limit_logs_no_warning(
    system: System, context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = three_connections(system)
    system.slack.faults.rate_limited(3, "chat.postMessage")

    notify.handler(stream("OUTBOX", waiting[:1]), context)

    [line] = logged(capsys, "outbox event not published yet")
    assert (line["level"], line["errors"]) == ("INFO", ["Slack asked us to slow down."])
    assert len(cards(system)) == 1  # A moment later, by the same worker.


def test_outbox_events_that_the_stream_lost_are_published_by_schedule(system: System, context: FakeContext) -> None:
    three_connections(system)
    system.wait(48 * 3600)

    notify.handler(SCHEDULE, context)

    assert len(cards(system)) == 3


def test_events_that_are_not_started_in_time_stay_due(system: System) -> None:
    waiting = three_connections(system)

    notify.handler(stream("OUTBOX", waiting), FakeContext(seconds=10))

    assert cards(system) == []
    assert due_events(system) == waiting
    notify.handler(SCHEDULE, FakeContext())
    assert len(cards(system)) == 3


def test_a_worker_whose_time_runs_out_midway_leaves_the_rest_due(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = three_connections(system)
    real = workers.publish

    def slow(event_id: str, deps: Any) -> Any:
        system.wait(50)
        return real(event_id, deps)

    monkeypatch.setattr(workers, "publish", slow)
    notify.handler(stream("OUTBOX", waiting), FakeContext(seconds=120))

    assert len(cards(system)) == 2
    assert due_events(system) == waiting[2:]


@pytest.mark.parametrize(
    "event", [{"Records": []}, {"Records": None}, {"Records": [None, {}, {"eventName": "INSERT"}]}]
)
def test_a_batch_without_relevant_records_causes_no_error(
    system: System, context: FakeContext, event: dict[str, Any]
) -> None:
    notify.handler(event, context)
    execute_operations.handler(event, context)


def test_only_the_schedule_refreshes_user_groups(context: FakeContext, monkeypatch: pytest.MonkeyPatch) -> None:
    with System(REQUESTERS="S0TEAM") as grouped:
        grouped.slack.add_usergroup("S0TEAM", "team", ["U0ANA"])
        monkeypatch.setattr(notify, "deployment", lambda *_: grouped.bot)
        notify.handler(stream("OUTBOX", []), context)
        assert grouped.bot.repositories.people.members(["S0TEAM"]) == {}

        notify.handler(SCHEDULE, context)

        assert grouped.bot.repositories.people.members(["S0TEAM"])["S0TEAM"].user_ids == {"U0ANA"}


def test_an_operation_in_the_stream_is_executed_once(system: System, context: FakeContext) -> None:
    system.request_connection()
    waiting = system.open_operations()

    for _ in range(2):
        execute_operations.handler(stream("OPERATION", waiting), context)

    assert len(system.writes()) == 1


def test_an_operation_that_the_stream_lost_is_executed_by_schedule(system: System, context: FakeContext) -> None:
    system.request_connection()
    system.wait(600)

    execute_operations.handler(SCHEDULE, context)

    assert len(system.noyo.connections()) == 1


def test_no_operation_is_started_with_too_little_time_left(system: System) -> None:
    system.request_connection()
    waiting = system.open_operations()

    execute_operations.handler(stream("OPERATION", waiting), FakeContext(seconds=30))

    assert system.writes() == []
    assert system.open_operations() == waiting


def test_a_poll_ingests_both_lists(system: System, context: FakeContext) -> None:
    system.noyo.add_connection(group_name="New", status="processing")

    assert poll.handler(SCHEDULE, context) == {"lists": 2, "failed": 0}
    assert len(due_events(system)) == 1


def test_an_unreadable_list_does_not_prevent_reading_the_other(
    system: System, context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    system.noyo.faults.add(Fault(FaultKind.GARBAGE, path_contains="/api/v1/group_connections", times=None))

    assert poll.handler(SCHEDULE, context) == {"lists": 1, "failed": 1}
    log_lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["work_id"] for line in log_lines if line["level"] == "ERROR"] == ["connection"]


def test_nothing_is_polled_with_too_little_time_left(system: System) -> None:
    asked = len(system.noyo.requests)

    assert poll.handler(SCHEDULE, FakeContext(seconds=1)) == {"lists": 0, "failed": 0}
    assert len(system.noyo.requests) == asked


def test_all_alerts_of_a_batch_are_posted(system: System, context: FakeContext) -> None:
    system.wait(60)
    for name in ("First", "Second"):
        system.noyo.add_connection(group_name=name, status="unable_to_connect")
    system.poll()
    before = len(system.slack.channel(ALERTS))

    notify.handler(stream("OUTBOX", due_events(system)), context)

    assert len(system.slack.channel(ALERTS)) == before + 2


def test_only_schedules_run_health_checks(system: System, context: FakeContext) -> None:
    health_checks = system.bot.repositories.health

    notify.handler(stream("OUTBOX", []), context)
    assert health_checks.health_check(Component.SLACK) is None

    notify.handler(SCHEDULE, context)
    poll.handler(SCHEDULE, context)

    slack, noyo = health_checks.health_check(Component.SLACK), health_checks.health_check(Component.NOYO)
    assert slack is not None
    assert noyo is not None
    assert {finding.status for finding in (*slack.findings, *noyo.findings)} == {CheckStatus.OK}
