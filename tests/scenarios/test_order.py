"""What happened is shown in the order in which it happened."""

from __future__ import annotations

import re

import pytest

from bot import policies
from bot.domain.records import connection_ref
from bot.usecases.records.ingest import ingest_deletion
from bot.usecases.workers import notify
from infra.local.noyo import Fault
from tests.aws import worker_client
from tests.aws_calls import acting
from tests.scenarios.test_truth import card_with, decide, request_disconnection
from tests.system import ALERTS, ANA, BEN, CONNECTIONS, DECISIONS, GUARDIAN, GUS, System


def history(system: System, of: str) -> list[str]:
    """The lines of `/noyo history`, newest first, each without its time."""
    answer = system.slack.command(ANA, DECISIONS, "/noyo", f"history {of}")
    lines = system.slack.render(answer.messages[0]).splitlines()
    return [line.partition(" · ")[2] for line in lines[1:] if " · " in line]


def test_the_history_of_one_second_is_in_order(system: System) -> None:
    """People click and the workers answer while the clock shows the same second."""
    request = request_disconnection(system)
    card = system.slack.channel(DECISIONS)[0]
    for user in (BEN, ANA, BEN):
        system.slack.click(user, DECISIONS, card.ts, "claim")
        system.notify()
    decide(system, "approve")
    system.execute_due()

    assert history(system, request["id"])[:7] == [
        "Noyo: Processing",
        "@Ana: approval was confirmed by Noyo",
        "@Ana: approval was picked up to be sent to Noyo",
        "@Ana: approved, to be sent to Noyo",
        "@Ben: started checking it instead of @Ana",
        "@Ana: started checking it instead of @Ben",
        "@Ben: started checking it",
    ]


def test_the_history_of_a_connection_and_of_its_disconnection_is_in_one_order(system: System) -> None:
    connection = system.noyo.add_connection(
        carrier_id=GUARDIAN, carrier_group_id="W1", group_name="Whole Inc", status="completed"
    )
    system.settle(20)
    system.slack.click(GUS, CONNECTIONS, system.slack.channel(CONNECTIONS)[0].ts, "disconnect")
    system.slack.command(ANA, DECISIONS, "/noyo", "disconnect W1")
    view = system.slack.view_of(ANA)
    assert view is not None
    fields = {"end_date": "2026-12-31", "reason": "terminated", "typed_name": "Whole Inc"}
    assert system.slack.submit(ANA, view.id, fields).errors == {}

    newest, before = history(system, connection["id"])[:2]
    assert newest.startswith("@Ana: asked to disconnect")
    assert before == "@Gus: was refused: they lack the right"


def test_history_does_not_say_that_something_was_sent_that_was_not(system: System) -> None:
    """The record changes between the click and the last read before the retry would be sent."""
    record = system.noyo.add_connection(group_name="Failed Company", status="unable_to_connect")
    system.settle(30)
    system.retry(ANA, ALERTS, card_with(system, ALERTS, "retry").ts)
    system.wait(1)
    system.noyo.move_connection(record["id"], "completed")
    system.settle(60)

    assert system.writes() == []
    assert history(system, record["id"])[:3] == [
        "Noyo: Completed",
        "@Ana: retry was not sent: it had changed at Noyo",
        "@Ana: retry was picked up to be sent to Noyo",
    ]


# ---------------------------------------------------------------- the thread of a card


def thread(system: System, channel: str) -> list[str]:
    """The lines in the thread of the channel's first card."""
    card = next(message for message in system.slack.channel(channel) if message.thread)
    return [system.slack.render(line) for line in card.thread]


def position(lines: list[str], words: str) -> int:
    (found,) = [index for index, line in enumerate(lines) if words in line]
    return found


def lose_next_line(system: System) -> None:
    """Slack refuses the next message, and the event that it announces is published later."""
    system.slack.faults.api_error("restricted_action", "chat.postMessage")
    system.notify()


