"""One broken part does not stop the others, and what waited is delivered soon after a recovery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot import policies
from bot.dynamodb.expressions import typed_item
from bot.dynamodb.schema import SCHEMA
from bot.errors import NoyoError
from bot.usecases.workers import execute_operations, notify, poll_lists
from infra.local.noyo import UNREADABLE, Fault
from infra.local.noyo.faults import FaultKind
from infra.local.slack.workspace import Message
from tests.aws import worker_client
from tests.aws_calls import acting
from tests.scenarios.test_truth import ask_to_disconnect, card_with, connected, day_in, request_disconnection
from tests.system import ALERTS, ANA, CONNECTIONS, DECISIONS, GUARDIAN, System

TEN_MINUTES = 600


def test_a_retry_after_of_a_day_does_not_delay_an_alert_for_a_day(system: System) -> None:
    """Slack asks for a day, and recovers at once."""
    system.slack.faults.rate_limited(86_400, "chat.postMessage", times=2)
    system.noyo.add_connection(group_name="Failed Company", status="unable_to_connect")
    system.settle(TEN_MINUTES)

    assert "Failed Company" in system.read_channel(ALERTS)


def test_a_change_in_the_future_hides_no_changes_after_an_outage(system: System) -> None:
    """Noyo shows one record as changed in a year. Then nothing is polled while more fail than fit on a page."""
    system.noyo.rules = replace(system.noyo.rules, max_page_size=5)
    in_a_year = int(system.clock()) + 365 * 86_400
    system.noyo.add_connection(group_name="Future Company", status="completed", modified=in_a_year)
    system.settle(60)
    failed = [f"Company {number:02}" for number in range(12)]
    for name in failed:
        system.wait(60)
        system.noyo.add_connection(group_name=name, status="unable_to_connect")
    system.settle(60)

    assert [name for name in failed if name not in system.read_channel(ALERTS)] == []


@pytest.mark.long
def test_after_an_hour_of_rate_limits_an_alert_is_posted_within_ten_minutes(system: System) -> None:
    system.slack.faults.rate_limited(30, "chat.postMessage", times=100_000)
    system.noyo.add_connection(group_name="Failed Company", status="unable_to_connect")
    system.settle(3600)
    assert "Failed Company" not in system.read_channel(ALERTS)
    system.slack.faults.clear()
    system.settle(TEN_MINUTES)

    assert "Failed Company" in system.read_channel(ALERTS)


def test_a_lost_post_is_found_behind_more_than_a_thousand_newer_messages(system: System) -> None:
    """Slack posts a card without answering, and the channel is busy before the bot searches for it."""
    system.slack.faults.reset_after("chat.postMessage")
    system.noyo.add_connection(group_name="Busy Company", status="processing")
    system.poll()
    system.notify()
    for number in range(1_100):
        system.slack.say(ANA, CONNECTIONS, f"message {number}")
    system.settle(120)

    assert len(messages_about(system, "Busy Company", CONNECTIONS)) == 1


def test_a_search_that_slack_limits_continues_where_it_stopped(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """The post is 150 pages back, and Slack allows 50 pages a minute. People write while the bot searches."""
    monkeypatch.setattr(policies, "SLACK_HISTORY_PAGE_SIZE", 2)
    system.slack.faults.reset_after("chat.postMessage")
    system.noyo.add_connection(group_name="Busy Company", status="processing")
    system.poll()
    system.notify()
    for number in range(300):
        system.slack.say(ANA, CONNECTIONS, f"message {number}")
    for _ in range(5):
        system.settle(60)
        system.slack.say(ANA, CONNECTIONS, "one more")
    system.settle(60)

    assert len(messages_about(system, "Busy Company", CONNECTIONS)) == 1
    pages = sum(call.method == "conversations.history" for call in system.slack.calls)
    assert pages < 170, "each page is read once, and refused calls come on top"


def messages_about(system: System, group_name: str, channel: str) -> list[Message]:
    return [message for message in system.slack.channel(channel) if group_name in system.slack.render(message)]


def test_one_run_posts_everything_that_waited_however_many(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four batches wait after an outage of Slack."""
    monkeypatch.setattr(policies, "DUE_BATCH_SIZE", 5)
    system.slack.faults.server_error(times=10**9)
    for number in range(20):
        system.noyo.add_connection(group_name=f"Company {number:02}", status="unable_to_connect")
    system.settle(120)
    system.slack.faults.clear()
    system.wait(60)
    run_workers(system)

    assert alerted(system) == set(range(20))


