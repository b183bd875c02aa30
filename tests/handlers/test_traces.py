"""One trace from a click to its card, and from a change at Noyo to its card; and nothing that must not be logged."""

from __future__ import annotations

import hmac
import json
from typing import Any
from uuid import uuid4

import pytest

from handlers import execute_operations, notify, poll
from infra.local import environment as local
from infra.local.noyo import Fault, FaultKind
from tests.handlers.captured_logs import NAMESPACE, Line, Watched
from tests.system import ALERTS, ANA, CONNECTIONS, DECISIONS, GUARDIAN, System

pytestmark = pytest.mark.long

SSN, EIN, BROKER, TIN = "123-45-6789", "987654321", "91-2345678", "912345679"
MAIL = "employer@secret.example"
HOSTILE = f'<!channel> <@U0BEN> *x* {SSN} ","level":"ERROR"}}\n{{"forged": "{EIN}'
SECRETS = (local.BOT_TOKEN, local.SIGNING_SECRET, local.CLIENT_SECRET)


@pytest.fixture
def watched(system: System, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Watched:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", NAMESPACE)
    watched = Watched(system, capsys)
    watched.round()
    watched.lines()
    return watched


def messages(lines: list[Line], trace: str | None = None) -> list[str]:
    return [line["message"] for line in lines if trace is None or line.get("trace") == trace]


def with_message(lines: list[Line], message: str) -> list[Line]:
    return [line for line in lines if line["message"] == message]


def test_one_trace_leads_from_the_submitted_form_to_the_card(watched: Watched) -> None:
    system = watched.system
    system.asks()
    [operation] = system.open_operations()
    watched.round()

    lines = watched.lines()
    [opened] = with_message(lines, "view_opened")
    assert opened["view"] == operation, "the click before it is found by this"
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


def test_a_change_at_noyo_has_one_trace_from_the_poll_to_the_alert(watched: Watched) -> None:
    system = watched.system
    connection = system.noyo.add_connection(group_name="Acme", status="unable_to_connect")
    watched.round()

    lines = watched.lines()
    [changed] = with_message(lines, "record_changed")
    assert changed["trace"] == f"connection:{connection['id']}:{connection['version']}"
    steps = messages(lines, changed["trace"])
    assert steps[0] == "record_changed"
    assert steps[-1] == "event_published"
    shown = {line["kind"] for line in with_message(lines, "message_sent") if line["trace"] == changed["trace"]}
    assert shown == {"connection", "line", "alert"}
    assert with_message(lines, "event_published")[-1]["lag"] == pytest.approx(0, abs=60)


def test_a_webhook_leads_to_its_refresh_and_to_the_card(watched: Watched) -> None:
    system = watched.system
    system.webhooks_begin()
    connection = system.noyo.add_connection(group_name="Acme", status="unable_to_connect")
    system.noyo.deliver_webhooks()
    watched.run(execute_operations.handler, notify.handler)

    lines = watched.lines()
    [submitted] = with_message(lines, "operation_submitted")
    assert submitted["trace"].startswith("webhook:")
    assert messages(lines, submitted["trace"]) == ["operation_submitted", "operation_claimed", "operation_settled"]
    [settled] = with_message(lines, "operation_settled")
    version = f"{settled['entity']}:{settled['version']}"
    assert version == f"connection:{connection['id']}:{connection['version']}"
    steps = messages(lines, version)
    assert (steps[0], steps[-1]) == ("record_changed", "event_published")
    assert "message_sent" in steps


def test_a_daily_event_is_not_counted_as_a_late_change(watched: Watched) -> None:
    system = watched.system
    system.noyo.carrier_requests_disconnection(carrier_id=GUARDIAN, group_id=str(uuid4()), group_name="Acme")
    watched.round()
    assert [line["kind"] for line in with_message(watched.lines(), "event_published") if "lag" in line] == [
        "record_changed"
    ]

    system.wait(86_400)
    watched.run(notify.handler)

    published = with_message(watched.lines(), "event_published")
    assert "day_started" in {line["kind"] for line in published}
    assert [line for line in published if "lag" in line] == []


def test_a_quiet_minute_is_one_line_a_list_and_one_a_worker(watched: Watched) -> None:
    watched.round()

    assert sorted(messages(watched.lines())) == ["list_polled", "list_polled", "operation_backlog", "outbox_backlog"]


def test_a_lost_answer_is_seen_to_be_checked_and_found(watched: Watched) -> None:
    system = watched.system
    system.noyo.faults.add(Fault(FaultKind.RESET_AFTER, method="POST", path_contains="/group_connections"))
    system.asks()
    [operation] = system.open_operations()
    watched.round(4)

    lines = [line for line in watched.lines() if line.get("trace") == operation]
    assert "status" not in with_message(lines, "noyo_called")[0], "no answer came"
    assert [(line["state"]) for line in with_message(lines, "operation_saved")][0] == "reconciling"
    assert with_message(lines, "operation_settled")[0]["outcome"] == "reconciled"


def test_a_manual_resolution_belongs_to_the_trace_of_its_operation(watched: Watched) -> None:
    system = watched.system
    stuck = system.noyo.add_connection(group_name="Acme", status="unable_to_connect")
    watched.round()
    alert = system.slack.channel(ALERTS)[-1]
    system.noyo.faults.add(Fault(FaultKind.RESET_BEFORE, method="PUT", times=None))
    system.retries(ANA, ALERTS, alert.ts, carrier_group_id=stuck["group_data"]["carrier_group_id"])
    [operation] = system.open_operations()
    watched.round(6)
    lines = watched.lines()
    assert with_message(lines, "operation_saved")[-1]["state"] == "needs_resolution"
    assert max(line["awaiting_resolution"] for line in with_message(lines, "operation_backlog")) == 1

    asked = [message for message in system.slack.channel(ALERTS) if "close" in str(message.blocks)][-1]
    system.slack.click(ANA, ALERTS, asked.ts, "resolve_close")
    watched.round()

    lines = watched.lines()
    [settled] = with_message(lines, "operation_settled")
    assert (settled["trace"], settled["outcome"]) == (operation, "closed")
    assert with_message(lines, "operation_backlog")[0]["awaiting_resolution"] == 0


def test_how_long_slack_waited_is_told_by_kind_and_whether_the_process_was_new(watched: Watched) -> None:
    watched.system.restart()
    watched.system.slack.command(ANA, CONNECTIONS, "/noyo", "help")
    watched.system.slack.command(ANA, CONNECTIONS, "/noyo", "help")

    answered = with_message(watched.lines(), "slack_answered")
    assert [(line["kind"], line["cold"], line["status"]) for line in answered] == [
        ("command", "yes", 200),
        ("command", "no", 200),
    ]


def test_a_poll_that_fails_tells_how_long_ago_one_came_to_its_end(watched: Watched) -> None:
    system = watched.system
    system.noyo.faults.add(Fault(FaultKind.GARBAGE, path_contains="/group_connections", times=None))
    for _ in range(3):
        watched.run(poll.handler)
        system.wait(600)

    polled = [line for line in with_message(watched.lines(), "list_polled") if line["list"] == "connection"]
    ages = [line["age"] for line in polled]
    assert ages[0] >= 60
    assert [later - ages[0] for later in ages] == [0, 600, 1200]
    assert {line["finished"] for line in polled} == {"no"}
    assert {line["level"] for line in polled} == {"WARNING"}


def test_who_asks_us_to_slow_down_and_who_does_not_let_us_in_is_told(watched: Watched) -> None:
    system = watched.system
    system.noyo.faults.add(Fault(FaultKind.TOO_MANY, path_contains="/group_connections", retry_after=1))
    system.noyo.add_connection(group_name="Acme", status="processing")
    watched.run(poll.handler)
    system.slack.faults.rate_limited(2, "chat.postMessage")
    system.slack.faults.api_error("invalid_auth", "chat.postMessage")
    watched.run(notify.handler)
    system.wait(30)
    watched.run(notify.handler)

    lines = watched.lines()
    assert [line["service"] for line in with_message(lines, "throttled")] == ["noyo", "slack"]
    assert [line["service"] for line in with_message(lines, "credentials_rejected")] == ["slack"]
    assert sum(line["failed"] for line in with_message(lines, "event_postponed")) >= 1


@pytest.fixture(params=["worker", "receiver"])
def formatted(request: pytest.FixtureRequest, watched: Watched) -> Watched:
    """Both ways of writing a line: powertools' and our own."""
    if request.param == "receiver":
        import logging

        root = logging.getLogger()
        root.handlers = [handler for handler in root.handlers if type(handler).__name__ != "StdoutHandler"]
        watched.receive()
    return watched


def of_another_kind(system: System) -> None:
    """Webhooks as nobody expects them, unsigned and signed."""
    forged = {"event": {"id": EIN, "type": f"{HOSTILE} {EIN}"}, "data": {"id": SSN}}
    for stamp, content in ((HOSTILE, forged), ("2026-01-01", forged), ("2026-01-01", f"{SSN} no JSON")):
        body = json.dumps(content)
        signed = hmac.new(local.WEBHOOK_SECRET.encode(), f"{stamp}.{body}".encode(), "sha256").hexdigest()
        for signature in (signed, HOSTILE):
            headers = {"x-noyo-timestamp": stamp, "x-noyo-signature": signature}
            system.bot.webhook_endpoint.handle({"headers": headers, "body": body})


def test_no_line_holds_a_tax_number_an_address_a_token_or_a_text_from_outside(formatted: Watched) -> None:
    """Every path with hostile text wherever somebody outside can put one: typed, told by Noyo, told by Slack."""
    system = formatted.system
    typed: dict[str, Any] = {
        "group_name": f"Widgets {SSN}",
        "carrier_group_id": EIN,
        "federal_ein": BROKER.replace("-", ""),
    }
    system.asks(**typed)
    system.slack.command(ANA, CONNECTIONS, "/noyo", f"status {HOSTILE}")
    system.slack.command(ANA, CONNECTIONS, "/noyo", HOSTILE)
    stuck = system.noyo.add_connection(group_name=HOSTILE, status="unable_to_connect")
    system.noyo.move_connection(stuck["id"], "unable_to_connect", error=HOSTILE)
    odd = system.noyo.add_connection(group_name="Odd", status=f"odd {SSN}")
    broken = system.noyo.add_connection(group_name=HOSTILE, status="processing")
    system.noyo.corrupt(broken["id"], None)
    system.noyo.carrier_requests_disconnection(carrier_id=GUARDIAN, group_id=str(uuid4()), group_name=HOSTILE)
    formatted.round(2)
    of_another_kind(system)
    request = next(message for message in system.slack.channel(DECISIONS) if "reject" in str(message.blocks))
    system.slack.click(ANA, DECISIONS, request.ts, "reject")
    window = system.slack.view_of(ANA)
    assert window is not None
    system.slack.submit(ANA, window.id, {"reason": "other", "context": f"They said {TIN} {MAIL}"})
    formatted.round()
    alert = next(message for message in system.slack.channel(ALERTS) if stuck["id"] in str(message.blocks))
    system.noyo.faults.add(Fault(FaultKind.RESET_BEFORE, method="PUT", times=None))
    system.retries(
        ANA,
        ALERTS,
        alert.ts,
        carrier_group_id=EIN,
        broker_tin=TIN,
        broker_federal_ein=BROKER.replace("-", ""),
        employer_email_address=MAIL,
    )
    formatted.round(6)
    system.noyo.faults.add(Fault(FaultKind.GARBAGE, path_contains="/api/", times=4))
    system.slack.faults.api_error("invalid_auth", "chat.postMessage")
    system.slack.faults.server_error("chat.update")
    system.noyo.move_connection(odd["id"], f"worse {SSN}")
    formatted.round(3)

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
    assert all(line["level"] in ("INFO", "WARNING", "ERROR") for line in lines), "no line was forged"
