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
from tests.world import ALERTS, CONNECTIONS, DECISIONS, World

GROUP = "11111111-0000-4000-8000-000000000001"


# ---------------------------------------------------------------- one card, one line a change, one alert


def test_a_record_has_one_card_and_each_of_its_changes_one_line_in_the_thread() -> None:
    with begun() as world:
        made = connection(world, "created")
        world.notify()
        moves(world, made, "processing", "completed")
        world.notify()

        [card] = world.slack.channel(CONNECTIONS)
        assert "Status:** Completed" in world.slack.render(card)
        assert [world.slack.render(line).split(" · ")[0] for line in card.thread] == [
            "New at Noyo: **Created**",
            "Created → **Processing**",
            "Processing → **Completed**",
        ]
        assert shown(world, ALERTS) == []


# ---------------------------------------------------------------- any order, again, and by two at once


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
def test_news_in_any_order_ends_with_a_true_card_and_one_call(order: tuple[int, ...]) -> None:
    with begun() as world:
        made = connection(world)
        moves(world, made, "unable_to_connect", "processing")
        moves(world, made, "unable_to_connect", error="The second time")
        waiting = due(world)[1:]
        assert len(waiting) == 3

        tell(world, [waiting[place] for place in order])
        tell_until_done(world)

        [card] = world.slack.channel(CONNECTIONS)
        assert "The second time" in world.slack.render(card)
        assert len(card.thread) == 4
        [alert] = world.slack.channel(ALERTS)
        assert "The second time" in world.slack.render(alert)
        assert "retry" in buttons(alert)


def test_the_same_news_again_changes_nothing() -> None:
    def unwritten() -> None:
        raise TableUnavailable("not now")

    with begun() as world:
        made = connection(world)
        moves(world, made, "unable_to_connect")
        deps, event = world.bot.slack_dependencies, due(world)
        for news_id in event:
            with pytest.raises(TableUnavailable):
                publish(news_id, around_news(deps, before_mark_delivered=unwritten))
        before = world.seen_in(CONNECTIONS) + world.seen_in(ALERTS)
        posts = len(world.slack.calls)

        tell(world, event)
        tell(world, event)

        assert world.seen_in(CONNECTIONS) + world.seen_in(ALERTS) == before
        assert len(world.slack.calls) == posts
        assert due(world) == []


@pytest.mark.parametrize("moment", ["before_post", "after_post", "before_render"])
def test_two_workers_with_the_same_news_tell_it_once(moment: str) -> None:
    with begun() as world:
        made = connection(world, "unable_to_connect")
        [news_id] = due(world)
        deps = world.bot.slack_dependencies

        publish(news_id, around_slack(deps, **{moment: lambda: publish(news_id, deps)}))
        tell_until_done(world)

        [card] = world.slack.channel(CONNECTIONS)
        assert len(card.thread) == 1
        assert len(shown(world, ALERTS)) == 1
        assert made in world.slack.render(card)


def test_a_change_between_reading_and_posting_ends_on_the_card() -> None:
    with begun() as world:
        made = connection(world, "created")
        deps = world.bot.slack_dependencies

        [first] = due(world)
        publish(first, around_slack(deps, before_post=lambda: moves(world, made, "completed")))

        [card] = shown(world, CONNECTIONS)
        assert "Completed" in card, "without waiting for the news of that change"


def test_two_workers_with_two_changes_of_one_record_end_with_a_true_card() -> None:
    with begun() as world:
        made = connection(world, "created")
        moves(world, made, "unable_to_connect")
        first, second = due(world)
        deps = world.bot.slack_dependencies

        publish(first, around_slack(deps, before_post=lambda: publish(second, deps)))
        moves(world, made, "completed")
        tell_until_done(world)

        [card] = world.slack.channel(CONNECTIONS)
        assert "Status:** Completed" in world.slack.render(card)
        assert len(card.thread) == 3
        assert all("retry" not in buttons(alert) for alert in world.slack.channel(ALERTS))