def test_an_operation_that_noyo_delays_by_a_day_is_sent_after_a_quarter_of_an_hour(system: System) -> None:
    system.noyo.faults.add(Fault(FaultKind.TOO_MANY, method="POST", path_contains="/api/", retry_after="86400"))
    system.request_connection()
    system.settle(10)
    assert "Noyo confirmed @Ana's request" not in system.read_channel(CONNECTIONS)
    system.wait(15 * 60)
    system.settle(10)

    assert "Noyo confirmed @Ana's request" in system.read_channel(CONNECTIONS)


@pytest.mark.parametrize("seconds", [1, 6, 9, 11, 15])
@pytest.mark.parametrize("method", [None, "chat.postMessage"])
def test_a_post_during_a_short_outage_is_there_once_within_20_seconds_of_recovery(
    system: System, method: str | None, seconds: int
) -> None:
    """Slack answers 503 for so long from the first attempt, to every call or to posts only."""
    system.slack.faults.server_error(method, times=10_000, status=503)
    recovered_at = system.clock() + seconds
    publish_from_the_stream(system, recovered_at)

    for channel in (CONNECTIONS, ALERTS):
        [message] = messages_about(system, "Failed Company", channel)
        assert float(message.ts) <= recovered_at + 20


def test_a_post_that_slack_did_although_it_answered_503_is_not_repeated(system: System) -> None:
    before = sum(call.method == "chat.postMessage" for call in system.slack.calls)
    system.slack.faults.server_error_after("chat.postMessage", times=2)
    publish_from_the_stream(system, recovered_at=system.clock() + 5)

    assert len(messages_about(system, "Failed Company", CONNECTIONS)) == 1
    assert len(messages_about(system, "Failed Company", ALERTS)) == 1
    assert sum(call.method == "chat.postMessage" for call in system.slack.calls) - before == 3, "card, line and alert"


def publish_from_the_stream(system: System, recovered_at: float) -> None:
    """The poll finds a failed connection, and the stream starts the worker once. Slack recovers while it waits."""
    system.noyo.add_connection(group_name="Failed Company", status="unable_to_connect")
    system.poll()
    deps = system.bot.slack_dependencies
    began = system.clock()

    def sleep(seconds: float) -> None:
        while seconds > 0:
            system.clock.sleep(min(seconds, 1))
            seconds -= 1
            if system.clock() >= recovered_at:
                system.slack.faults.clear()

    with acting("NotifyFunction"):
        notify(deps.outbox.due(deps.now(), limit=100), 120, deps, sleep=sleep, check_health=lambda: None)
    assert system.clock() - began < 75


def test_a_noyo_that_refuses_pages_below_five_rows_is_not_reported_as_broken(system: System) -> None:
    system.check_health()

    noyo = [seen for seen in system.noyo.requests if seen.path == "/api/v1/group_connections"]
    assert noyo
    assert {seen.status for seen in noyo} == {200}


@pytest.mark.parametrize("call", [2, 3, 4])
def test_a_record_deleted_while_a_list_is_read_hides_no_other_one(system: System, call: int) -> None:
    """The rows behind it move up, one of them to a page that was read before."""
    system.noyo.rules = replace(system.noyo.rules, max_page_size=5)
    ids = add_failed_connections(system, 24, seconds=120)
    calls = iter(range(1, 1000))

    def remove(path: str, query: Mapping[str, str]) -> None:
        if path.endswith("/group_connections") and next(calls) == call:
            system.noyo.remove(ids[-1])

    system.noyo.on_list = remove
    system.settle(60)

    assert alerted(system) >= set(range(23))


@pytest.mark.parametrize("first", ["0001-01-01", "9999-12-31"])
def test_a_request_with_an_extreme_last_managed_day_waits_like_any_other(system: System, first: str) -> None:
    request = request_disconnection(system, first)
    system.settle(TEN_MINUTES)
    deps = system.bot.slack_dependencies
    assert deps.outbox.due(deps.now(), limit=10) == []
    system.noyo.move_disconnection(request["id"], "needs_review", effective_end_date=day_in(system, 7))
    system.settle(TEN_MINUTES)

    assert "Last managed day changed" in system.read_channel(DECISIONS)


def test_a_list_without_an_end_is_reported_by_doctor(system: System) -> None:
    system.noyo.rules = replace(system.noyo.rules, honours_offset=False)
    for number in range(101):
        system.noyo.add_connection(group_name=f"Company {number}", status="completed")
    system.wait(25 * 3600)
    system.settle(10)

    answer = system.slack.command(ANA, CONNECTIONS, "/noyo", "doctor")

    assert "does not end" in system.slack.render(answer.messages[0])


