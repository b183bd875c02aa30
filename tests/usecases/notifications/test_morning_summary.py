"""The morning summary: one message a day to the channel and to each person whose turn it is, and only if needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date

import pytest

from bot import policies
from bot.domain.absences import Absence
from bot.domain.outbox import EventKind
from bot.domain.people import AuditEntry
from bot.domain.records import EntityKind, connection_ref
from bot.errors import SlackError
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.morning_summary import post_summary, schedule_daily_messages
from bot.usecases.notifications.publish import publish
from bot.usecases.records.poll import poll
from infra.local.noyo.faults import Fault
from infra.local.slack import Message
from tests.aws_calls import acting
from tests.system import ALERTS, ANA, BEN, CONNECTIONS, GUARDIAN, GUS, System, blocks_of
from tests.usecases.notification_bench import add_connection, around_slack, button_ids, started_system
from tests.usecases.notifications.test_not_moving import OTHER, advance_to

GROUP = "11111111-0000-4000-8000-000000000001"
SUMMARY = "Posted once each business day. "
PERSONAL = "Sent to you alone"


@pytest.fixture
def system() -> Iterator[System]:
    """On a Monday before five o'clock, so a claim lasts until Tuesday noon; nothing needed a summary on this day."""
    with started_system(APPROVERS=BEN, NOT_MOVING_DAYS="waiting_on_carrier=5") as system:
        advance_to(system, "2026-11-16T16:30")
        system.notify()
        yield system


def channel_summaries(system: System) -> list[Message]:
    return [each for each in system.slack.channel(ALERTS) if _is_summary(system.slack.render(each))]


def _is_summary(text: str) -> bool:
    return SUMMARY in text and "Not moving at" not in text


def summaries(system: System) -> list[str]:
    return [system.slack.render(message) for message in channel_summaries(system)]


def direct(system: System, user: str) -> list[str]:
    texts = [system.slack.render(message) for message in system.slack.direct_messages(user)]
    return [text for text in texts if PERSONAL in text]


def summaries_at(system: System, when: str) -> list[str]:
    """What the worker has added to the channel by then."""
    before = len(summaries(system))
    advance_to(system, when)
    system.notify()
    return summaries(system)[before:]


def failed(system: System, name: str, **fields: str) -> str:
    connection_id = add_connection(system, "unable_to_connect", group_name=name, **fields)
    system.notify()
    return connection_id


def claimed_by(system: System, user: str, name: str) -> str:
    connection_id = failed(system, name)
    alert = next(each for each in reversed(system.slack.channel(ALERTS)) if name in system.slack.render(each))
    assert "claim" in button_ids(alert)
    system.slack.click(user, ALERTS, alert.ts, "claim")
    return connection_id


def test_the_channel_learns_how_much_of_each_kind_needs_it_and_what_first(system: System) -> None:
    for number in range(4):
        failed(system, f"Company {number}")
    system.noyo.carrier_requests_disconnection(
        carrier_id=GUARDIAN, group_id=GROUP, group_name="Leaving Company", effective_end_date="2026-11-18"
    )
    system.poll()

    assert summaries_at(system, "2026-11-17T08:59") == []
    [summary] = summaries_at(system, "2026-11-17T09:00")

    assert summary.startswith("# 5 need the team")
    assert "**1 decision**, ends tomorrow" in summary
    assert "**4 failed connections**, the oldest since yesterday" in summary
    assert summary.index("Leaving Company") < summary.index("Company 0")
    assert "not claimed" in summary
    assert "/noyo status" in summary
    [message] = channel_summaries(system)
    system.slack.click(BEN, ALERTS, message.ts, "show")
    answer = system.slack.render(system.slack.workspace.ephemerals[-1])
    assert "Needs our action: 5" in answer
    assert summaries_at(system, "2026-11-17T16:59") == [], "one a day"


def test_without_anything_to_do_there_is_no_message(system: System) -> None:
    add_connection(system, "waiting_on_carrier", group_name="Harbor Foods")
    system.notify()
    assert summaries_at(system, "2026-11-17T09:30") == []