def test_a_version_older_than_the_newest_is_one_quiet_line() -> None:
    with begun() as world:
        made = connection(world)
        moves(world, made, "completed")
        tell_until_done(world)
        held = world.tracked(made)
        record: Any = held.record
        failed = type(record.status)("unable_to_connect")
        late = replace(record, version="0" * 32, modified=record.modified - 5, status=failed)
        store = world.bot.repositories
        now = int(world.clock())
        for _ in range(2):
            ingest(
                late,
                Dependencies(
                    clock=lambda: float(now),
                    new_id=str,
                    records=store.records,
                    operations=store.operations,
                    noyo=world.bot.noyo,
                ),
            )
        tell_until_done(world)

        [card] = world.slack.channel(CONNECTIONS)
        assert "Status:** Completed" in world.slack.render(card)
        assert [world.slack.render(line) for line in card.thread if "late" in world.slack.render(line)] == [
            world.slack.render(card.thread[-1])
        ]
        assert shown(world, ALERTS) == []


# ---------------------------------------------------------------- alerts stay true


def test_a_failed_card_does_not_keep_the_alert_from_being_raised() -> None:
    with begun() as world:
        made = connection(world)
        moves(world, made, "unable_to_connect")
        world.slack.workspace.channels[CONNECTIONS].archived = True
        world.notify()

        [alert] = world.slack.channel(ALERTS)
        assert "retry" in buttons(alert)
        assert not world.slack.links(alert)
        world.slack.workspace.channels[CONNECTIONS].archived = False
        tell_until_done(world)
        [alert] = world.slack.channel(ALERTS)
        assert world.slack.links(alert), "once there is a card, the alert leads there"


def test_what_cannot_be_shown_at_all_keeps_nothing_else_from_being_told() -> None:
    """A fault of our own in the card: the alert goes out, the news is put off, and the fault is raised, not hidden."""

    def broken() -> None:
        raise ZeroDivisionError

    with begun() as world:
        connection(world, "unable_to_connect")
        [news_id] = due(world)

        with pytest.raises(ZeroDivisionError):
            publish(news_id, around_slack(world.bot.slack_dependencies, before_render=broken))

        assert len(shown(world, ALERTS)) == 1
        assert world.bot.repositories.outbox.due(int(world.clock()), limit=10) == [], (
            "put off, not in the way of others"
        )
        assert due(world) == [news_id]
        tell_until_done(world)
        assert len(shown(world, CONNECTIONS)) == 1


# ---------------------------------------------------------------- Slack has trouble


@pytest.mark.parametrize(
    ("fault", "skipped"), [("reset_after", 0), ("truncated", 1), ("reset_after", 1), ("reset_after", 2)]
)
def test_a_lost_answer_to_any_post_doubles_nothing(fault: str, skipped: int) -> None:
    """The card, its line and the alert, each lost in turn."""
    with begun() as world:
        connection(world, "unable_to_connect")
        [news_id] = due(world)
        posts = iter(range(9))
        slack: Any = world.bot.slack_dependencies.slack

        class Losing:
            def __getattr__(self, name: str) -> Any:
                if name == "post" and next(posts) == skipped:
                    getattr(world.slack.faults, fault)("chat.postMessage")
                return getattr(slack, name)

        deps = world.bot.slack_dependencies
        losing = replace(deps, slack=Losing())
        report = publish(news_id, losing)
        assert report is not None
        assert len(report.failures) == 1
        tell_until_done(world, step=20)

        [card] = world.slack.channel(CONNECTIONS)
        assert len(card.thread) == 1
        assert len(shown(world, ALERTS)) == 1


def test_a_busy_slack_is_left_alone_for_as_long_as_it_asked_while_the_rest_goes_out() -> None:
    with begun() as world:
        connection(world, "unable_to_connect")
        [news_id] = due(world)
        world.slack.faults.rate_limited(90, "chat.postMessage")

        report = publish(news_id, world.bot.slack_dependencies)

        assert report is not None
        assert report.retry_at == int(world.clock()) + 90
        assert len(shown(world, ALERTS)) == 1, "the alert does not wait for the card"
        world.wait(89)
        world.notify()
        assert shown(world, CONNECTIONS) == []
        world.wait(1)
        world.notify()
        assert len(shown(world, CONNECTIONS)) == 1