@pytest.mark.parametrize("newer", [{"schema": 99}, {"schema": SCHEMA, "kind": "merge_groups"}], ids=["schema", "kind"])
@pytest.mark.parametrize(("kind", "sort"), [("OPERATION", "STATE"), ("OUTBOX", "EVENT")])
def test_items_of_a_newer_release_do_not_stop_the_others(
    system: System, kind: str, sort: str, newer: dict[str, Any]
) -> None:
    """As after a rollback: 120 items that this release cannot read are due before everything else."""
    for number in range(120):
        item = {"pk": f"{kind}#newer-{number}", "sk": sort, "due_kind": kind, "due": 1} | newer
        worker_client("dynamodb").put_item(TableName=system.settings.aws.table, Item=typed_item(item))
    system.request_connection()
    run_workers(system)

    assert "Noyo confirmed @Ana's request" in system.read_channel(CONNECTIONS)
    assert sum("#newer-" in item["pk"]["S"] for item in system.items()) == 120, "none is lost"
    doctor = system.slack.command(ANA, CONNECTIONS, "/noyo", "doctor")
    assert (
        "This release cannot read 120 waiting entries. Nothing is lost. After a rollback, upgrade again"
        in system.slack.render(doctor.messages[-1])
    )


def test_entries_set_aside_after_a_rollback_are_processed_after_the_upgrade(system: System) -> None:
    """A request and its event are of a newer release for a while; its card and its connection follow the upgrade."""
    system.request_connection()
    table, client = system.settings.aws.table, worker_client("dynamodb")
    ours = [item for item in system.items() if item["pk"]["S"].startswith(("OPERATION#", "OUTBOX#"))]
    ours = [item for item in ours if not item["pk"]["S"].startswith("OUTBOX#morning_summary")]
    assert len(ours) == 3, "the operation, its event and that of the mode"
    for item in ours:
        client.put_item(TableName=table, Item=item | {"schema": {"N": "99"}})
    run_workers(system)
    run_workers(system)
    assert not system.writes()
    for item in system.items():
        if item["schema"]["N"] == "99":
            client.put_item(TableName=table, Item=item | {"schema": {"N": "1"}})
    system.wait(15 * 60)
    run_workers(system)

    assert "Noyo confirmed @Ana's request" in system.read_channel(CONNECTIONS)
    assert len(system.writes()) == 1
    doctor = system.slack.command(ANA, CONNECTIONS, "/noyo", "doctor")
    assert "every entry readable" in system.slack.render(doctor.messages[-1])


def run_workers(system: System) -> None:
    """Both workers run once by their schedule."""
    with acting("ExecuteOperationsFunction"):
        execute_operations(None, 300, system.bot.noyo_dependencies)
    with acting("NotifyFunction"):
        deps = system.bot.slack_dependencies
        notify(None, 120, deps, sleep=system.clock.sleep, check_health=lambda: None)


def test_one_unreadable_state_does_not_stop_the_other_records_of_a_page(system: System) -> None:
    broken, other = (system.noyo.add_connection(group_name=name, status="processing")["id"] for name in ("One", "Two"))
    system.settle(10)
    table, key = system.settings.aws.table, {"pk": {"S": f"CONNECTION#{broken}"}, "sk": {"S": "STATE"}}
    item = worker_client("dynamodb").get_item(TableName=table, Key=key)["Item"]
    worker_client("dynamodb").put_item(TableName=table, Item=item | {"schema": {"N": "99"}})
    system.wait(60)
    for record_id in (broken, other):
        system.noyo.move_connection(record_id, "unable_to_connect", error="No")
    system.settle(20)

    assert "Two" in system.read_channel(ALERTS)
    answer = system.slack.command(ANA, CONNECTIONS, "/noyo", "doctor")
    assert broken in system.slack.render(answer.messages[0])