@pytest.mark.parametrize(
    ("hour", "expected"), [("6", "2026-11-17T06:00"), ("16", "2026-11-17T16:00"), ("9", "2026-11-17T09:00")]
)
def test_the_setting_says_from_which_hour(hour: str, expected: str) -> None:
    with started_system(SUMMARY_HOUR=hour) as system:
        advance_to(system, "2026-11-16T17:30")
        failed(system, "Harbor Foods")
        advance_to(system, expected)
        system.wait(-1)
        system.notify()
        assert summaries(system) == []
        assert len(summaries_at(system, expected)) == 1


def test_the_setting_turns_it_off_and_the_report_of_what_does_not_move_stands_alone() -> None:
    with started_system(SUMMARY_HOUR="none") as system:
        advance_to(system, "2026-11-16T10:00")
        claimed_by(system, ANA, "Harbor Foods")
        advance_to(system, "2026-11-17T09:30")
        system.notify()
        assert summaries(system) == direct(system, ANA) == []
        assert any("Not moving at" in system.slack.render(each) for each in system.slack.channel(ALERTS))


def test_nothing_is_posted_on_weekends_and_holidays(system: System) -> None:
    """The 26th is Thanksgiving, the 28th a Saturday."""
    failed(system, "Harbor Foods")
    posted = [len(summaries_at(system, f"2026-11-{day}T09:30")) for day in (25, 26, 27, 28, 29, 30)]
    assert posted == [1, 0, 1, 0, 0, 1]


def test_a_worker_that_was_off_posts_later_that_day_and_never_yesterdays(system: System) -> None:
    failed(system, "Harbor Foods")
    assert len(summaries_at(system, "2026-11-17T15:40")) == 1

    advance_to(system, "2026-11-18T09:00")
    schedule_daily_messages(system.bot.slack_dependencies)
    assert summaries_at(system, "2026-11-18T17:00") == [], "working hours are over"
    [today] = summaries_at(system, "2026-11-19T09:00")
    assert "for 3 days" in today


def test_a_summary_that_slack_does_not_take_is_posted_later_that_day(system: System) -> None:
    failed(system, "Harbor Foods")
    advance_to(system, "2026-11-17T09:00")
    deps = system.bot.slack_dependencies
    schedule_daily_messages(deps)

    def refuse() -> None:
        raise SlackError("Slack is down.")

    report = publish(f"{EventKind.MORNING_SUMMARY.value}:2026-11-17", around_slack(deps, before_post=refuse))

    assert report is not None
    assert report.retry_at is not None
    assert len(summaries_at(system, "2026-11-17T09:30")) == 1


def run(system: System, deps: Dependencies) -> None:
    """Runs the summary's tasks as a worker that has read the event would."""
    event = deps.outbox.event(f"{EventKind.MORNING_SUMMARY.value}:{deps.today()}")
    assert event is not None
    for task in post_summary(event, deps):
        with suppress(Exception):
            task()


def test_two_workers_at_the_same_time_post_once(system: System) -> None:
    claimed_by(system, ANA, "Harbor Foods")
    advance_to(system, "2026-11-17T09:00")
    deps = system.bot.slack_dependencies
    schedule_daily_messages(deps)

    run(system, around_slack(deps, before_post=lambda: run(system, deps)))

    assert (len(summaries(system)), len(direct(system, ANA))) == (1, 1)


def test_a_restart_and_a_repeated_stream_post_once(system: System) -> None:
    claimed_by(system, ANA, "Harbor Foods")
    advance_to(system, "2026-11-17T09:00")
    system.notify()
    event_id = f"{EventKind.MORNING_SUMMARY.value}:2026-11-17"
    publish(event_id, system.bot.slack_dependencies)
    system.restart()
    for _ in range(3):
        system.wait(60)
        system.notify()
        publish(event_id, system.bot.slack_dependencies)
    run(system, system.bot.slack_dependencies)

    assert (len(summaries(system)), len(direct(system, ANA))) == (1, 1)


def test_a_worker_that_ends_after_the_channel_still_sends_the_direct_messages(system: System) -> None:
    claimed_by(system, ANA, "Harbor Foods")
    advance_to(system, "2026-11-17T09:00")
    deps = system.bot.slack_dependencies
    schedule_daily_messages(deps)
    event = deps.outbox.event(f"{EventKind.MORNING_SUMMARY.value}:2026-11-17")
    assert event is not None
    next(post_summary(event, deps))()
    assert (len(summaries(system)), len(direct(system, ANA))) == (1, 0)

    system.restart()
    system.notify()

    assert (len(summaries(system)), len(direct(system, ANA))) == (1, 1)


