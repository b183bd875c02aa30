"""Use case tests: whatever order news comes in, the cards end true, and nobody is called twice for one thing."""

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
    around_news,
    around_slack,
    begun,
    buttons,
    connection,
    due,
    moves,
    shown,
    tell,
    tell_until_done,
)

GROUP = "11111111-0000-4000-8000-000000000001"


# ---------------------------------------------------------------- one card, one line a change, one alert


def test_a_record_has_one_card_and_each_of_its_changes_one_line_in_the_thread() -> None:
    with begun() as system:
        made = connection(system, "created")
        system.notify()
        moves(system, made, "processing", "completed")
        system.notify()

        [card] = system.slack.channel(CONNECTIONS)
        assert "Status:** Completed" in system.slack.render(card)
        assert [system.slack.render(line).split(" · ")[0] for line in card.thread] == [
            "New at Noyo: **Created**",
            "Created → **Processing**",
            "Processing → **Completed**",
        ]
        assert shown(system, ALERTS) == []


# ---------------------------------------------------------------- any order, again, and by two at once


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
def test_news_in_any_order_ends_with_a_true_card_and_one_call(order: tuple[int, ...]) -> None:
    with begun() as system:
        made = connection(system)
        moves(system, made, "unable_to_connect", "processing")
        moves(system, made, "unable_to_connect", error="The second time")
        waiting = due(system)[1:]
        assert len(waiting) == 3

        tell(system, [waiting[place] for place in order])
        tell_until_done(system)

        [card] = system.slack.channel(CONNECTIONS)
        assert "The second time" in system.slack.render(card)
        assert len(card.thread) == 4
        [alert] = system.slack.channel(ALERTS)
        assert "The second time" in system.slack.render(alert)
        assert "retry" in buttons(alert)


def test_the_same_news_again_changes_nothing() -> None:
    def unwritten() -> None:
        raise TableUnavailable("not now")

    with begun() as system:
        made = connection(system)
        moves(system, made, "unable_to_connect")
        deps, event = system.bot.slack_dependencies, due(system)
        for news_id in event:
            with pytest.raises(TableUnavailable):
                publish(news_id, around_news(deps, before_mark_delivered=unwritten))
        before = system.seen_in(CONNECTIONS) + system.seen_in(ALERTS)
        posts = len(system.slack.calls)

        tell(system, event)
        tell(system, event)

        assert system.seen_in(CONNECTIONS) + system.seen_in(ALERTS) == before
        assert len(system.slack.calls) == posts
        assert due(system) == []


@pytest.mark.parametrize("moment", ["before_post", "after_post", "before_render"])
def test_two_workers_with_the_same_news_tell_it_once(moment: str) -> None:
    with begun() as system:
        made = connection(system, "unable_to_connect")
        [news_id] = due(system)
        deps = system.bot.slack_dependencies

        publish(news_id, around_slack(deps, **{moment: lambda: publish(news_id, deps)}))
        tell_until_done(system)

        [card] = system.slack.channel(CONNECTIONS)
        assert len(card.thread) == 1
        assert len(shown(system, ALERTS)) == 1
        assert made in system.slack.render(card)


def test_a_change_between_reading_and_posting_ends_on_the_card() -> None:
    with begun() as system:
        made = connection(system, "created")
        deps = system.bot.slack_dependencies

        [first] = due(system)
        publish(first, around_slack(deps, before_post=lambda: moves(system, made, "completed")))

        [card] = shown(system, CONNECTIONS)
        assert "Completed" in card, "without waiting for the news of that change"


def test_two_workers_with_two_changes_of_one_record_end_with_a_true_card() -> None:
    with begun() as system:
        made = connection(system, "created")
        moves(system, made, "unable_to_connect")
        first, second = due(system)
        deps = system.bot.slack_dependencies

        publish(first, around_slack(deps, before_post=lambda: publish(second, deps)))
        moves(system, made, "completed")
        tell_until_done(system)

        [card] = system.slack.channel(CONNECTIONS)
        assert "Status:** Completed" in system.slack.render(card)
        assert len(card.thread) == 3
        assert all("retry" not in buttons(alert) for alert in system.slack.channel(ALERTS))


