"""Publishing: in any order of events, cards converge on the current state and nobody is alerted twice."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from bot import policies
from bot.errors import TableUnavailable
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.publish import publish
from bot.usecases.records.ingest import ingest
from infra.local.slack import Limits
from tests.system import ALERTS, CONNECTIONS, DECISIONS, System
from tests.usecases.notification_bench import (
    add_connection,
    around_outbox,
    around_slack,
    button_ids,
    change_status,
    channel_texts,
    due_events,
    publish_all,
    publish_until_done,
    started_system,
)

GROUP = "11111111-0000-4000-8000-000000000001"


# ---------------------------------------------------------------- one card, one line for each change, one alert


def test_a_record_has_one_card_with_one_line_for_each_change() -> None:
    with started_system() as system:
        connection_id = add_connection(system, "created")
        system.notify()
        change_status(system, connection_id, "processing", "completed")
        system.notify()

        [card] = system.slack.channel(CONNECTIONS)
        assert "Status:** Completed" in system.slack.render(card)
        assert [system.slack.render(line).split(" · ")[0] for line in card.thread] == [
            "New at Noyo: **Created**",
            "Created → **Processing**",
            "Processing → **Completed**",
        ]
        assert channel_texts(system, ALERTS) == []


# ---------------------------------------------------------------- order, redelivery and concurrency


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
def test_events_in_any_order_give_a_current_card_and_one_alert(order: tuple[int, ...]) -> None:
    with started_system() as system:
        connection_id = add_connection(system)
        change_status(system, connection_id, "unable_to_connect", "processing")
        change_status(system, connection_id, "unable_to_connect", error="The second time")
        waiting = due_events(system)[1:]
        assert len(waiting) == 3

        publish_all(system, [waiting[index] for index in order])
        publish_until_done(system)

        [card] = system.slack.channel(CONNECTIONS)
        assert "The second time" in system.slack.render(card)
        assert len(card.thread) == 4
        [alert] = system.slack.channel(ALERTS)
        assert "The second time" in system.slack.render(alert)
        assert "retry" in button_ids(alert)


def test_a_redelivered_event_changes_nothing() -> None:
    def fail() -> None:
        raise TableUnavailable("not now")

    with started_system() as system:
        connection_id = add_connection(system)
        change_status(system, connection_id, "unable_to_connect")
        deps, event_ids = system.bot.slack_dependencies, due_events(system)
        for event_id in event_ids:
            with pytest.raises(TableUnavailable):
                publish(event_id, around_outbox(deps, before_mark_delivered=fail))
        before = system.read_channel(CONNECTIONS) + system.read_channel(ALERTS)
        posts = len(system.slack.calls)

        publish_all(system, event_ids)
        publish_all(system, event_ids)

        assert system.read_channel(CONNECTIONS) + system.read_channel(ALERTS) == before
        assert len(system.slack.calls) == posts
        assert due_events(system) == []


@pytest.mark.parametrize("moment", ["before_post", "after_post", "before_render"])
def test_two_workers_publish_the_same_event_once(moment: str) -> None:
    with started_system() as system:
        connection_id = add_connection(system, "unable_to_connect")
        [event_id] = due_events(system)
        deps = system.bot.slack_dependencies

        publish(event_id, around_slack(deps, **{moment: lambda: publish(event_id, deps)}))
        publish_until_done(system)

        [card] = system.slack.channel(CONNECTIONS)
        assert len(card.thread) == 1
        assert len(channel_texts(system, ALERTS)) == 1
        assert connection_id in system.slack.render(card)


def test_a_change_between_reading_and_posting_is_on_the_card() -> None:
    with started_system() as system:
        connection_id = add_connection(system, "created")
        deps = system.bot.slack_dependencies

        [first] = due_events(system)
        publish(first, around_slack(deps, before_post=lambda: change_status(system, connection_id, "completed")))

        [card] = channel_texts(system, CONNECTIONS)
        assert "Completed" in card, "without waiting for the event of that change"


def test_two_workers_with_two_changes_of_a_record_give_a_current_card() -> None:
    with started_system() as system:
        connection_id = add_connection(system, "created")
        change_status(system, connection_id, "unable_to_connect")
        first, second = due_events(system)
        deps = system.bot.slack_dependencies

        publish(first, around_slack(deps, before_post=lambda: publish(second, deps)))
        change_status(system, connection_id, "completed")
        publish_until_done(system)

        [card] = system.slack.channel(CONNECTIONS)
        assert "Status:** Completed" in system.slack.render(card)
        assert len(card.thread) == 3
        assert all("retry" not in button_ids(alert) for alert in system.slack.channel(ALERTS))


def test_a_late_version_is_one_line_without_an_alert() -> None:
    with started_system() as system:
        connection_id = add_connection(system)
        change_status(system, connection_id, "completed")
        publish_until_done(system)
        record_state = system.connection_record_state(connection_id)
        record: Any = record_state.record
        failed = type(record.status)("unable_to_connect")
        late_version = replace(record, version="0" * 32, modified=record.modified - 5, status=failed)
        store = system.bot.repositories
        now = int(system.clock())
        for _ in range(2):
            ingest(
                late_version,
                Dependencies(
                    clock=lambda: float(now),
                    new_id=str,
                    records=store.records,
                    operations=store.operations,
                    noyo=system.bot.noyo,
                ),
            )
        publish_until_done(system)

        [card] = system.slack.channel(CONNECTIONS)
        assert "Status:** Completed" in system.slack.render(card)
        assert [system.slack.render(line) for line in card.thread if "late" in system.slack.render(line)] == [
            system.slack.render(card.thread[-1])
        ]
        assert channel_texts(system, ALERTS) == []


# ---------------------------------------------------------------- failures of a card


def test_an_alert_is_posted_even_if_the_card_fails() -> None:
    with started_system() as system:
        connection_id = add_connection(system)
        change_status(system, connection_id, "unable_to_connect")
        system.slack.workspace.channels[CONNECTIONS].archived = True
        system.notify()

        [alert] = system.slack.channel(ALERTS)
        assert "retry" in button_ids(alert)
        assert not system.slack.links(alert)
        system.slack.workspace.channels[CONNECTIONS].archived = False
        publish_until_done(system)
        [alert] = system.slack.channel(ALERTS)
        assert system.slack.links(alert), "the alert links to the card once it exists"


def test_a_card_that_cannot_be_rendered_does_not_block_the_alert() -> None:
    """After a bug in the card, the alert is still posted, the event is postponed, and the error is raised."""

    def fail_to_render() -> None:
        raise ZeroDivisionError

    with started_system() as system:
        add_connection(system, "unable_to_connect")
        [event_id] = due_events(system)

        with pytest.raises(ZeroDivisionError):
            publish(event_id, around_slack(system.bot.slack_dependencies, before_render=fail_to_render))

        assert len(channel_texts(system, ALERTS)) == 1
        assert system.bot.repositories.outbox.due(int(system.clock()), limit=10) == [], (
            "postponed, so that it does not block others"
        )
        assert due_events(system) == [event_id]
        publish_until_done(system)
        assert len(channel_texts(system, CONNECTIONS)) == 1


# ---------------------------------------------------------------- faults of Slack


@pytest.mark.parametrize(
    ("fault", "skipped"), [("reset_after", 0), ("truncated", 1), ("reset_after", 1), ("reset_after", 2)]
)
def test_a_lost_response_to_a_post_creates_no_duplicate(fault: str, skipped: int) -> None:
    """The responses to the posts of the card, its line and the alert are lost in turn."""
    with started_system() as system:
        add_connection(system, "unable_to_connect")
        [event_id] = due_events(system)
        posts = iter(range(9))
        slack: Any = system.bot.slack_dependencies.slack

        class LosingResponses:
            def __getattr__(self, name: str) -> Any:
                if name == "post" and next(posts) == skipped:
                    getattr(system.slack.faults, fault)("chat.postMessage")
                return getattr(slack, name)

        deps = system.bot.slack_dependencies
        losing_responses = replace(deps, slack=LosingResponses())
        report = publish(event_id, losing_responses)
        assert report is not None
        assert len(report.failures) == 1
        publish_until_done(system, step=20)

        [card] = system.slack.channel(CONNECTIONS)
        assert len(card.thread) == 1
        assert len(channel_texts(system, ALERTS)) == 1


def test_a_rate_limit_is_respected_while_other_channels_continue() -> None:
    with started_system() as system:
        add_connection(system, "unable_to_connect")
        [event_id] = due_events(system)
        system.slack.faults.rate_limited(90, "chat.postMessage")

        report = publish(event_id, system.bot.slack_dependencies)

        assert report is not None
        assert report.retry_at == int(system.clock()) + 90
        assert len(channel_texts(system, ALERTS)) == 1, "the alert does not wait for the card"
        system.wait(89)
        system.notify()
        assert channel_texts(system, CONNECTIONS) == []
        system.wait(1)
        system.notify()
        assert len(channel_texts(system, CONNECTIONS)) == 1


def test_a_wait_for_slack_does_not_make_later_pauses_longer() -> None:
    with started_system() as system:
        add_connection(system, "unable_to_connect")
        [event_id] = due_events(system)
        for _ in range(12):
            system.slack.faults.rate_limited(30, "chat.postMessage", times=2)
            publish(event_id, system.bot.slack_dependencies)
            system.slack.faults.clear()
            system.wait(31)
        system.slack.faults.server_error("chat.postMessage", times=2)

        report = publish(event_id, system.bot.slack_dependencies)

        assert report is not None
        assert report.retry_at == int(system.clock()) + policies.MESSAGE_SETTLE_SECONDS


def test_retry_after_counts_from_the_response() -> None:
    with started_system() as system:
        add_connection(system, "unable_to_connect")
        [event_id] = due_events(system)
        system.slack.faults.rate_limited(90, "chat.postMessage")
        began = int(system.clock())

        report = publish(event_id, around_slack(system.bot.slack_dependencies, before_render=lambda: system.wait(30)))

        assert report is not None
        assert report.retry_at == began + 30 + 90


def test_while_slack_is_down_the_delays_grow_up_to_a_limit() -> None:
    with started_system() as system:
        add_connection(system, "unable_to_connect")
        [event_id] = due_events(system)
        pauses = []
        for _ in range(12):
            system.slack.faults.server_error("chat.postMessage", times=2)
            report = publish(event_id, system.bot.slack_dependencies)
            assert report is not None
            assert report.retry_at is not None
            pauses.append(report.retry_at - int(system.clock()))
            system.clock.now = max(report.retry_at, system.clock.now + policies.MESSAGE_LEASE_SECONDS + 1)
        system.slack.faults.clear()
        publish_until_done(system)

        assert pauses == sorted(pauses)
        assert pauses[0] < 60
        assert pauses[-1] == policies.SLACK_OUTAGE_MAX_PAUSE_SECONDS
        assert len(channel_texts(system, ALERTS)) == 1
        assert len(channel_texts(system, CONNECTIONS)) == 1


@pytest.mark.parametrize("barred", ["thrown out", "archived"])
def test_an_inaccessible_channel_gets_its_messages_once_it_is_accessible(barred: str) -> None:
    with started_system() as system:
        connections_channel = system.slack.workspace.channels[CONNECTIONS]
        bot = system.slack.workspace.bot_user_id
        connections_channel.archived = barred == "archived"
        connections_channel.members -= {bot} if barred == "thrown out" else set()
        connection_id = add_connection(system)
        pauses = []
        for _ in range(14):
            [event_id] = due_events(system)
            report = publish(event_id, system.bot.slack_dependencies)
            assert report is not None
            assert report.retry_at is not None
            pauses.append(report.retry_at - int(system.clock()))
            system.clock.now = float(report.retry_at)
        assert pauses == sorted(pauses)
        assert pauses[-1] == policies.EVENT_MAX_PAUSE_SECONDS
        assert pauses[0] < 60

        connections_channel.archived = False
        connections_channel.members.add(bot)
        change_status(system, connection_id, "completed")
        publish_until_done(system, rounds=5, step=policies.EVENT_MAX_PAUSE_SECONDS)

        [card] = system.slack.channel(CONNECTIONS)
        assert "Completed" in system.slack.render(card)
        assert len(card.thread) == 2


def test_many_concurrent_changes_are_each_posted_once() -> None:
    """Slack accepts one message a second in each channel, and a few at once."""
    with started_system(limits=Limits(message_burst=2)) as system:
        for number in range(8):
            system.noyo.add_connection(
                group_name=f"Group {number:02d}", carrier_group_id=f"{number:08d}", status="processing"
            )
        system.poll()

        deps = system.bot.slack_dependencies

        def advancing_clock() -> float:
            system.wait(0.2)  # Time goes on while a worker works.
            return system.clock()

        slow = replace(deps, clock=advancing_clock)
        while waiting := due_events(system):
            system.wait(5)
            for event_id in waiting:
                publish(event_id, slow)

        cards = system.slack.channel(CONNECTIONS)
        titles = sorted(system.slack.render(card).split(" · ")[0] for card in cards)
        assert titles == [f"# Group {number:02d}" for number in range(8)]
        assert {len(card.thread) for card in cards} == {1}


# ---------------------------------------------------------------- disconnections, the first run, environments


def test_a_disconnection_has_its_card_only_in_the_decisions_channel() -> None:
    with started_system() as system:
        _request_disconnection(system)
        system.poll()
        system.notify()

        [card] = system.slack.channel(DECISIONS)
        assert "Test Company" in system.slack.render(card)
        assert channel_texts(system, CONNECTIONS) == []
        assert channel_texts(system, ALERTS) == []


def test_a_disconnection_that_needs_review_again_raises_an_alert_in_the_decisions_channel() -> None:
    with started_system() as system:
        request_id = _request_disconnection(system, status="processing")
        system.poll()
        system.wait(10)
        system.noyo.move_disconnection(request_id, "needs_review")
        system.poll()
        system.notify()

        assert len(channel_texts(system, DECISIONS)) == 2
        assert channel_texts(system, ALERTS) == []


def _request_disconnection(system: System, **fields: Any) -> str:
    request = system.noyo.carrier_requests_disconnection(
        carrier_id="c699414d-fd1c-4de4-86f0-66dfff2276c4",
        group_id=GROUP,
        group_name="Test Company",
        effective_end_date="2026-12-31",
        **fields,
    )
    return str(request["id"])


def test_existing_records_are_summarized_once() -> None:
    with System() as system:
        system.noyo.add_connection(group_name="Old One", status="unable_to_connect")
        system.noyo.add_connection(group_name="Old Two", status="completed")
        system.wait(60)
        for _ in range(3):
            system.poll()
            system.notify()
            system.restart()

        [summary] = channel_texts(system, ALERTS)
        assert "Old One" in summary
        assert channel_texts(system, CONNECTIONS) == []


def test_a_summary_whose_response_was_lost_is_not_posted_twice() -> None:
    with System() as system:
        system.slack.faults.reset_after("chat.postMessage")
        system.poll()
        system.notify()
        publish_until_done(system)

        assert len(channel_texts(system, ALERTS)) == 1


def test_messages_outside_production_name_the_environment() -> None:
    with started_system(ENVIRONMENT="sandbox") as system:
        connection_id = add_connection(system)
        change_status(system, connection_id, "unable_to_connect")
        _request_disconnection(system)
        system.poll()
        system.notify()

        for channel in (CONNECTIONS, ALERTS, DECISIONS):
            [text] = channel_texts(system, channel)
            assert "sandbox" in text, channel


# ---------------------------------------------------------------- missing operations and events


def test_an_event_of_a_deleted_operation_is_delivered() -> None:
    with started_system() as system:
        connection_id = add_connection(system, "unable_to_connect")
        publish_until_done(system)
        [card] = system.slack.channel(CONNECTIONS)
        system.retry("U0ANA", CONNECTIONS, card.ts, carrier_group_id="22")
        deps = system.bot.slack_dependencies

        class WithoutOperations:
            def __getattr__(self, name: str) -> Any:
                return getattr(system.bot.repositories.operations, name)

            def operation(self, _: str) -> None:
                return None

        without_operations: Any = WithoutOperations()
        for event_id in due_events(system):
            publish(event_id, replace(deps, operations=without_operations))

        assert due_events(system) == []
        [card] = system.slack.channel(CONNECTIONS)
        assert "deleted since" in system.slack.render(card.thread[-1])
        assert connection_id in system.slack.render(card)


def test_an_unknown_event_is_ignored() -> None:
    with started_system() as system:
        assert publish("unknown", system.bot.slack_dependencies) is None


def test_an_event_is_not_published_before_it_is_due() -> None:
    with started_system() as system:
        add_connection(system)
        [event_id] = due_events(system)
        event = system.bot.repositories.outbox.event(event_id)
        assert event is not None
        system.bot.repositories.outbox.postpone(event, int(system.clock()) + 50, failed=True)

        assert publish(event_id, system.bot.slack_dependencies) is None
        assert channel_texts(system, CONNECTIONS) == []
        system.wait(50)
        assert publish(event_id, system.bot.slack_dependencies) is not None
        assert len(channel_texts(system, CONNECTIONS)) == 1


def test_no_message_contains_an_injected_mention_or_a_sensitive_value() -> None:
    with started_system() as system:
        system.request_connection(federal_ein="987654321")
        system.execute_due()
        system.poll()
        [created] = system.noyo.connections()
        change_status(
            system, created["id"], "unable_to_connect", error="<!channel> *see* https://evil.example 123-45-6789"
        )
        publish_until_done(system)

        for channel in (CONNECTIONS, ALERTS):
            for message in system.slack.channel(channel):
                assert "@channel" not in system.slack.mentions(message)
                assert not [link for link in system.slack.links(message) if "evil" in link]
        sent = json.dumps([call.args for call in system.slack.calls])
        assert "987654321" not in sent
        assert "123-45-6789" not in sent