def test_each_person_gets_what_they_claimed_or_requested_and_the_channel_names_without_mention(system: System) -> None:
    claimed_by(system, BEN, "Claimed Company")
    system.request_connection(group_name="Requested Company")
    system.settle(60)
    requested = next(each for each in system.noyo.connections() if "Requested Company" in str(each))
    system.noyo.move_connection(requested["id"], "unable_to_connect")
    system.poll()
    system.notify()

    [summary] = summaries_at(system, "2026-11-17T09:00")

    [to_ana], [to_ben] = direct(system, ANA), direct(system, BEN)
    assert to_ana.startswith("# 1 needs you")
    assert "Requested Company" in to_ana
    assert "requested by you" in to_ana
    assert "Claimed Company" not in to_ana
    assert "Claimed Company" in to_ben
    assert "claimed by you" in to_ben
    assert "/noyo list mine" in to_ben
    [sent] = system.slack.direct_messages(BEN)
    system.slack.click(BEN, sent.channel_id, sent.ts, "show")
    assert "Claimed Company" in system.slack.render(system.slack.workspace.ephemerals[-1])
    assert "claimed by Ben" in summary
    [message] = channel_summaries(system)
    assert BEN not in blocks_of(message) + message.text


def away(system: System, person: str, cover: str | None, name: str = "") -> None:
    deps = system.bot.slack_dependencies
    before, ends_at = deps.absences.absences(), deps.now() + 7 * 86_400
    absence = Absence(person, date(2026, 11, 20), ends_at, cover, name)
    entry = AuditEntry(deps.new_id(), connection_ref("x"), deps.now(), person, "away", (), deps.origin)
    with acting(None):
        assert deps.absences.save(before, before.with_absence(absence, deps.now()), (), entry)


def test_the_cover_gets_what_is_of_somebody_who_is_away(system: System) -> None:
    claimed_by(system, ANA, "Claimed Company")
    away(system, ANA, BEN, "Ana")

    assert len(summaries_at(system, "2026-11-17T09:00")) == 1

    assert direct(system, ANA) == []
    [to_ben] = direct(system, BEN)
    assert to_ben.startswith("# 1 needs Ana, who is away until Fri 20 Nov. You cover.")
    assert "Claimed Company" in to_ben
    assert "claimed by Ana" in to_ben
    assert "list mine" not in to_ben


@pytest.mark.parametrize("cover", [None, GUS])
def test_without_a_cover_who_may_act_the_person_gets_it_while_away(system: System, cover: str | None) -> None:
    claimed_by(system, ANA, "Claimed Company")
    away(system, ANA, cover)

    assert len(summaries_at(system, "2026-11-17T09:00")) == 1

    assert (len(direct(system, ANA)), len(direct(system, GUS))) == (1, 0)


def test_who_requested_it_gets_nothing_while_somebody_else_has_claimed_it(system: System) -> None:
    system.request_connection(ANA, group_name="Requested Company")
    system.settle(60)
    [requested] = system.noyo.connections()
    system.noyo.move_connection(requested["id"], "unable_to_connect")
    system.poll()
    system.notify()
    alert = system.slack.channel(ALERTS)[-1]
    system.slack.click(BEN, ALERTS, alert.ts, "claim")
    system.notify()

    assert len(summaries_at(system, "2026-11-17T09:00")) == 1
    assert (len(direct(system, ANA)), len(direct(system, BEN))) == (0, 1)


def test_people_who_have_left_or_are_guests_get_nothing_and_stop_nobody(system: System) -> None:
    claimed_by(system, BEN, "Claimed Company")
    claimed_by(system, ANA, "Other Company")
    system.slack.workspace.users[ANA] = replace(system.slack.workspace.users[ANA], deleted=True)

    assert len(summaries_at(system, "2026-11-17T09:00")) == 1
    assert (len(direct(system, ANA)), len(direct(system, BEN))) == (0, 1)
    assert system.bot.repositories.outbox.due(int(system.clock()), limit=10) == []
    assert direct(system, GUS) == []


