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
from tests.handlers.following import NAMESPACE, Line, Watched
from tests.world import ALERTS, ANA, CONNECTIONS, DECISIONS, GUARDIAN, World

pytestmark = pytest.mark.long

SSN, EIN, BROKER, TIN = "123-45-6789", "987654321", "91-2345678", "912345679"
MAIL = "employer@secret.example"
HOSTILE = f'<!channel> <@U0BEN> *x* {SSN} ","level":"ERROR"}}\n{{"forged": "{EIN}'
SECRETS = (local.BOT_TOKEN, local.SIGNING_SECRET, local.CLIENT_SECRET)


@pytest.fixture(autouse=True)
def lambdas_clock(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.lambda_context.time.time", world.clock)


@pytest.fixture
def watched(world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Watched:
    monkeypatch.setenv("METRICS_NAMESPACE", NAMESPACE)
    made = Watched(world, capsys)
    made.round()
    made.lines()
    return made


def steps(lines: list[Line], trace: str | None = None) -> list[str]:
    return [line["message"] for line in lines if trace is None or line.get("trace") == trace]


def of(lines: list[Line], message: str) -> list[Line]:
    return [line for line in lines if line["message"] == message]


def test_one_trace_leads_from_the_submitted_form_to_the_card(watched: Watched) -> None:
    world = watched.world
    world.asks()
    [operation] = world.open_operations()
    watched.round()

    lines = watched.lines()
    [opened] = of(lines, "opened")
    assert opened["view"] == operation, "the click before it is found by this"
    told = steps(lines, operation)
    assert told[:2] == ["placed", "slack answered"]
    assert told[2:5] == ["claimed", "sent", "settled"]
    assert {"shown", "told"} == set(told[5:])
    assert {line.get("trace") for line in of(lines, "sent")} == {operation}
    [sent] = of(lines, "sent")
    assert (sent["method"], sent["status"]) == ("POST", 201)
    [settled] = of(lines, "settled")
    assert (settled["kind"], settled["outcome"]) == ("request_connection", "confirmed")
    assert settled["entity"].startswith("connection:")
    assert {line["channel"] for line in of(lines, "shown") if line["what"] == "operation"} == {CONNECTIONS}


def test_a_change_at_noyo_has_one_trace_from_the_poll_to_the_alert(watched: Watched) -> None:
    world = watched.world
    made = world.noyo.add_connection(group_name="Acme", status="unable_to_connect")
    watched.round()

    lines = watched.lines()
    [changed] = of(lines, "changed")
    assert changed["trace"] == f"connection:{made['id']}:{made['version']}"
    told = steps(lines, changed["trace"])
    assert told[0] == "changed"
    assert told[-1] == "told"
    shown = {line["what"] for line in of(lines, "shown") if line["trace"] == changed["trace"]}
    assert shown == {"connection", "line", "alert"}
    assert of(lines, "told")[-1]["lag"] == pytest.approx(0, abs=60)


def test_a_webhook_leads_to_its_look_and_that_to_the_card(watched: Watched) -> None:
    world = watched.world
    world.webhooks_begin()
    made = world.noyo.add_connection(group_name="Acme", status="unable_to_connect")
    world.noyo.deliver_webhooks()
    watched.run(execute_operations.handler, notify.handler)

    lines = watched.lines()
    [placed] = of(lines, "placed")
    assert placed["trace"].startswith("webhook:")
    assert steps(lines, placed["trace"]) == ["placed", "claimed", "settled"]
    [settled] = of(lines, "settled")
    version = f"{settled['subject']}:{settled['version']}"
    assert version == f"connection:{made['id']}:{made['version']}"
    told = steps(lines, version)
    assert (told[0], told[-1]) == ("changed", "told")
    assert "shown" in told


def test_what_only_tells_that_time_went_by_is_no_change_that_came_late(watched: Watched) -> None:
    world = watched.world
    world.noyo.carrier_requests_disconnection(carrier_id=GUARDIAN, group_id=str(uuid4()), group_name="Acme")
    watched.round()
    assert [line["news"] for line in of(watched.lines(), "told") if "lag" in line] == ["record"]

    world.wait(86_400)
    watched.run(notify.handler)

    told = of(watched.lines(), "told")
    assert "day" in {line["news"] for line in told}
    assert [line for line in told if "lag" in line] == []


def test_a_quiet_minute_is_one_line_a_list_and_one_a_worker(watched: Watched) -> None:
    watched.round()

    assert sorted(steps(watched.lines())) == ["news stands", "operations stand", "polled", "polled"]


def test_a_lost_answer_is_seen_to_be_checked_and_found(watched: Watched) -> None:
    world = watched.world
    world.noyo.faults.add(Fault(FaultKind.RESET_AFTER, method="POST", path_contains="/group_connections"))
    world.asks()
    [operation] = world.open_operations()
    watched.round(4)

    lines = [line for line in watched.lines() if line.get("trace") == operation]
    assert "status" not in of(lines, "sent")[0], "no answer came"
    assert [(line["state"]) for line in of(lines, "kept")][0] == "reconciling"
    assert of(lines, "settled")[0]["outcome"] == "reconciled"


def test_a_way_out_that_a_person_takes_belongs_to_the_operation(watched: Watched) -> None:
    world = watched.world
    stuck = world.noyo.add_connection(group_name="Acme", status="unable_to_connect")
    watched.round()
    alert = world.slack.channel(ALERTS)[-1]
    world.noyo.faults.add(Fault(FaultKind.RESET_BEFORE, method="PUT", times=None))
    world.retries(ANA, ALERTS, alert.ts, carrier_group_id=stuck["group_data"]["carrier_group_id"])
    [operation] = world.open_operations()
    watched.round(6)
    lines = watched.lines()
    assert of(lines, "kept")[-1]["state"] == "needs_resolution"
    assert max(line["waiting"] for line in of(lines, "operations stand")) == 1

    asked = [message for message in world.slack.channel(ALERTS) if "close" in str(message.blocks)][-1]
    world.slack.click(ANA, ALERTS, asked.ts, "way_close")
    watched.round()

    lines = watched.lines()
    [settled] = of(lines, "settled")
    assert (settled["trace"], settled["outcome"]) == (operation, "closed")
    assert of(lines, "operations stand")[0]["waiting"] == 0


def test_how_long_slack_waited_is_told_by_kind_and_whether_the_process_was_new(watched: Watched) -> None:
    watched.world.restart()
    watched.world.slack.command(ANA, CONNECTIONS, "/noyo", "help")
    watched.world.slack.command(ANA, CONNECTIONS, "/noyo", "help")

    answered = of(watched.lines(), "slack answered")
    assert [(line["kind"], line["cold"], line["status"]) for line in answered] == [
        ("command", "yes", 200),
        ("command", "no", 200),
    ]


def test_a_poll_that_fails_tells_how_long_ago_one_came_to_its_end(watched: Watched) -> None:
    world = watched.world
    world.noyo.faults.add(Fault(FaultKind.GARBAGE, path_contains="/group_connections", times=None))
    for _ in range(3):
        watched.run(poll.handler)
        world.wait(600)

    polled = [line for line in of(watched.lines(), "polled") if line["list"] == "connection"]
    ages = [line["PollAgeSeconds"] for line in polled]
    assert ages[0] >= 60
    assert [later - ages[0] for later in ages] == [0, 600, 1200]
    assert {line["finished"] for line in polled} == {"no"}
    assert {line["level"] for line in polled} == {"WARNING"}


def test_who_asks_us_to_slow_down_and_who_does_not_let_us_in_is_told(watched: Watched) -> None:
    world = watched.world
    world.noyo.faults.add(Fault(FaultKind.TOO_MANY, path_contains="/group_connections", retry_after=1))
    world.noyo.add_connection(group_name="Acme", status="processing")
    watched.run(poll.handler)
    world.slack.faults.rate_limited(2, "chat.postMessage")
    world.slack.faults.api_error("invalid_auth", "chat.postMessage")
    watched.run(notify.handler)
    world.wait(30)
    watched.run(notify.handler)

    lines = watched.lines()
    assert [line["by"] for line in of(lines, "throttled")] == ["noyo", "slack"]
    assert [line["by"] for line in of(lines, "not let in")] == ["slack"]
    assert sum(line.get("DeliveriesFailed", 0) for line in of(lines, "put off")) >= 1


@pytest.fixture(params=["worker", "receiver"])
def formatted(request: pytest.FixtureRequest, watched: Watched) -> Watched:
    """Both ways of writing a line: powertools' and our own."""
    if request.param == "receiver":
        import logging

        root = logging.getLogger()
        root.handlers = [handler for handler in root.handlers if type(handler).__name__ != "Lines"]
        watched.receive()
    return watched


def of_another_kind(world: World) -> None:
    """Webhooks as nobody expects them, unsigned and signed."""
    forged = {"event": {"id": EIN, "type": f"{HOSTILE} {EIN}"}, "data": {"id": SSN}}
    for stamp, held in ((HOSTILE, forged), ("2026-01-01", forged), ("2026-01-01", f"{SSN} no JSON")):
        body = json.dumps(held)
        signed = hmac.new(local.WEBHOOK_SECRET.encode(), f"{stamp}.{body}".encode(), "sha256").hexdigest()
        for signature in (signed, HOSTILE):
            headers = {"x-noyo-timestamp": stamp, "x-noyo-signature": signature}
            world.bot.webhook_endpoint.handle({"headers": headers, "body": body})


def test_no_line_holds_a_tax_number_an_address_a_token_or_a_text_from_outside(formatted: Watched) -> None:
    """Every path with hostile text wherever somebody outside can put one: typed, told by Noyo, told by Slack."""
    world = formatted.world
    typed: dict[str, Any] = {
        "group_name": f"Widgets {SSN}",
        "carrier_group_id": EIN,
        "federal_ein": BROKER.replace("-", ""),
    }
    world.asks(**typed)
    world.slack.command(ANA, CONNECTIONS, "/noyo", f"status {HOSTILE}")
    world.slack.command(ANA, CONNECTIONS, "/noyo", HOSTILE)
    stuck = world.noyo.add_connection(
        group_name=HOSTILE,
        status="unable_to_connect",
    )
    world.noyo.move_connection(stuck["id"], "unable_to_connect", error=HOSTILE)
    odd = world.noyo.add_connection(group_name="Odd", status=f"odd {SSN}")
    broken = world.noyo.add_connection(group_name=HOSTILE, status="processing")
    world.noyo.corrupt(broken["id"], None)
    world.noyo.carrier_requests_disconnection(carrier_id=GUARDIAN, group_id=str(uuid4()), group_name=HOSTILE)
    formatted.round(2)
    of_another_kind(world)
    request = next(one for one in world.slack.channel(DECISIONS) if "reject" in str(one.blocks))
    world.slack.click(ANA, DECISIONS, request.ts, "reject")
    window = world.slack.view_of(ANA)
    assert window is not None
    world.slack.submit(ANA, window.id, {"reason": "other", "context": f"They said {TIN} {MAIL}"})
    formatted.round()
    alert = next(message for message in world.slack.channel(ALERTS) if stuck["id"] in str(message.blocks))
    world.noyo.faults.add(Fault(FaultKind.RESET_BEFORE, method="PUT", times=None))
    world.retries(
        ANA,
        ALERTS,
        alert.ts,
        carrier_group_id=EIN,
        broker_tin=TIN,
        broker_federal_ein=BROKER.replace("-", ""),
        employer_email_address=MAIL,
    )
    formatted.round(6)
    world.noyo.faults.add(Fault(FaultKind.GARBAGE, path_contains="/api/", times=4))
    world.slack.faults.api_error("invalid_auth", "chat.postMessage")
    world.slack.faults.server_error("chat.update")
    world.noyo.move_connection(odd["id"], f"worse {SSN}")
    formatted.round(3)

    lines = formatted.lines()
    text = "".join(formatted.kept)
    assert {"placed", "sent", "settled", "kept", "changed", "polled", "shown", "told", "put off"} <= set(
        steps(lines)
    )
    assert DECISIONS in text
    assert {line["kind"] for line in of(lines, "settled")} >= {"decide_disconnection"}
    digits = [one.replace("-", "") for one in (SSN, BROKER)]
    for hidden in (
        SSN,
        EIN,
        BROKER,
        TIN,
        MAIL,
        *digits,
        *SECRETS,
        "<!channel>",
        "forged",
        "Widgets",
        "Odd",
        "odd ",
    ):
        assert hidden not in text, hidden
    assert all(line["level"] in ("INFO", "WARNING", "ERROR") for line in lines), "no line was forged"