def test_no_answer_says_that_nothing_waits_after_a_rollback(system: System) -> None:
    """A failed connection and a waiting request were changed by the newer release, which this one cannot read."""
    system.noyo.add_connection(group_name="Failed Company", status="unable_to_connect")
    request_disconnection(system)
    table, client = system.settings.aws.table, worker_client("dynamodb")
    for item in system.items():
        if item["pk"]["S"].startswith(("CONNECTION#", "DISCONNECTION#")):
            client.put_item(TableName=table, Item=item | {"schema": {"N": "99"}})
    status, decisions, search, history = (
        system.slack.render(system.slack.command(ANA, CONNECTIONS, "/noyo", text).messages[-1])
        for text in ("status", "decisions", "status Failed", "history Failed")
    )

    assert "Needs our action: 2" in status
    assert "This release cannot read 2 of them" in status
    assert "This release cannot read 1 of them" in decisions
    assert "newer version of Switchboard" in search
    assert "newer version of Switchboard" in history


def test_status_counts_an_operation_that_it_cannot_read_after_a_rollback(system: System) -> None:
    system.noyo.add_connection(group_name="Failed Company", status="unable_to_connect")
    connected(system)
    ask_to_disconnect(system)
    table, client = system.settings.aws.table, worker_client("dynamodb")
    for item in system.items():
        if item["pk"]["S"].startswith("OPERATION#"):
            client.put_item(TableName=table, Item=item | {"schema": {"N": "99"}})

    status = system.slack.render(system.slack.command(ANA, CONNECTIONS, "/noyo", "status").messages[-1])

    assert "Needs our action: 2" in status
    assert "This release cannot read 1 of them" in status
    assert "Failed Company" in status


def test_an_unreadable_poll_cursor_restarts_its_list_and_is_reported_until_it_was_read(system: System) -> None:
    """As after a rollback. What changed meanwhile is announced, and the other list is polled as before."""
    record = system.noyo.add_connection(group_name="Failed Company", status="processing")["id"]
    system.settle(10)
    table, key = system.settings.aws.table, {"pk": {"S": "POLL_CURSOR#connection"}, "sk": {"S": "POLL_CURSOR"}}
    item = worker_client("dynamodb").get_item(TableName=table, Key=key)["Item"]
    worker_client("dynamodb").put_item(TableName=table, Item=item | {"schema": {"N": "99"}})
    doctor = system.slack.command(ANA, CONNECTIONS, "/noyo", "doctor")
    assert "not read completely yet" in system.slack.render(doctor.messages[0])
    system.noyo.move_connection(record, "unable_to_connect", error="No")
    system.noyo.add_connection(group_name="New Company", status="unable_to_connect")
    system.wait(60)
    system.noyo.faults.add(Fault("garbage", method="GET", path_contains="group_connections", times=1000))
    with pytest.raises(NoyoError):
        system.poll()
    system.noyo.faults.clear()
    doctor = system.slack.command(ANA, CONNECTIONS, "/noyo", "doctor")
    assert "the position in the list could not be read" in system.slack.render(doctor.messages[-1])
    system.settle(20)

    assert "Failed Company" in system.read_channel(ALERTS)
    assert "New Company" in system.read_channel(ALERTS)
    doctor = system.slack.command(ANA, CONNECTIONS, "/noyo", "doctor")
    assert "every record readable" in system.slack.render(doctor.messages[-1])


def add_failed_connections(system: System, count: int, *, seconds: int = 1) -> list[str]:
    """Their ids, one every `seconds`; each has its own error."""
    ids = []
    for number in range(count):
        system.wait(seconds)
        record = system.noyo.add_connection(group_name=f"Company {number:02}", status="processing")
        system.noyo.move_connection(record["id"], "unable_to_connect", error=f"Error {number}")
        ids.append(record["id"])
    return ids


def alerted(system: System) -> set[int]:
    return {number for number in range(50) if f"Company {number:02}" in system.read_channel(ALERTS)}


def doctor(system: System) -> str:
    return system.slack.render(system.slack.command(ANA, CONNECTIONS, "/noyo", "doctor").messages[-1])


@pytest.mark.parametrize("what", UNREADABLE)
def test_a_record_that_makes_its_pages_unreadable_hides_no_other_one(system: System, what: str) -> None:
    """Both its neighbours are announced, and so is what changes before and after the next sweep."""
    ids = add_failed_connections(system, 12)
    system.noyo.corrupt(ids[6], what)
    system.settle(10)
    assert alerted(system) == set(range(12)) - {6}
    assert "page (Noyo's answer could not be read" in doctor(system)
    system.wait(25 * 3600)
    system.settle(10)
    system.noyo.move_connection(ids[0], "completed")
    system.settle(10)

    assert "No longer needs action: Company 00" in system.read_channel(ALERTS)


