"""One trace leads from a click or a change at Noyo to the card, and log lines contain no confidential text."""

from __future__ import annotations

import hmac
import json
from typing import Any
from uuid import uuid4

import pytest

from handlers import execute_operations, notify, poll
from infra.local import environment as local
from infra.local.noyo import Fault, FaultKind
from tests.handlers.captured_logs import NAMESPACE, Line, LoggedSystem
from tests.system import ALERTS, ANA, CONNECTIONS, DECISIONS, GUARDIAN, System

pytestmark = pytest.mark.long

SSN, EIN, BROKER, TIN = "123-45-6789", "987654321", "91-2345678", "912345679"
MAIL = "employer@secret.example"
HOSTILE = f'<!channel> <@U0BEN> *x* {SSN} ","level":"ERROR"}}\n{{"forged": "{EIN}'
SECRETS = (local.BOT_TOKEN, local.SIGNING_SECRET, local.CLIENT_SECRET)


@pytest.fixture
def logged_system(system: System, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> LoggedSystem:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", NAMESPACE)
    logged_system = LoggedSystem(system, capsys)
    logged_system.run_schedules()
    logged_system.lines()
    return logged_system


def messages(lines: list[Line], trace: str | None = None) -> list[str]:
    return [line["message"] for line in lines if trace is None or line.get("trace") == trace]


def with_message(lines: list[Line], message: str) -> list[Line]:
    return [line for line in lines if line["message"] == message]


def test_one_trace_leads_from_the_submitted_form_to_the_card(logged_system: LoggedSystem) -> None:
    system = logged_system.system
    system.request_connection()
    [operation] = system.open_operations()
    logged_system.run_schedules()

    lines = logged_system.lines()
    [opened] = with_message(lines, "view_opened")
    assert opened["view"] == operation, "connects the view with its submission"
    steps = messages(lines, operation)
    assert steps[:2] == ["operation_submitted", "slack_answered"]
    assert steps[2:5] == ["operation_claimed", "noyo_called", "operation_settled"]
    assert {"message_sent", "event_published"} == set(steps[5:])
    assert {line.get("trace") for line in with_message(lines, "noyo_called")} == {operation}
    [sent] = with_message(lines, "noyo_called")
    assert (sent["method"], sent["status"]) == ("POST", 201)
    [settled] = with_message(lines, "operation_settled")
    assert (settled["kind"], settled["outcome"]) == ("request_connection", "confirmed")
    assert settled["entity"].startswith("connection:")
    assert {line["channel"] for line in with_message(lines, "message_sent") if line["kind"] == "operation"} == {
        CONNECTIONS
    }


def test_a_change_at_noyo_has_one_trace_from_the_poll_to_the_alert(logged_system: LoggedSystem) -> None:
    system = logged_system.system
    connection = system.noyo.add_connection(group_name="Acme", status="unable_to_connect")
    logged_system.run_schedules()

    lines = logged_system.lines()
    [changed] = with_message(lines, "record_changed")
    assert changed["trace"] == f"connection:{connection['id']}:{connection['version']}"
    steps = messages(lines, changed["trace"])
    assert steps[0] == "record_changed"
    assert steps[-1] == "event_published"
    shown = {line["kind"] for line in with_message(lines, "message_sent") if line["trace"] == changed["trace"]}
    assert shown == {"connection", "line", "alert"}
    assert with_message(lines, "event_published")[-1]["lag"] == pytest.approx(0, abs=60)


def test_a_webhook_leads_to_its_refresh_and_to_the_card(logged_system: LoggedSystem) -> None:
    system = logged_system.system
    system.start_webhooks()
    connection = system.noyo.add_connection(group_name="Acme", status="unable_to_connect")
    system.noyo.deliver_webhooks()
    logged_system.run(execute_operations.handler, notify.handler)

    lines = logged_system.lines()
    [submitted] = with_message(lines, "operation_submitted")
    assert submitted["trace"].startswith("webhook:")
    assert messages(lines, submitted["trace"]) == ["operation_submitted", "operation_claimed", "operation_settled"]
    [settled] = with_message(lines, "operation_settled")
    version = f"{settled['entity']}:{settled['version']}"
    assert version == f"connection:{connection['id']}:{connection['version']}"
    steps = messages(lines, version)
    assert (steps[0], steps[-1]) == ("record_changed", "event_published")
    assert "message_sent" in steps


def test_a_daily_event_is_not_counted_as_a_late_change(logged_system: LoggedSystem) -> None:
    system = logged_system.system
    system.noyo.carrier_requests_disconnection(carrier_id=GUARDIAN, group_id=str(uuid4()), group_name="Acme")
    logged_system.run_schedules()
    assert [line["kind"] for line in with_message(logged_system.lines(), "event_published") if "lag" in line] == [
        "record_changed"
    ]

    system.wait(86_400)
    logged_system.run(notify.handler)

    published = with_message(logged_system.lines(), "event_published")
    assert "day_started" in {line["kind"] for line in published}
    assert [line for line in published if "lag" in line] == []


def test_a_minute_without_changes_logs_one_line_per_list_and_worker(logged_system: LoggedSystem) -> None:
    logged_system.run_schedules()

    assert sorted(messages(logged_system.lines())) == [
        "list_polled",
        "list_polled",
        "operation_backlog",
        "outbox_backlog",
    ]


def test_the_log_shows_that_a_lost_answer_was_reconciled(logged_system: LoggedSystem) -> None:
    system = logged_system.system
    system.noyo.faults.add(Fault(FaultKind.RESET_AFTER, method="POST", path_contains="/group_connections"))
    system.request_connection()
    [operation] = system.open_operations()
    logged_system.run_schedules(4)

    lines = [line for line in logged_system.lines() if line.get("trace") == operation]
    assert "status" not in with_message(lines, "noyo_called")[0], "no answer was received"
    assert [(line["state"]) for line in with_message(lines, "operation_saved")][0] == "reconciling"
    assert with_message(lines, "operation_settled")[0]["outcome"] == "reconciled"


def test_a_manual_resolution_belongs_to_the_trace_of_its_operation(logged_system: LoggedSystem) -> None:
    system = logged_system.system
    stuck = system.noyo.add_connection(group_name="Acme", status="unable_to_connect")
    logged_system.run_schedules()
    alert = system.slack.channel(ALERTS)[-1]
    system.noyo.faults.add(Fault(FaultKind.RESET_BEFORE, method="PUT", times=None))
    system.retry(ANA, ALERTS, alert.ts, carrier_group_id=stuck["group_data"]["carrier_group_id"])
    [operation] = system.open_operations()
    logged_system.run_schedules(6)
    lines = logged_system.lines()
    assert with_message(lines, "operation_saved")[-1]["state"] == "needs_resolution"
    assert max(line["awaiting_resolution"] for line in with_message(lines, "operation_backlog")) == 1

    requested = [message for message in system.slack.channel(ALERTS) if "close" in str(message.blocks)][-1]
    system.slack.click(ANA, ALERTS, requested.ts, "resolve_close")
    logged_system.run_schedules()

    lines = logged_system.lines()
    [settled] = with_message(lines, "operation_settled")
    assert (settled["trace"], settled["outcome"]) == (operation, "closed")
    assert with_message(lines, "operation_backlog")[0]["awaiting_resolution"] == 0


def test_answers_to_slack_are_logged_with_their_kind_and_cold_starts(logged_system: LoggedSystem) -> None:
    logged_system.system.restart()
    logged_system.system.slack.command(ANA, CONNECTIONS, "/noyo", "help")
    logged_system.system.slack.command(ANA, CONNECTIONS, "/noyo", "help")

    answered = with_message(logged_system.lines(), "slack_answered")
    assert [(line["kind"], line["cold"], line["status"]) for line in answered] == [
        ("command", "yes", 200),
        ("command", "no", 200),
    ]


def test_a_failing_poll_logs_the_age_of_the_last_finished_poll(logged_system: LoggedSystem) -> None:
    system = logged_system.system
    system.noyo.faults.add(Fault(FaultKind.GARBAGE, path_contains="/group_connections", times=None))
    for _ in range(3):
        logged_system.run(poll.handler)
        system.wait(600)

    polled = [line for line in with_message(logged_system.lines(), "list_polled") if line["list"] == "connection"]
    ages = [line["age"] for line in polled]
    assert ages[0] >= 60
    assert [later - ages[0] for later in ages] == [0, 600, 1200]
    assert {line["finished"] for line in polled} == {"no"}
    assert {line["level"] for line in polled} == {"WARNING"}


def test_rate_limits_and_rejected_credentials_are_logged_with_their_service(logged_system: LoggedSystem) -> None:
    system = logged_system.system
    system.noyo.faults.add(Fault(FaultKind.TOO_MANY, path_contains="/group_connections", retry_after=1))
    system.noyo.add_connection(group_name="Acme", status="processing")
    logged_system.run(poll.handler)
    system.slack.faults.rate_limited(2, "chat.postMessage")
    system.slack.faults.api_error("invalid_auth", "chat.postMessage")
    logged_system.run(notify.handler)
    system.wait(30)
    logged_system.run(notify.handler)

    lines = logged_system.lines()
    assert [line["service"] for line in with_message(lines, "throttled")] == ["noyo", "slack"]
    assert [line["service"] for line in with_message(lines, "credentials_rejected")] == ["slack"]
    assert sum(line["failed"] for line in with_message(lines, "event_postponed")) >= 1


@pytest.fixture(params=["worker", "receiver"])
def formatted(request: pytest.FixtureRequest, logged_system: LoggedSystem) -> LoggedSystem:
    """Log lines in both formats: the one of powertools and our own."""
    if request.param == "receiver":
        import logging

        root = logging.getLogger()
        root.handlers = [handler for handler in root.handlers if type(handler).__name__ != "StdoutHandler"]
        logged_system.log_as_receiver()
    return logged_system


def deliver_invalid_webhooks(system: System) -> None:
    """Delivers webhooks with unexpected content, unsigned and signed."""
    forged = {"event": {"id": EIN, "type": f"{HOSTILE} {EIN}"}, "data": {"id": SSN}}
    for timestamp, content in ((HOSTILE, forged), ("2026-01-01", forged), ("2026-01-01", f"{SSN} no JSON")):
        body = json.dumps(content)
        signed = hmac.new(local.WEBHOOK_SECRET.encode(), f"{timestamp}.{body}".encode(), "sha256").hexdigest()
        for signature in (signed, HOSTILE):
            headers = {"x-noyo-timestamp": timestamp, "x-noyo-signature": signature}
            system.bot.webhook_endpoint.handle({"headers": headers, "body": body})


def test_no_log_line_contains_tax_numbers_addresses_tokens_or_untrusted_text(formatted: LoggedSystem) -> None:
    """Runs every path with hostile text in each untrusted input: from people, Noyo and Slack."""
    system = formatted.system
    typed: dict[str, Any] = {
        "group_name": f"Widgets {SSN}",
        "carrier_group_id": EIN,
        "federal_ein": BROKER.replace("-", ""),
    }
    system.request_connection(**typed)
    system.slack.command(ANA, CONNECTIONS, "/noyo", f"status {HOSTILE}")
    system.slack.command(ANA, CONNECTIONS, "/noyo", HOSTILE)
    stuck = system.noyo.add_connection(group_name=HOSTILE, status="unable_to_connect")
    system.noyo.move_connection(stuck["id"], "unable_to_connect", error=HOSTILE)
    odd = system.noyo.add_connection(group_name="Odd", status=f"odd {SSN}")
    broken = system.noyo.add_connection(group_name=HOSTILE, status="processing")
    system.noyo.corrupt(broken["id"], None)
    system.noyo.carrier_requests_disconnection(carrier_id=GUARDIAN, group_id=str(uuid4()), group_name=HOSTILE)
    formatted.run_schedules(2)
    deliver_invalid_webhooks(system)
    request = next(message for message in system.slack.channel(DECISIONS) if "reject" in str(message.blocks))
    system.slack.click(ANA, DECISIONS, request.ts, "reject")
    view = system.slack.view_of(ANA)
    assert view is not None
    system.slack.submit(ANA, view.id, {"reason": "other", "context": f"They said {TIN} {MAIL}"})
    formatted.run_schedules()
    alert = next(message for message in system.slack.channel(ALERTS) if stuck["id"] in str(message.blocks))
    system.noyo.faults.add(Fault(FaultKind.RESET_BEFORE, method="PUT", times=None))
    system.retry(
        ANA,
        ALERTS,
        alert.ts,
        carrier_group_id=EIN,
        broker_tin=TIN,
        broker_federal_ein=BROKER.replace("-", ""),
        employer_email_address=MAIL,
    )
    formatted.run_schedules(6)
    system.noyo.faults.add(Fault(FaultKind.GARBAGE, path_contains="/api/", times=4))
    system.slack.faults.api_error("invalid_auth", "chat.postMessage")
    system.slack.faults.server_error("chat.update")
    system.noyo.move_connection(odd["id"], f"worse {SSN}")
    formatted.run_schedules(3)

    lines = formatted.lines()
    text = "".join(formatted.captured)
    assert {
        "operation_submitted",
        "noyo_called",
        "operation_settled",
        "operation_saved",
        "record_changed",
        "list_polled",
        "message_sent",
        "event_published",
        "event_postponed",
    } <= set(messages(lines))
    assert DECISIONS in text
    assert {line["kind"] for line in with_message(lines, "operation_settled")} >= {"decide_disconnection"}
    digits = [number.replace("-", "") for number in (SSN, BROKER)]
    for hidden in (SSN, EIN, BROKER, TIN, MAIL, *digits, *SECRETS, "<!channel>", "forged", "Widgets", "Odd", "odd "):
        assert hidden not in text, hidden
    assert all(line["level"] in ("INFO", "WARNING", "ERROR") for line in lines), "no log line was forged"