def test_what_slack_asked_for_counts_from_its_answer_and_not_from_when_we_began() -> None:
    with begun() as world:
        connection(world, "unable_to_connect")
        [news_id] = due(world)
        world.slack.faults.rate_limited(90, "chat.postMessage")
        began = int(world.clock())

        report = publish(
            news_id, around_slack(world.bot.slack_dependencies, before_render=lambda: world.wait(30))
        )

        assert report is not None
        assert report.retry_at == began + 30 + 90


def test_while_slack_is_down_the_pauses_grow_but_not_past_minutes() -> None:
    with begun() as world:
        connection(world, "unable_to_connect")
        [news_id] = due(world)
        pauses = []
        for _ in range(12):
            world.slack.faults.server_error("chat.postMessage", times=2)
            report = publish(news_id, world.bot.slack_dependencies)
            assert report is not None
            assert report.retry_at is not None
            pauses.append(report.retry_at - int(world.clock()))
            world.clock.now = max(report.retry_at, world.clock.now + policies.MESSAGE_LEASE_SECONDS + 1)
        world.slack.faults.clear()
        tell_until_done(world)

        assert pauses == sorted(pauses)
        assert pauses[0] < 60
        assert pauses[-1] == policies.SLACK_OUTAGE_MAX_PAUSE_SECONDS
        assert len(shown(world, ALERTS)) == 1
        assert len(shown(world, CONNECTIONS)) == 1


@pytest.mark.parametrize("barred", ["thrown out", "archived"])
def test_a_channel_that_is_closed_to_us_gets_its_news_once_it_is_open_again(barred: str) -> None:
    with begun() as world:
        home = world.slack.workspace.channels[CONNECTIONS]
        bot = world.slack.workspace.bot_user_id
        home.archived = barred == "archived"
        home.members -= {bot} if barred == "thrown out" else set()
        made = connection(world)
        pauses = []
        for _ in range(14):
            [news_id] = due(world)
            report = publish(news_id, world.bot.slack_dependencies)
            assert report is not None
            assert report.retry_at is not None
            pauses.append(report.retry_at - int(world.clock()))
            world.clock.now = float(report.retry_at)
        assert pauses == sorted(pauses)
        assert pauses[-1] == policies.EVENT_MAX_PAUSE_SECONDS
        assert pauses[0] < 60

        home.archived = False
        home.members.add(bot)
        moves(world, made, "completed")
        tell_until_done(world, rounds=5, step=policies.EVENT_MAX_PAUSE_SECONDS)

        [card] = world.slack.channel(CONNECTIONS)
        assert "Completed" in world.slack.render(card)
        assert len(card.thread) == 2


def test_many_changes_at_once_all_arrive_and_none_twice() -> None:
    """Slack takes a message a second and channel, a few at once."""
    with begun(limits=Limits(message_burst=2)) as world:
        for number in range(8):
            world.noyo.add_connection(
                group_name=f"Group {number:02d}", carrier_group_id=f"{number:08d}", status="processing"
            )
        world.poll()

        deps = world.bot.slack_dependencies

        def passing() -> float:
            world.wait(0.2)  # Time goes on while a worker works.
            return world.clock()

        slow = replace(deps, clock=passing)
        while waiting := due(world):
            world.wait(5)
            for news_id in waiting:
                publish(news_id, slow)

        cards = world.slack.channel(CONNECTIONS)
        titles = sorted(world.slack.render(card).split(" · ")[0] for card in cards)
        assert titles == [f"# Group {number:02d}" for number in range(8)]
        assert {len(card.thread) for card in cards} == {1}


# ---------------------------------------------------------------- disconnections, the beginning, environments


def test_a_request_to_disconnect_has_its_card_where_it_is_decided_and_nowhere_else() -> None:
    with begun() as world:
        _asks_to_disconnect(world)
        world.poll()
        world.notify()

        [card] = world.slack.channel(DECISIONS)
        assert "Test Company" in world.slack.render(card)
        assert shown(world, CONNECTIONS) == []
        assert shown(world, ALERTS) == []