@pytest.mark.parametrize("earlier", [0, 3])
def test_changes_after_an_unreadable_record_are_announced_at_once(system: System, earlier: int) -> None:
    """However few they are, and although Noyo refuses a page behind the last record."""
    system.noyo.rules = replace(system.noyo.rules, past_the_end="422")
    ids = add_failed_connections(system, earlier + 1)
    system.noyo.corrupt(ids[-1], "an integer of 5,000 digits")
    system.settle(10)
    assert alerted(system) == set(range(earlier))
    for number in range(20, 26):
        system.wait(60)
        system.noyo.add_connection(group_name=f"Company {number}", status="unable_to_connect")
        system.settle(5)
        assert f"Company {number}" in system.read_channel(CONNECTIONS)


@pytest.mark.parametrize("what", UNREADABLE)
def test_a_known_record_that_becomes_unreadable_is_reported_and_not_deleted(system: System, what: str) -> None:
    ids = add_failed_connections(system, 3)
    system.settle(10)
    system.noyo.corrupt(ids[1], what)
    system.wait(25 * 3600)
    system.settle(60)
    assert ids[1] in doctor(system)
    assert "Deleted at Noyo" not in system.read_channel(CONNECTIONS)
    system.noyo.corrupt(ids[1], None)
    system.noyo.move_connection(ids[1], "completed")
    system.settle(10)
    assert "No longer needs action: Company 01" in system.read_channel(ALERTS)
    system.wait(25 * 3600)
    system.settle(10)

    assert "every record readable" in doctor(system)


def test_many_unreadable_records_in_a_row_do_not_hide_the_others(system: System) -> None:
    ids = add_failed_connections(system, 30)
    for record_id in ids[10:22]:
        system.noyo.corrupt(record_id, "an integer of 5,000 digits")
    system.settle(10)

    assert alerted(system) == {*range(10), *range(22, 30)}


def test_a_noyo_whose_answers_are_all_unreadable_is_not_paged_endlessly(system: System) -> None:
    """The other list is polled as before, and what changed meanwhile is announced after the recovery."""
    ids = add_failed_connections(system, 1)
    system.settle(10)
    system.noyo.faults.add(Fault("garbage", path_contains="/group_connections", times=None))
    system.noyo.move_connection(ids[0], "completed")
    system.noyo.carrier_requests_disconnection(carrier_id=GUARDIAN, group_id=ids[0], group_name="Other Company")
    before = len(system.noyo.requests)
    with acting("PollFunction"):
        assert poll_lists(300, system.bot.noyo_dependencies, check_health=lambda: None).failed == 1
    system.notify()
    assert len(system.noyo.requests) - before < 30
    assert "Other Company" in system.read_channel(DECISIONS)
    system.wait(3600)
    assert "connections" in doctor(system)
    system.noyo.faults.clear()
    system.settle(60)

    assert "No longer needs action: Company 00" in system.read_channel(ALERTS)


@pytest.mark.parametrize("what", UNREADABLE)
def test_a_retry_whose_answer_cannot_be_read_is_compared_with_what_noyo_has(system: System, what: str) -> None:
    """It is sent once, and other requests are not delayed."""
    add_failed_connections(system, 1)
    system.settle(10)
    answer = UNREADABLE[what]({})
    system.noyo.faults.add(Fault("false_answer_after", method="PUT", status=200, body=answer))
    system.retry(ANA, ALERTS, card_with(system, ALERTS, "retry").ts)
    system.request_connection(group_name="Other Company")
    system.settle(120)

    assert "Noyo confirmed @Ana's request" in system.read_channel(CONNECTIONS)
    assert "Noyo's answer could not be read, but Noyo shows that @Ana's retry arrived" in system.read_channel(
        CONNECTIONS
    )
    assert [seen.method for seen in system.writes()].count("PUT") == 1


def test_a_retry_of_a_record_that_cannot_be_read_is_not_sent_and_delays_no_other(system: System) -> None:
    ids = add_failed_connections(system, 1)
    system.settle(10)
    system.noyo.corrupt(ids[0], "an integer of 5,000 digits")
    system.retry(ANA, ALERTS, card_with(system, ALERTS, "retry").ts)
    system.request_connection(group_name="Other Company")
    system.settle(60)
    assert "Noyo confirmed @Ana's request" in system.read_channel(CONNECTIONS)
    assert "Noyo's answer could not be read" in system.read_channel(CONNECTIONS)
    assert [seen.method for seen in system.writes()] == ["POST"]
    system.noyo.corrupt(ids[0], None)
    system.settle(600)

    assert "Noyo confirmed @Ana's retry" in system.read_channel(CONNECTIONS)