def test_what_does_not_move_follows_in_the_thread(system: System) -> None:
    failed(system, "Failed Company")
    for carrier, name in ((GUARDIAN, "Harbor Foods"), (OTHER, "Elsewhere")):
        add_connection(system, "waiting_on_carrier", group_name=name, carrier_id=carrier)

    [summary] = summaries_at(system, "2026-11-23T09:00")

    [message] = channel_summaries(system)
    replies = [system.slack.render(reply) for reply in message.thread]
    assert "2 records do not move" in summary
    assert ["Harbor Foods" in reply for reply in replies].count(True) == 1
    assert ["Elsewhere" in reply for reply in replies].count(True) == 1
    assert not any("Not moving at" in system.slack.render(each) for each in system.slack.channel(ALERTS))


def test_the_reports_wait_for_the_summary_in_whose_thread_they_are(system: System) -> None:
    add_connection(system, "waiting_on_carrier", group_name="Harbor Foods")
    advance_to(system, "2026-11-23T09:00")
    deps = system.bot.slack_dependencies
    schedule_daily_messages(deps)
    system.slack.faults.api_error("fatal_error", times=1)

    report = publish(f"{EventKind.MORNING_SUMMARY.value}:2026-11-23", deps)

    assert report is not None
    assert system.slack.channel(ALERTS) == []
    [summary] = summaries_at(system, "2026-11-23T09:10")
    assert summary.startswith("# 1 record does not move")
    assert len(channel_summaries(system)[0].thread) == 1


def test_an_unanswered_retry_is_a_question_for_the_person_who_asked(system: System) -> None:
    failed(system, "Harbor Foods")
    alert = system.slack.channel(ALERTS)[-1]
    system.noyo.faults.add(Fault("reset_before", method="PUT"))
    system.retry(ANA, ALERTS, alert.ts, carrier_group_id="00110022")
    system.settle(300)

    [summary] = summaries_at(system, "2026-11-17T09:00")

    assert summary.startswith("# 1 needs the team"), "the question, not its record as well"
    assert "1 question that only a person can answer" in summary
    [to_ana] = direct(system, ANA)
    assert "answer the question in" in to_ana


def test_on_the_day_of_the_first_run_there_is_none_and_none_before_it_is_over() -> None:
    with System() as system:
        system.noyo.add_connection(carrier_id=GUARDIAN, group_name="Harbor Foods", status="unable_to_connect")
        system.notify()
        system.poll()
        system.wait(60)
        system.notify()
        assert summaries(system) == []
        first = system.slack.render(system.slack.channel(ALERTS)[0])
        assert "Switchboard has started" in first
        system.wait(86_400)
        system.notify()
        assert len(summaries(system)) == 1


def test_while_the_first_polls_run_there_is_none() -> None:
    """What they have not read yet cannot be counted."""
    with System() as system:
        system.noyo.add_connection(carrier_id=GUARDIAN, group_name="Harbor Foods", status="unable_to_connect")
        poll(EntityKind.CONNECTION, system.bot.noyo_dependencies)
        system.wait(86_400)
        system.notify()
        assert summaries(system) == []


def test_of_very_many_only_the_most_urgent_are_read_and_all_are_counted(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "SUMMARY_MOST_READ", 2)
    for number in range(policies.SUMMARY_SHOWN + 3):
        add_connection(system, "unable_to_connect", group_name=f"Company {number}")
    advance_to(system, "2026-11-17T09:00")
    deps = system.bot.slack_dependencies
    schedule_daily_messages(deps)
    read: list[int] = []

    class Records:
        def __getattr__(self, name: str) -> object:
            return getattr(records, name)

        def record_states(self, wanted: object, **options: bool) -> object:
            entities = list(wanted)  # type: ignore[call-overload]
            read.append(len(entities))
            return records.record_states(entities, **options)

    records = deps.records
    run(system, replace(deps, records=Records()))  # type: ignore[arg-type]

    [summary] = summaries(system)
    assert read[0] == 2
    assert summary.startswith("# 8 need the team")
    assert summary.count("Company ") == 2


def test_outside_the_alerts_channel_nothing_is_posted_by_it(system: System) -> None:
    failed(system, "Harbor Foods")
    before = len(system.slack.channel(CONNECTIONS))
    assert len(summaries_at(system, "2026-11-17T09:00")) == 1
    assert len(system.slack.channel(CONNECTIONS)) == before