def test_a_disconnection_that_comes_back_for_a_decision_is_called_out_where_it_is_decided() -> None:
    with begun() as world:
        made = _asks_to_disconnect(world, status="processing")
        world.poll()
        world.wait(10)
        world.noyo.move_disconnection(made, "needs_review")
        world.poll()
        world.notify()

        assert len(shown(world, DECISIONS)) == 2
        assert shown(world, ALERTS) == []


def _asks_to_disconnect(world: World, **fields: Any) -> str:
    made = world.noyo.carrier_requests_disconnection(
        carrier_id="c699414d-fd1c-4de4-86f0-66dfff2276c4",
        group_id=GROUP,
        group_name="Test Company",
        effective_end_date="2026-12-31",
        **fields,
    )
    return str(made["id"])


def test_what_was_there_before_us_is_summed_up_once() -> None:
    with World() as world:
        world.noyo.add_connection(group_name="Old One", status="unable_to_connect")
        world.noyo.add_connection(group_name="Old Two", status="completed")
        world.wait(60)
        for _ in range(3):
            world.poll()
            world.notify()
            world.restart()

        [summary] = shown(world, ALERTS)
        assert "Old One" in summary
        assert shown(world, CONNECTIONS) == []


def test_a_summary_whose_answer_was_lost_is_not_told_twice() -> None:
    with World() as world:
        world.slack.faults.reset_after("chat.postMessage")
        world.poll()
        world.notify()
        tell_until_done(world)

        assert len(shown(world, ALERTS)) == 1


def test_whatever_is_shown_outside_production_says_so() -> None:
    with begun(ENVIRONMENT="sandbox") as world:
        made = connection(world)
        moves(world, made, "unable_to_connect")
        _asks_to_disconnect(world)
        world.poll()
        world.notify()

        for channel in (CONNECTIONS, ALERTS, DECISIONS):
            [text] = shown(world, channel)
            assert "sandbox" in text, channel


# ---------------------------------------------------------------- what is long gone, and what is not known


def test_news_of_an_operation_that_is_no_longer_kept_is_delivered_all_the_same() -> None:
    with begun() as world:
        made = connection(world, "unable_to_connect")
        tell_until_done(world)
        [card] = world.slack.channel(CONNECTIONS)
        world.retries("U0ANA", CONNECTIONS, card.ts, carrier_group_id="22")
        deps = world.bot.slack_dependencies

        class Forgetful:
            def __getattr__(self, name: str) -> Any:
                return getattr(world.bot.repositories.operations, name)

            def operation(self, _: str) -> None:
                return None

        forgetful: Any = Forgetful()
        for news_id in due(world):
            publish(news_id, replace(deps, operations=forgetful))

        assert due(world) == []
        [card] = world.slack.channel(CONNECTIONS)
        assert "deleted since" in world.slack.render(card.thread[-1])
        assert made in world.slack.render(card)


def test_news_that_nobody_holds_any_more_is_no_reason_to_stop() -> None:
    with begun() as world:
        assert publish("never-heard-of", world.bot.slack_dependencies) is None


def test_news_that_is_due_later_waits() -> None:
    with begun() as world:
        connection(world)
        [news_id] = due(world)
        event = world.bot.repositories.outbox.event(news_id)
        assert event is not None
        world.bot.repositories.outbox.postpone(event, int(world.clock()) + 50)

        assert publish(news_id, world.bot.slack_dependencies) is None
        assert shown(world, CONNECTIONS) == []
        world.wait(50)
        assert publish(news_id, world.bot.slack_dependencies) is not None
        assert len(shown(world, CONNECTIONS)) == 1


def test_no_message_carries_a_ping_or_a_sensitive_value() -> None:
    with begun() as world:
        world.asks(federal_ein="987654321")
        world.carry_out()
        world.poll()
        [made] = world.noyo.connections()
        moves(
            world, made["id"], "unable_to_connect", error="<!channel> *see* https://evil.example 123-45-6789"
        )
        tell_until_done(world)

        for channel in (CONNECTIONS, ALERTS):
            for message in world.slack.channel(channel):
                assert "@channel" not in world.slack.mentions(message)
                assert not [link for link in world.slack.links(message) if "evil" in link]
        sent = json.dumps([call.args for call in world.slack.calls])
        assert "987654321" not in sent
        assert "123-45-6789" not in sent