def run_schedule(system: System) -> None:
    """The worker that posts to Slack runs as it does once a minute."""
    with acting("NotifyFunction"):
        notify(None, 120, system.bot.slack_dependencies, sleep=system.clock.sleep, check_health=lambda: None)


def change_schema(system: System, state: str, schema: int) -> None:
    """The outbox event of an operation in this state is as a release with this schema writes it."""
    table = system.settings.aws.table
    for item in system.items():
        if re.fullmatch(rf"OUTBOX#operation_changed:.*:{state}:0\.0", item["pk"]["S"]):
            worker_client("dynamodb").put_item(TableName=table, Item=item | {"schema": {"N": str(schema)}})


def test_a_confirmation_follows_the_decision_that_it_confirms(system: System) -> None:
    request_disconnection(system)
    decide(system, "approve")
    lose_next_line(system)
    system.execute_due()
    system.notify()
    system.settle(120)

    lines = thread(system, DECISIONS)
    assert position(lines, "@Ana approved") < position(lines, "Noyo confirmed")
    assert "posted late" not in "".join(lines)


def test_a_change_at_noyo_follows_the_decision_that_caused_it(system: System) -> None:
    """Noyo's answer is lost, and a poll finds the record approved before anything else is published."""
    request_disconnection(system)
    decide(system, "approve")
    lose_next_line(system)
    system.noyo.faults.add(Fault("reset_after", method="PUT"))
    system.execute_due()
    lose_next_line(system)
    system.poll()
    system.notify()
    system.settle(120)

    lines = thread(system, DECISIONS)
    assert position(lines, "@Ana approved") < position(lines, "Needs review → ")


@pytest.mark.parametrize("answered", [True, False])
def test_what_noyo_makes_of_a_request_follows_the_request(system: System, answered: bool) -> None:
    """The card is the request's until Noyo answers, or until a poll finds the connection."""
    system.request_connection()
    system.wait(policies.REQUEST_CARD_WAIT_SECONDS)
    lose_next_line(system)
    if not answered:
        system.noyo.faults.add(Fault("reset_after", method="POST"))
    system.execute_due()
    if not answered:
        lose_next_line(system)
        system.poll()
    system.notify()
    system.settle(120)

    lines = thread(system, CONNECTIONS)
    assert position(lines, "@Ana asked") < position(lines, "New at Noyo")


def test_a_version_that_returns_is_announced_again(system: System) -> None:
    """Noyo restores a backup and shows a failure that had been repaired."""
    record = system.noyo.add_connection(group_name="Failed Company", status="unable_to_connect")
    system.settle(30)
    restore_backup = system.noyo.back_up()
    system.noyo.move_connection(record["id"], "completed")
    system.settle(30)
    restore_backup()
    system.settle(600)

    assert "Completed → **Unable to connect**" in thread(system, CONNECTIONS)[-1]
    assert "Unable to connect" in system.slack.render(card_with(system, ALERTS, "retry"))


def test_a_deletion_follows_the_change_before_it(system: System) -> None:
    record = system.noyo.add_connection(group_name="Gone Company", status="processing")
    system.settle(30)
    system.noyo.move_connection(record["id"], "waiting_on_carrier")
    system.poll()
    lose_next_line(system)
    system.noyo.remove(record["id"])
    with acting("PollFunction"):
        ingest_deletion(connection_ref(record["id"]), system.bot.noyo_dependencies)
    system.notify()
    system.settle(120)

    lines = thread(system, CONNECTIONS)
    assert position(lines, "Processing → ") < position(lines, "Deleted at Noyo")


def test_a_later_retry_follows_the_confirmation_of_the_first_request(system: System) -> None:
    system.request_connection()
    system.notify()
    system.execute_due()
    lose_next_line(system)
    (connection,) = system.noyo.connections()
    system.wait(1)
    system.noyo.move_connection(connection["id"], "unable_to_connect", error="No")
    system.poll()
    system.slack.command(ANA, CONNECTIONS, "/noyo", f"retry {connection['id']}")
    view = system.slack.view_of(ANA)
    assert view is not None
    assert system.slack.submit(ANA, view.id, {}).errors == {}
    system.notify()
    system.settle(120)

    lines = thread(system, CONNECTIONS)
    assert position(lines, "Noyo confirmed @Ana's request") < position(lines, "@Ana asked to retry")