def test_a_version_older_than_the_newest_is_one_quiet_line() -> None:
    with begun() as system:
        made = connection(system)
        moves(system, made, "completed")
        tell_until_done(system)
        held = system.tracked(made)
        record: Any = held.record
        failed = type(record.status)("unable_to_connect")
        late = replace(record, version="0" * 32, modified=record.modified - 5, status=failed)
        store = system.bot.repositories
        now = int(system.clock())
        for _ in range(2):
            ingest(
                late,
                Dependencies(
                    clock=lambda: float(now),
                    new_id=str,
                    records=store.records,
                    operations=store.operations,
                    noyo=system.bot.noyo,
                ),
            )
        tell_until_done(system)

        [card] = system.slack.channel(CONNECTIONS)
        assert "Status:** Completed" in system.slack.render(card)
        assert [system.slack.render(line) for line in card.thread if "late" in system.slack.render(line)] == [
            system.slack.render(card.thread[-1])
        ]
        assert shown(system, ALERTS) == []


# ---------------------------------------------------------------- alerts stay true


def test_a_failed_card_does_not_keep_the_alert_from_being_raised() -> None:
    with begun() as system:
        made = connection(system)
        moves(system, made, "unable_to_connect")
        system.slack.workspace.channels[CONNECTIONS].archived = True
        system.notify()

        [alert] = system.slack.channel(ALERTS)
        assert "retry" in buttons(alert)
        assert not system.slack.links(alert)
        system.slack.workspace.channels[CONNECTIONS].archived = False
        tell_until_done(system)
        [alert] = system.slack.channel(ALERTS)
        assert system.slack.links(alert), "once there is a card, the alert leads there"


def test_what_cannot_be_shown_at_all_keeps_nothing_else_from_being_told() -> None:
    """A fault of our own in the card: the alert goes out, the news is put off, and the fault is raised, not hidden."""

    def broken() -> None:
        raise ZeroDivisionError

    with begun() as system:
        connection(system, "unable_to_connect")
        [news_id] = due(system)

        with pytest.raises(ZeroDivisionError):
            publish(news_id, around_slack(system.bot.slack_dependencies, before_render=broken))

        assert len(shown(system, ALERTS)) == 1
        assert system.bot.repositories.outbox.due(int(system.clock()), limit=10) == [], (
            "put off, not in the way of others"
        )
        assert due(system) == [news_id]
        tell_until_done(system)
        assert len(shown(system, CONNECTIONS)) == 1


# ---------------------------------------------------------------- Slack has trouble


@pytest.mark.parametrize(
    ("fault", "skipped"), [("reset_after", 0), ("truncated", 1), ("reset_after", 1), ("reset_after", 2)]
)
def test_a_lost_answer_to_any_post_doubles_nothing(fault: str, skipped: int) -> None:
    """The card, its line and the alert, each lost in turn."""
    with begun() as system:
        connection(system, "unable_to_connect")
        [news_id] = due(system)
        posts = iter(range(9))
        slack: Any = system.bot.slack_dependencies.slack

        class Losing:
            def __getattr__(self, name: str) -> Any:
                if name == "post" and next(posts) == skipped:
                    getattr(system.slack.faults, fault)("chat.postMessage")
                return getattr(slack, name)

        deps = system.bot.slack_dependencies
        losing = replace(deps, slack=Losing())
        report = publish(news_id, losing)
        assert report is not None
        assert len(report.failures) == 1
        tell_until_done(system, step=20)

        [card] = system.slack.channel(CONNECTIONS)
        assert len(card.thread) == 1
        assert len(shown(system, ALERTS)) == 1


def test_a_busy_slack_is_left_alone_for_as_long_as_it_asked_while_the_rest_goes_out() -> None:
    with begun() as system:
        connection(system, "unable_to_connect")
        [news_id] = due(system)
        system.slack.faults.rate_limited(90, "chat.postMessage")

        report = publish(news_id, system.bot.slack_dependencies)

        assert report is not None
        assert report.retry_at == int(system.clock()) + 90
        assert len(shown(system, ALERTS)) == 1, "the alert does not wait for the card"
        system.wait(89)
        system.notify()
        assert shown(system, CONNECTIONS) == []
        system.wait(1)
        system.notify()
        assert len(shown(system, CONNECTIONS)) == 1


