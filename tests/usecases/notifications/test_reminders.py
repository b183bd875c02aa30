"""Days left are updated every night, and reminders become more frequent near the end date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot import policies
from bot.domain.outbox import EventKind, OutboxEvent
from bot.domain.records import EntityKind, EntityRef
from bot.errors import SlackNoAnswer, TableUnavailable
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.publish import publish
from bot.usecases.notifications.reminders import spread_seconds
from bot.usecases.records.ingest import ingest
from infra.local.noyo.faults import Fault
from infra.local.slack import Limits, Message
from tests.aws import worker_client
from tests.system import BEN, DECISIONS, GUARDIAN, System
from tests.usecases.notification_bench import (
    around_outbox,
    around_slack,
    button_ids,
    channel_texts,
    due_events,
    started_system,
)

GROUP = "11111111-0000-4000-8000-000000000001"
TEAM = "S0APPROVE"
MONDAY = "2026-11-16T10:00"
"""When the requests of these tests are received."""


@pytest.fixture
def system() -> Iterator[System]:
    with started_system(APPROVERS=f"{BEN},{TEAM}", BUSINESS_CALENDAR="none") as system:
        advance_to(system, MONDAY)
        yield system


def timestamp(system: System, when: str) -> int:
    return int(datetime.fromisoformat(when).replace(tzinfo=system.settings.timezone).timestamp())


def advance_to(system: System, when: str) -> None:
    """Advance the time without running a worker."""
    assert timestamp(system, when) >= system.clock.now
    system.clock.now = float(timestamp(system, when))


def run_worker_until(system: System, when: str, step: int = 3600) -> None:
    """Run the worker by its schedule, with long steps."""
    end = timestamp(system, when)
    while system.clock.now < end:
        system.wait(min(step, end - system.clock.now))
        system.notify()


def request_disconnection(system: System, end: str | None, name: str = "Test Company", **fields: Any) -> EntityRef:
    request = system.noyo.carrier_requests_disconnection(
        carrier_id=GUARDIAN, group_id=GROUP, group_name=name, effective_end_date=end, **fields
    )
    system.poll()
    system.notify()
    return EntityRef(EntityKind.DISCONNECTION, str(request["id"]))


def change_disconnection(system: System, entity: EntityRef, status: str = "needs_review", **fields: Any) -> None:
    system.wait(1)
    system.noyo.move_disconnection(entity.key, status, **fields)
    system.poll()
    system.notify()


def card(system: System) -> Message:
    return system.slack.channel(DECISIONS)[0]


def reminders(system: System) -> list[Message]:
    return [reply for reply in card(system).thread if reply.broadcast]


def reminder_texts(system: System) -> list[str]:
    return [system.slack.render(reminder) for reminder in reminders(system)]


def test_reminders_avoid_public_holidays() -> None:
    """Thanksgiving, a Thursday, is the day before the last day, and the reminder for it comes on Wednesday."""
    with started_system(BUSINESS_CALENDAR="US") as system:
        advance_to(system, "2026-11-23T10:00")
        request_disconnection(system, "2026-11-27")
        run_worker_until(system, "2026-11-25T12:00")
        assert len(reminders(system)) == 1
        before = reminder_texts(system)
        run_worker_until(system, "2026-11-26T23:00")
        assert [waiting.day for waiting in waiting_events(system, EventKind.REMINDER)] == []
        assert len(reminders(system)) == len(before) == 1
        run_worker_until(system, "2026-11-27T12:00")
        assert "ends today" in reminder_texts(system)[0]


def waiting_events(system: System, kind: EventKind) -> list[OutboxEvent]:
    """All waiting events of this kind, soonest first."""
    events = [system.bot.repositories.outbox.event(event_id) for event_id in due_events(system)]
    return sorted((event for event in events if event and event.kind is kind), key=lambda event: event.due or 0)


def first_reminder(system: System, end: str = "2026-12-01") -> EntityRef:
    """A request whose first reminder is due on Tuesday the 17th, ten business days before the end."""
    entity = request_disconnection(system, end)
    run_worker_until(system, "2026-11-17T01:00")
    advance_to(system, "2026-11-17T09:45")
    return entity


# ---------------------------------------------------------------- days


@pytest.mark.long
def test_the_days_left_are_correct_every_day(system: System) -> None:
    request_disconnection(system, "2026-11-18")
    labels = []
    for day in range(17, 22):
        labels.append(system.slack.render(card(system)).split("18 Nov 2026 · ")[1].splitlines()[0])
        run_worker_until(system, f"2026-11-{day}T00:45", step=900)

    assert [label.strip("*") for label in labels] == [
        "ends in 2 days",
        "ends tomorrow",
        "ends today",
        "ended yesterday",
        "ended 2 days ago",
    ]


def test_the_days_left_change_just_after_midnight_in_the_business_timezone(system: System) -> None:
    entity = request_disconnection(system, "2026-12-31")

    [tomorrow] = waiting_events(system, EventKind.DAY_STARTED)

    assert tomorrow.day == date(2026, 11, 17)
    assert tomorrow.due == timestamp(system, "2026-11-17T00:00:01") + spread_seconds(entity)
    assert 0 <= spread_seconds(entity) < policies.REMINDER_SPREAD_SECONDS


def test_ingesting_a_request_schedules_its_first_day(system: System) -> None:
    """Without a sweep, which would schedule them as well."""
    request_disconnection(system, "2026-12-31")
    begin = len(waiting_events(system, EventKind.DAY_STARTED))
    system.wait(10)
    request = system.noyo.carrier_requests_disconnection(
        carrier_id=GUARDIAN, group_id=GROUP, group_name="Another", effective_end_date="2026-12-31"
    )
    store = system.bot.repositories
    ingest(
        system.bot.noyo.disconnection(str(request["id"])),
        Dependencies(
            clock=lambda: float(int(system.clock())),
            new_id=str,
            records=store.records,
            operations=store.operations,
            noyo=system.bot.noyo,
        ),
    )
    system.notify()

    assert len(waiting_events(system, EventKind.DAY_STARTED)) == begin + 1


def test_an_event_is_not_processed_before_its_time(system: System) -> None:
    request_disconnection(system, "2026-12-31")
    [tomorrow] = waiting_events(system, EventKind.DAY_STARTED)

    assert publish(tomorrow.id, system.bot.slack_dependencies) is None
    assert waiting_events(system, EventKind.DAY_STARTED) == [tomorrow]


@pytest.mark.parametrize("moment", ["before_put", "after_put", "before_mark_delivered"])
def test_the_daily_events_continue_after_a_crash(system: System, moment: str) -> None:
    request_disconnection(system, "2026-12-31")
    advance_to(system, "2026-11-17T00:45")
    [today] = waiting_events(system, EventKind.DAY_STARTED)

    def crash() -> None:
        raise TableUnavailable("the worker was stopped")

    with pytest.raises(TableUnavailable):
        publish(today.id, around_outbox(system.bot.slack_dependencies, **{moment: crash}))
    run_worker_until(system, "2026-11-18T00:45")

    assert [event.day for event in waiting_events(system, EventKind.DAY_STARTED)] == [date(2026, 11, 19)]
    assert "ends in 43 days" in system.slack.render(card(system))


def test_after_days_without_a_worker_the_card_is_correct(system: System) -> None:
    request_disconnection(system, "2026-12-31")
    advance_to(system, "2026-11-20T12:00")
    system.notify()
    system.notify()

    assert [event.day for event in waiting_events(system, EventKind.DAY_STARTED)] == [date(2026, 11, 21)]
    assert "ends in 41 days" in system.slack.render(card(system))


def test_daily_events_follow_the_newest_version(system: System) -> None:
    request_disconnection(system, "2026-12-31")
    entity = waiting_events(system, EventKind.DAY_STARTED)[0].entity
    change_disconnection(system, entity, effective_end_date="2027-01-31")
    assert len(waiting_events(system, EventKind.DAY_STARTED)) == 2
    run_worker_until(system, "2026-11-17T02:00")

    record_state = system.bot.repositories.records.record_state(entity)
    assert record_state is not None
    assert [event.version for event in waiting_events(system, EventKind.DAY_STARTED)] == [record_state.record.version]


def test_a_decided_request_has_no_daily_events(system: System) -> None:
    entity = request_disconnection(system, "2026-12-31")
    change_disconnection(system, entity, "rejected")
    run_worker_until(system, "2026-11-18T02:00")

    assert waiting_events(system, EventKind.DAY_STARTED) == []
    assert "ends" not in system.slack.render(card(system))


def test_the_sweep_schedules_missing_daily_events(system: System) -> None:
    """As stored by an earlier version of Switchboard without daily events."""
    entity = request_disconnection(system, "2026-11-23")
    for event in waiting_events(system, EventKind.DAY_STARTED):
        system.bot.repositories.outbox.mark_delivered(event, int(system.clock()))
    record_state = system.bot.repositories.records.record_state(entity)
    assert record_state is not None
    key = {"pk": {"S": f"OUTBOX#day_started:{entity}:{record_state.record.version}:first"}, "sk": {"S": "EVENT"}}
    worker_client("dynamodb").delete_item(TableName=system.settings.aws.table, Key=key)
    run_worker_until(system, "2026-11-18T09:00", step=6 * 3600)
    assert waiting_events(system, EventKind.DAY_STARTED) == []

    system.poll()
    system.notify()
    assert [event.day for event in waiting_events(system, EventKind.DAY_STARTED)] == [date(2026, 11, 19)]
    system.wait(86_400)
    system.poll()
    system.notify()
    assert len(waiting_events(system, EventKind.DAY_STARTED)) == 1, "the sweep repeats it with the same id"


def test_three_hundred_cards_are_updated_far_below_the_rate_limit() -> None:
    """Each minute after midnight has far fewer events than Slack accepts."""
    entities = [EntityRef(EntityKind.DISCONNECTION, f"{number:032x}") for number in range(300)]
    a_minute = [0] * (policies.REMINDER_SPREAD_SECONDS // 60)
    for entity in entities:
        a_minute[spread_seconds(entity) // 60] += 1

    assert sum(a_minute) == 300
    assert max(a_minute) <= Limits().updates_per_minute // 2


def test_at_midnight_no_rate_limit_is_hit_and_new_events_are_published_at_once() -> None:
    """With the rate limits of Slack."""
    with started_system(APPROVERS=BEN, limits=Limits()) as system:
        advance_to(system, MONDAY)
        requests = [
            system.noyo.carrier_requests_disconnection(
                carrier_id=GUARDIAN,
                group_id=f"{number:08d}-0000-4000-8000-000000000001",
                group_name=f"Group {number}",
                effective_end_date="2026-12-31",
            )
            for number in range(8)
        ]
        system.poll()
        run_worker_until(system, "2026-11-16T10:02", step=20)
        assert len(channel_texts(system, DECISIONS)) == 8
        advance_to(system, "2026-11-17T00:00")
        before = len(system.slack.calls)
        run_worker_until(system, "2026-11-17T00:12", step=120)
        half = sum("ends in 44 days" in text for text in channel_texts(system, DECISIONS))

        request_disconnection(system, "2026-12-31", "Something New")
        assert "Something New" in channel_texts(system, DECISIONS)[-1]
        run_worker_until(system, "2026-11-17T00:36", step=120)

        # The ids are random, so each run has its own spread. The worker runs every two minutes.
        delays = [spread_seconds(EntityRef(EntityKind.DISCONNECTION, str(request["id"]))) for request in requests]
        assert sum(delay <= 600 for delay in delays) <= half <= sum(delay <= 720 for delay in delays)
        assert sum("ends in 44 days" in text for text in channel_texts(system, DECISIONS)) == 9
        assert [call for call in system.slack.calls[before:] if call.status == 429] == []


# ---------------------------------------------------------------- reminders


def test_a_reminder_is_broadcast_from_the_thread_with_buttons(system: System) -> None:
    first_reminder(system)
    system.notify()

    [reminder] = reminders(system)
    text = system.slack.render(reminder)
    assert "Reminder: disconnect Test Company · ends in 14 days" in text
    assert button_ids(reminder) == {"approve", "reject", "claim", "details"}
    assert any("Open the card" in str(block) for block in reminder.blocks)
    assert system.slack.mentions(reminder) == []
    shown_in_channel = [message.ts for message in system.slack.workspace.channels[DECISIONS].shown()]
    assert reminder.ts in shown_in_channel


@pytest.mark.long
def test_only_the_newest_reminder_is_kept(system: System) -> None:
    request_disconnection(system, "2026-12-01")
    seen = []
    for day in range(15, 19):
        run_worker_until(system, f"2026-11-{day + 1}T12:00")
        seen.append((len(reminders(system)), [text.splitlines()[0].split(" · ")[1] for text in reminder_texts(system)]))
    run_worker_until(system, "2026-12-03T12:00")
    posts = [call for call in system.slack.calls if call.args.get("reply_broadcast")]

    assert seen == [(0, []), (1, ["ends in 14 days"]), (1, ["ends in 13 days"]), (1, ["ends in 12 days"])]
    assert len(posts) == 7, "ten, five, three, two, one, no business day before, and one after"
    assert len(reminders(system)) == 1
    assert "ended 2 days ago" in reminder_texts(system)[0]


@pytest.mark.long
def test_only_the_last_two_reminders_mention_the_approvers(system: System) -> None:
    request_disconnection(system, "2026-12-01")
    mentioned = []
    for when in ("2026-11-30T12:00", "2026-12-01T12:00", "2026-12-02T12:00"):
        run_worker_until(system, when)
        mentioned.append(system.slack.mentions(reminders(system)[0]))

    assert mentioned[0] == []
    assert mentioned[1] == mentioned[2] != []
    assert "@Ben" in mentioned[1]


@pytest.mark.long
def test_reminders_are_not_sent_at_night_or_on_a_weekend(system: System) -> None:
    """The end date is a Sunday, so Friday is the last business day before it."""
    request_disconnection(system, "2026-11-22")
    hours = set()
    known = 0
    for _ in range(8 * 24 * 2):
        system.wait(1800)
        system.notify()
        posts = [call for call in system.slack.calls if call.args.get("reply_broadcast")]
        if len(posts) > known:
            known = len(posts)
            hours.add(datetime.fromtimestamp(system.clock(), system.settings.timezone).strftime("%a %H"))

    assert known == 5
    assert {hour.split()[0] for hour in hours} == {"Tue", "Wed", "Thu", "Fri", "Mon"}
    assert {int(hour.split()[1]) for hour in hours} <= {9, 10}


def test_a_late_reminder_waits_for_the_next_working_hour(system: System) -> None:
    entity = first_reminder(system)
    [reminder] = waiting_events(system, EventKind.REMINDER)
    advance_to(system, "2026-11-17T20:00")
    system.notify()
    assert reminders(system) == []
    event = system.bot.repositories.outbox.event(reminder.id)
    assert event is not None
    assert event.due == timestamp(system, "2026-11-18T09:00")

    run_worker_until(system, "2026-11-18T12:00")
    assert len(reminders(system)) == 1
    assert spread_seconds(entity) >= 0


@pytest.mark.parametrize("happens", ["rejected", "changed", "later"])
def test_an_outdated_reminder_is_not_posted(system: System, happens: str) -> None:
    entity = first_reminder(system)
    if happens == "rejected":
        change_disconnection(system, entity, "rejected")
    elif happens == "changed":
        change_disconnection(system, entity, effective_end_date="2027-01-31")
    else:
        [reminder] = waiting_events(system, EventKind.REMINDER)
        advance_to(system, "2026-11-24T12:00")
        publish(reminder.id, system.bot.slack_dependencies)
    system.notify()

    assert reminder_texts(system) == []
    waiting = waiting_events(system, EventKind.REMINDER)
    assert [event.day for event in waiting if event.day == date(2026, 11, 17)] == []


def test_reminders_pause_during_a_decision_until_it_is_refused(system: System) -> None:
    entity = first_reminder(system)
    system.slack.click(BEN, DECISIONS, card(system).ts, "approve")
    view = system.slack.view_of(BEN)
    assert view is not None
    system.slack.submit(BEN, view.id, {})
    system.notify()
    assert reminders(system) == []

    system.noyo.faults.add(Fault("error_before", method="PUT", status=422))
    system.execute_due()
    record_state = system.bot.repositories.records.record_state(entity)
    assert record_state is not None
    assert record_state.status.value == "needs_review"

    run_worker_until(system, "2026-11-17T11:00", step=900)

    assert "Noyo refused @Ben's approval" in system.slack.render(card(system))
    assert len(reminders(system)) == 1


def test_a_decision_updates_the_last_reminder(system: System) -> None:
    entity = first_reminder(system)
    system.notify()
    change_disconnection(system, entity, "rejected")

    [text] = reminder_texts(system)
    assert "No longer needs action" in text
    assert "Changed to Rejected" in text
    assert "Reminder" not in text
    assert button_ids(reminders(system)[0]) == {"details"}


def test_after_a_change_the_reminder_links_to_the_card_without_buttons(system: System) -> None:
    entity = first_reminder(system)
    system.notify()
    change_disconnection(system, entity, effective_end_date="2027-01-31")

    [reminder] = reminders(system)
    assert "Changed since this reminder" in system.slack.render(reminder)
    assert button_ids(reminder) == {"details"}


def test_a_reminder_updates_the_days_left_too(system: System) -> None:
    first_reminder(system, "2026-12-02")  # Ten business days before is the 18th.
    run_worker_until(system, "2026-11-18T12:00")
    assert "ends in 14 days" in reminder_texts(system)[0]
    run_worker_until(system, "2026-11-19T03:00")
    assert "ends in 13 days" in reminder_texts(system)[0]


# ---------------------------------------------------------------- exactly once despite faults


def second_reminder(system: System) -> tuple[str, Message]:
    """Returns the id of the second reminder, which is due, and the posted first reminder."""
    request_disconnection(system, "2026-11-24")  # Five business days before is the 17th, three the 19th.
    run_worker_until(system, "2026-11-17T12:00")
    [before] = reminders(system)
    run_worker_until(system, "2026-11-19T01:00")
    advance_to(system, "2026-11-19T09:45")
    [second] = waiting_events(system, EventKind.REMINDER)
    return second.id, before


def run(system: System, event_id: str, deps: Dependencies) -> None:
    with suppress(TableUnavailable):
        publish(event_id, deps)


def crash() -> None:
    raise TableUnavailable("the worker was stopped")


@pytest.mark.parametrize("moment", ["before_post", "after_post", "before_delete", "after_delete"])
def test_after_a_crash_only_the_new_reminder_is_kept(system: System, moment: str) -> None:
    event_id, before = second_reminder(system)

    run(system, event_id, around_slack(system.bot.slack_dependencies, **{moment: crash}))
    system.restart()
    run_worker_until(system, "2026-11-19T12:00", step=600)

    [reminder] = reminders(system)
    assert reminder.ts != before.ts
    assert "ends in 5 days" in system.slack.render(reminder)
    assert [event for event in waiting_events(system, EventKind.REMINDER) if event.day == date(2026, 11, 19)] == []


def test_the_previous_reminder_is_deleted_after_the_new_one_is_posted(system: System) -> None:
    event_id, before = second_reminder(system)
    seen: list[list[str]] = []

    def check() -> None:
        seen.append([reminder.ts for reminder in reminders(system)])

    publish(event_id, around_slack(system.bot.slack_dependencies, before_delete=check))

    assert len(seen[0]) == 2
    assert before.ts in seen[0]
    assert [reminder.ts for reminder in reminders(system)] == seen[0][1:]


def test_a_lost_response_to_the_post_or_deletion_creates_no_duplicate(system: System) -> None:
    event_id, _ = second_reminder(system)
    system.slack.faults.reset_after("chat.postMessage")
    report = publish(event_id, system.bot.slack_dependencies)
    assert report is not None
    assert any(isinstance(failure, SlackNoAnswer) for failure in report.failures)
    system.slack.faults.reset_after("chat.delete")
    run_worker_until(system, "2026-11-19T12:00", step=policies.MESSAGE_LEASE_SECONDS + 10)

    assert len(reminders(system)) == 1


def test_a_deleted_reminder_is_not_posted_again(system: System) -> None:
    event_id, before = second_reminder(system)
    thread = system.slack.workspace.channels[DECISIONS].messages[0].thread
    thread[:] = [reply for reply in thread if reply.ts != before.ts]

    report = publish(event_id, system.bot.slack_dependencies)

    assert report is not None
    assert report.failures == []
    assert len(reminders(system)) == 1
    thread[:] = [reply for reply in thread if not reply.broadcast]
    run_worker_until(system, "2026-11-20T03:00")
    assert reminders(system) == [], "neither the daily event nor a refresh posts it again"


def test_a_reminder_that_cannot_be_deleted_is_marked_as_outdated(system: System) -> None:
    event_id, before = second_reminder(system)
    system.slack.faults.api_error("cant_delete_message", "chat.delete", times=50)

    report = publish(event_id, system.bot.slack_dependencies)

    assert report is not None
    assert report.failures == []
    first, second = reminders(system)
    assert first.ts == before.ts
    assert "Changed since this reminder" in system.slack.render(first)
    assert "approve" in button_ids(second)
    assert "approve" not in button_ids(first)


def test_an_outdated_reminder_whose_post_was_never_answered_is_deleted(system: System) -> None:
    """The response to the post is lost, and the request is decided elsewhere before the message is searched for."""
    entity = first_reminder(system)
    [reminder] = waiting_events(system, EventKind.REMINDER)
    system.slack.faults.reset_after("chat.postMessage")
    publish(reminder.id, system.bot.slack_dependencies)
    assert len(reminders(system)) == 1
    change_disconnection(system, entity, "rejected")
    run_worker_until(system, "2026-11-17T12:00", step=policies.MESSAGE_LEASE_SECONDS + 10)

    assert reminders(system) == []


@pytest.mark.parametrize("moment", ["before_post", "after_post"])
def test_two_workers_post_a_reminder_once(system: System, moment: str) -> None:
    first_reminder(system)
    [reminder] = waiting_events(system, EventKind.REMINDER)
    deps = system.bot.slack_dependencies

    publish(reminder.id, around_slack(deps, **{moment: lambda: publish(reminder.id, deps)}))
    run_worker_until(system, "2026-11-17T12:00", step=60)

    assert len([call for call in system.slack.calls if call.args.get("reply_broadcast")]) == 1


def test_a_deleted_card_is_posted_again_for_the_reminder(system: System) -> None:
    first_reminder(system)
    system.slack.workspace.channels[DECISIONS].messages.clear()
    system.notify()

    assert len(reminders(system)) == 1


# ---------------------------------------------------------------- urgent requests


def test_a_request_ending_within_two_business_days_mentions_the_approvers_at_once(system: System) -> None:
    system.slack.add_usergroup(TEAM, "approvers", [BEN])
    request_disconnection(system, "2026-11-18")

    first, alert = system.slack.channel(DECISIONS)
    assert "please decide soon" in system.slack.render(alert)
    assert system.slack.mentions(first) == []
    assert set(system.slack.mentions(alert)) == {"@Ben", "@approvers"}
    assert "approve" in button_ids(alert)


def test_a_request_with_time_left_mentions_nobody(system: System) -> None:
    request_disconnection(system, "2026-11-19")

    [only] = system.slack.channel(DECISIONS)
    assert system.slack.mentions(only) == []


def test_an_end_date_that_becomes_urgent_mentions_the_approvers_once(system: System) -> None:
    entity = request_disconnection(system, "2026-12-31")
    change_disconnection(system, entity, effective_end_date="2026-11-17")
    assert len(channel_texts(system, DECISIONS)) == 2
    change_disconnection(system, entity, effective_end_date="2026-11-17")

    assert len(channel_texts(system, DECISIONS)) == 2


def test_an_existing_request_mentions_nobody_even_if_it_is_urgent() -> None:
    with System(APPROVERS=BEN) as system:
        day = datetime.fromtimestamp(system.clock(), system.settings.timezone).date() + timedelta(days=1)
        system.noyo.carrier_requests_disconnection(
            carrier_id=GUARDIAN, group_id=GROUP, group_name="Old", effective_end_date=day.isoformat()
        )
        system.wait(60)
        system.poll()
        system.notify()

        [only] = system.slack.channel(DECISIONS)
        assert system.slack.mentions(only) == []
        assert len(waiting_events(system, EventKind.DAY_STARTED)) == 1, "the daily event is scheduled"


def test_untrusted_text_mentions_nobody_in_alerts_and_reminders(system: System) -> None:
    system.slack.add_usergroup(TEAM, "approvers", [BEN])
    hostile = "<!channel> <@U0ANA> <!subteam^S0APPROVE> @here"
    request_disconnection(system, "2026-12-01", hostile)
    request_disconnection(system, "2026-11-17", hostile)
    run_worker_until(system, "2026-11-17T12:00")

    every = [reply for message in system.slack.channel(DECISIONS) for reply in (message, *message.thread)]
    assert len([message for message in every if message.broadcast]) >= 1
    mentioned = {ping for message in every for ping in system.slack.mentions(message)}
    assert mentioned == {"@Ben", "@approvers"}


# ---------------------------------------------------------------- changes of waiting requests


def test_days_and_reminders_continue_after_the_timezone_is_moved_west(system: System) -> None:
    request_disconnection(system, "2026-12-01")
    [tomorrow] = waiting_events(system, EventKind.DAY_STARTED)
    system.clock.now = float((tomorrow.due or 0) + 1)  # In Honolulu it is still the day before.
    honolulu = ZoneInfo("Pacific/Honolulu")
    deps = system.bot.slack_dependencies
    west = replace(deps, timezone=honolulu)

    publish(tomorrow.id, west)
    system.wait(24 * 3600)
    publish(tomorrow.id, west)

    assert [day.day for day in waiting_events(system, EventKind.DAY_STARTED)] == [date(2026, 11, 18)]
    assert [reminder.day for reminder in waiting_events(system, EventKind.REMINDER)] == [date(2026, 11, 17)]


def test_an_urgent_request_mentions_the_approvers_even_if_it_changed_before_publishing(system: System) -> None:
    system.slack.add_usergroup(TEAM, "approvers", [BEN])
    request = system.noyo.carrier_requests_disconnection(
        carrier_id=GUARDIAN, group_id=GROUP, group_name="Test Company", effective_end_date="2026-11-17"
    )
    system.poll()
    system.wait(1)
    system.noyo.move_disconnection(str(request["id"]), "needs_review")
    system.poll()
    system.notify()
    change_disconnection(system, EntityRef(EntityKind.DISCONNECTION, str(request["id"])))

    [_, alert] = system.slack.channel(DECISIONS)
    assert set(system.slack.mentions(alert)) == {"@Ben", "@approvers"}
    assert "approve" in button_ids(alert)


@pytest.mark.long
def test_a_request_that_changes_often_has_one_reminder_on_each_reminder_day(system: System) -> None:
    entity = request_disconnection(system, "2026-12-01")
    counts = []
    for day in (17, 18, 24, 25):
        for hour in ("01:00", "04:00", "09:45", "12:00", "13:00"):
            advance_to(system, f"2026-11-{day}T{hour}")
            if hour in ("04:00", "12:00"):
                change_disconnection(system, entity)
            system.notify()
        counts.append(len(posted(system)))

    assert counts == [1, 1, 2, 2]
    assert len(reminders(system)) == 1


def test_a_request_without_an_end_date_has_a_reminder_even_if_it_changes_often(system: System) -> None:
    entity = request_disconnection(system, None)
    for when in ("2026-11-17T04:00", "2026-11-18T04:00"):
        advance_to(system, when)
        system.notify()
        change_disconnection(system, entity)
    advance_to(system, "2026-11-18T09:45")
    system.notify()

    assert len(posted(system)) == 1


def posted(system: System) -> list[Any]:
    return [call for call in system.slack.calls if call.args.get("reply_broadcast")]