def test_a_second_retry_follows_the_refusal_of_the_first(system: System) -> None:
    system.noyo.add_connection(group_name="Failed Company", status="unable_to_connect")
    system.settle(30)
    alert = card_with(system, ALERTS, "retry")
    system.noyo.faults.add(Fault("false_answer", method="PUT", status=422, body={"message": "No"}))
    system.retry(ANA, ALERTS, alert.ts)
    system.notify()
    system.execute_due()
    lose_next_line(system)
    system.retry(BEN, ALERTS, alert.ts)
    system.notify()
    system.settle(120)

    lines = thread(system, CONNECTIONS)
    assert position(lines, "Noyo refused @Ana's retry") < position(lines, "@Ben asked to retry")


def test_a_line_that_cannot_be_read_delays_no_alert_and_later_lines_for_a_limited_time(system: System) -> None:
    """A newer release wrote it. When it is published after all, it says that it is late."""
    failed = system.noyo.add_connection(group_name="Failed Company", status="unable_to_connect")
    system.settle(30)
    system.retry(ANA, ALERTS, card_with(system, ALERTS, "retry").ts)
    change_schema(system, "pending", 99)
    system.execute_due()
    system.wait(60)
    system.noyo.move_connection(failed["id"], "unable_to_connect", error="Still no")
    system.poll()
    run_schedule(system)
    assert "Still no" in system.read_channel(ALERTS)
    assert "Noyo confirmed" not in "".join(thread(system, CONNECTIONS))

    for _ in range(4):
        system.wait(60)
        run_schedule(system)
    lines = thread(system, CONNECTIONS)
    assert position(lines, "Noyo confirmed @Ana's retry") < position(lines, "Processing → ")

    change_schema(system, "pending", 1)
    system.wait(policies.UNREADABLE_RETRY_SECONDS)
    system.settle(10)
    late = [line for line in thread(system, CONNECTIONS) if line.endswith(" · posted late")]
    assert ["@Ana asked to retry" in line for line in late] == [True]


def test_a_long_thread_is_posted_in_parts(system: System) -> None:
    """Eight lines are missing; one run posts a few of them, so that alerts and other cards get their turn."""
    request_disconnection(system)
    card = card_with(system, DECISIONS, "approve")
    before = len(thread(system, DECISIONS))
    system.slack.faults.api_error("restricted_action", "chat.postMessage", times=1000)
    for user in (ANA, BEN) * 4:
        system.slack.click(user, DECISIONS, card.ts, "claim")
        system.notify()
    system.slack.faults.clear()
    system.slack.click(BEN, DECISIONS, card.ts, "release")
    system.notify()
    assert len(thread(system, DECISIONS)) - before == policies.EARLIER_LINES_PER_RUN

    system.settle(600)
    lines = [line.partition(" · ")[0] for line in thread(system, DECISIONS)[before:]]
    of_ana, of_ben = "Claimed by @Ana, previously @Ben", "Claimed by @Ben, previously @Ana"
    assert lines == ["Claimed by @Ana", of_ben, *(of_ana, of_ben) * 3, "@Ben released it"]


@pytest.mark.long
def test_after_an_outage_of_an_hour_every_line_is_in_order_and_soon(system: System) -> None:
    request_disconnection(system)
    for method in ("chat.postMessage", "chat.update"):
        system.slack.faults.server_error(method, times=100_000)
    system.slack.click(BEN, DECISIONS, card_with(system, DECISIONS, "approve").ts, "claim")
    system.settle(60)
    decide(system, "approve")
    system.settle(3600)
    system.slack.faults.clear()
    system.settle(600)

    lines = thread(system, DECISIONS)
    assert position(lines, "Claimed by @Ben") < position(lines, "@Ana approved") < position(lines, "Noyo confirmed")
    assert "posted late" not in "".join(lines)