def test_what_slack_asked_for_counts_from_its_answer_and_not_from_when_we_began() -> None:
    with begun() as system:
        connection(system, "unable_to_connect")
        [news_id] = due(system)
        system.slack.faults.rate_limited(90, "chat.postMessage")
        began = int(system.clock())

        report = publish(
            news_id, around_slack(system.bot.slack_dependencies, before_render=lambda: system.wait(30))
        )

        assert report is not None
        assert report.retry_at == began + 30 + 90


def test_while_slack_is_down_the_pauses_grow_but_not_past_minutes() -> None:
    with begun() as system:
        connection(system, "unable_to_connect")
        [news_id] = due(system)
        pauses = []
        for _ in range(12):
            system.slack.faults.server_error("chat.postMessage", times=2)
            report = publish(news_id, system.bot.slack_dependencies)
            assert report is not None
            assert report.retry_at is not None
            pauses.append(report.retry_at - int(system.clock()))
            system.clock.now = max(report.retry_at, system.clock.now + policies.MESSAGE_LEASE_SECONDS + 1)
        system.slack.faults.clear()
        tell_until_done(system)

        assert pauses == sorted(pauses)
        assert pauses[0] < 60
        assert pauses[-1] == policies.SLACK_OUTAGE_MAX_PAUSE_SECONDS
        assert len(shown(system, ALERTS)) == 1
        assert len(shown(system, CONNECTIONS)) == 1


@pytest.mark.parametrize("barred", ["thrown out", "archived"])
def test_a_channel_that_is_closed_to_us_gets_its_news_once_it_is_open_again(barred: str) -> None:
    with begun() as system:
        home = system.slack.workspace.channels[CONNECTIONS]
        bot = system.slack.workspace.bot_user_id
        home.archived = barred == "archived"
        home.members -= {bot} if barred == "thrown out" else set()
        made = connection(system)
        pauses = []
        for _ in range(14):
            [news_id] = due(system)
            report = publish(news_id, system.bot.slack_dependencies)
            assert report is not None
            assert report.retry_at is not None
            pauses.append(report.retry_at - int(system.clock()))
            system.clock.now = float(report.retry_at)
        assert pauses == sorted(pauses)
        assert pauses[-1] == policies.EVENT_MAX_PAUSE_SECONDS
        assert pauses[0] < 60

        home.archived = False
        home.members.add(bot)
        moves(system, made, "completed")
        tell_until_done(system, rounds=5, step=policies.EVENT_MAX_PAUSE_SECONDS)

        [card] = system.slack.channel(CONNECTIONS)
        assert "Completed" in system.slack.render(card)
        assert len(card.thread) == 2


def test_many_changes_at_once_all_arrive_and_none_twice() -> None:
    """Slack takes a message a second and channel, a few at once."""
    with begun(limits=Limits(message_burst=2)) as system:
        for number in range(8):
            system.noyo.add_connection(
                group_name=f"Group {number:02d}", carrier_group_id=f"{number:08d}", status="processing"
            )
        system.poll()

        deps = system.bot.slack_dependencies

        def passing() -> float:
            system.wait(0.2)  # Time goes on while a worker works.
            return system.clock()

        slow = replace(deps, clock=passing)
        while waiting := due(system):
            system.wait(5)
            for news_id in waiting:
                publish(news_id, slow)

        cards = system.slack.channel(CONNECTIONS)
        titles = sorted(system.slack.render(card).split(" · ")[0] for card in cards)
        assert titles == [f"# Group {number:02d}" for number in range(8)]
        assert {len(card.thread) for card in cards} == {1}


# ---------------------------------------------------------------- disconnections, the beginning, environments


def test_a_request_to_disconnect_has_its_card_where_it_is_decided_and_nowhere_else() -> None:
    with begun() as system:
        _asks_to_disconnect(system)
        system.poll()
        system.notify()

        [card] = system.slack.channel(DECISIONS)
        assert "Test Company" in system.slack.render(card)
        assert shown(system, CONNECTIONS) == []
        assert shown(system, ALERTS) == []


def test_a_disconnection_that_comes_back_for_a_decision_is_called_out_where_it_is_decided() -> None:
    with begun() as system:
        made = _asks_to_disconnect(system, status="processing")
        system.poll()
        system.wait(10)
        system.noyo.move_disconnection(made, "needs_review")
        system.poll()
        system.notify()

        assert len(shown(system, DECISIONS)) == 2
        assert shown(system, ALERTS) == []


def _asks_to_disconnect(system: System, **fields: Any) -> str:
    made = system.noyo.carrier_requests_disconnection(
        carrier_id="c699414d-fd1c-4de4-86f0-66dfff2276c4",
        group_id=GROUP,
        group_name="Test Company",
        effective_end_date="2026-12-31",
        **fields,
    )
    return str(made["id"])


def test_what_was_there_before_us_is_summed_up_once() -> None:
    with System() as system:
        system.noyo.add_connection(group_name="Old One", status="unable_to_connect")
        system.noyo.add_connection(group_name="Old Two", status="completed")
        system.wait(60)
        for _ in range(3):
            system.poll()
            system.notify()
            system.restart()

        [summary] = shown(system, ALERTS)
        assert "Old One" in summary
        assert shown(system, CONNECTIONS) == []


def test_a_summary_whose_answer_was_lost_is_not_told_twice() -> None:
    with System() as system:
        system.slack.faults.reset_after("chat.postMessage")
        system.poll()
        system.notify()
        tell_until_done(system)

        assert len(shown(system, ALERTS)) == 1


def test_whatever_is_shown_outside_production_says_so() -> None:
    with begun(ENVIRONMENT="sandbox") as system:
        made = connection(system)
        moves(system, made, "unable_to_connect")
        _asks_to_disconnect(system)
        system.poll()
        system.notify()

        for channel in (CONNECTIONS, ALERTS, DECISIONS):
            [text] = shown(system, channel)
            assert "sandbox" in text, channel


# ---------------------------------------------------------------- what is long gone, and what is not known


def test_news_of_an_operation_that_is_no_longer_kept_is_delivered_all_the_same() -> None:
    with begun() as system:
        made = connection(system, "unable_to_connect")
        tell_until_done(system)
        [card] = system.slack.channel(CONNECTIONS)
        system.retries("U0ANA", CONNECTIONS, card.ts, carrier_group_id="22")
        deps = system.bot.slack_dependencies

        class Forgetful:
            def __getattr__(self, name: str) -> Any:
                return getattr(system.bot.repositories.operations, name)

            def operation(self, _: str) -> None:
                return None

        forgetful: Any = Forgetful()
        for news_id in due(system):
            publish(news_id, replace(deps, operations=forgetful))

        assert due(system) == []
        [card] = system.slack.channel(CONNECTIONS)
        assert "deleted since" in system.slack.render(card.thread[-1])
        assert made in system.slack.render(card)


def test_news_that_nobody_holds_any_more_is_no_reason_to_stop() -> None:
    with begun() as system:
        assert publish("never-heard-of", system.bot.slack_dependencies) is None


def test_news_that_is_due_later_waits() -> None:
    with begun() as system:
        connection(system)
        [news_id] = due(system)
        event = system.bot.repositories.outbox.event(news_id)
        assert event is not None
        system.bot.repositories.outbox.postpone(event, int(system.clock()) + 50)

        assert publish(news_id, system.bot.slack_dependencies) is None
        assert shown(system, CONNECTIONS) == []
        system.wait(50)
        assert publish(news_id, system.bot.slack_dependencies) is not None
        assert len(shown(system, CONNECTIONS)) == 1


def test_no_message_carries_a_ping_or_a_sensitive_value() -> None:
    with begun() as system:
        system.asks(federal_ein="987654321")
        system.carry_out()
        system.poll()
        [made] = system.noyo.connections()
        moves(
            system, made["id"], "unable_to_connect", error="<!channel> *see* https://evil.example 123-45-6789"
        )
        tell_until_done(system)

        for channel in (CONNECTIONS, ALERTS):
            for message in system.slack.channel(channel):
                assert "@channel" not in system.slack.mentions(message)
                assert not [link for link in system.slack.links(message) if "evil" in link]
        sent = json.dumps([call.args for call in system.slack.calls])
        assert "987654321" not in sent
        assert "123-45-6789" not in sent
