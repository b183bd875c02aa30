"""The App Home: what needs the team, published for the person who asked for it last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.domain.home import ROWS, Home, HomeFilter, HomeQuestion, HomeRow, HomeView, NoHome
from bot.domain.not_moving import parse_limits
from bot.domain.outbox import RecordChange, home_requested
from bot.domain.people import Verdict
from bot.domain.record_states import RecordState
from bot.domain.reminders import claim
from bot.errors import SlackBusy, SlackNoAnswer, SlackRefused, UnknownSchema
from bot.slack.views.home import home_view
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.home import home_of, publish_home
from bot.usecases.notifications.publish import publish
from bot.usecases.workers import notify
from infra.local.gallery.cards import DISPLAY
from tests.slack.incoming import change_status, store_connection, store_disconnection_request, store_unclear_retry
from tests.system import ANA, BEN, GUS, System
from tests.usecases.notification_bench import CallHooks, around_slack

DAY = 86_400


@pytest.fixture
def system() -> Iterator[System]:
    with System(APPROVERS=BEN) as system:
        yield system


def deps_of(system: System) -> Dependencies:
    return system.bot.slack_dependencies


def shown(system: System, view: HomeView = HomeView(), user: str = ANA) -> Home:  # noqa: B008 - a frozen value
    content = home_of(user, view, deps_of(system))
    assert isinstance(content, Home)
    return content


def names(content: Home) -> list[str | None]:
    states = [row.record_state for row in content.rows]
    return [state.record.group_name if state else None for state in states]


def claimed_by(system: System, state: RecordState, user: str) -> None:
    after = claim(state, user, int(system.clock()), system.settings.timezone)
    deps_of(system).records.write(RecordChange(state.entity, state, after, None))


def store_all(system: System) -> None:
    now = int(system.clock())
    store_connection(system, "Waiting Inc", "waiting_on_carrier", modified=now - 20 * DAY)
    store_connection(system, "Failed Inc", modified=now - 2 * DAY)
    claimed_by(system, store_connection(system, "Claimed Inc", "action_required"), ANA)
    store_connection(system, "Done Inc", "completed")
    store_disconnection_request(system, "Later Inc", effective_end_date=date(2026, 12, 30))
    store_disconnection_request(system, "Sooner Inc", effective_end_date=date(2026, 12, 1))
    store_unclear_retry(system, "Unclear Inc")


# ---------------------------------------------------------------- what it shows


def test_what_needs_the_team_is_counted_and_listed_most_urgent_first(system: System) -> None:
    store_all(system)

    content = shown(system)

    assert names(content) == ["Unclear Inc", "Sooner Inc", "Later Inc", "Failed Inc", "Claimed Inc"]
    assert isinstance(content.rows[0], HomeQuestion)
    counts = content.counts
    assert (counts.waiting, counts.decisions, counts.yours) == (5, 2, 1)
    assert counts.next_end == date(2026, 12, 1)


def test_what_does_not_move_is_counted_as_in_the_daily_report(system: System) -> None:
    store_all(system)
    limits = parse_limits("waiting_on_carrier=5")

    content = home_of(ANA, HomeView(), replace(deps_of(system), not_moving_limits=limits))

    assert isinstance(content, Home)
    assert content.counts.not_moving == 1


def test_the_filters_show_the_persons_own_and_decisions(system: System) -> None:
    store_all(system)

    assert names(shown(system, HomeView(HomeFilter.MINE))) == ["Claimed Inc"]
    assert names(shown(system, HomeView(HomeFilter.MINE), BEN)) == ["Unclear Inc"], "he asked for the retry"
    assert names(shown(system, HomeView(HomeFilter.DECISIONS))) == ["Sooner Inc", "Later Inc"]


def test_a_page_that_no_longer_exists_is_the_last_one(system: System) -> None:
    for number in range(ROWS + 2):
        store_connection(system, f"Failed {number}")

    first, last = shown(system), shown(system, HomeView(page=7))

    assert (len(first.rows), first.view.page) == (ROWS, 0)
    assert (len(last.rows), last.view.page, last.total) == (2, 1, ROWS + 2)
    assert not set(names(first)) & set(names(last))


def test_an_empty_table_has_an_empty_home(system: System) -> None:
    content = shown(system, HomeView(HomeFilter.MINE, 3))

    assert (content.rows, content.total, content.view.page) == ((), 0, 0)
    assert content.counts.waiting == content.counts.decisions == content.counts.yours == content.counts.not_moving == 0


def test_a_record_that_changed_since_the_index_was_read_is_left_out(system: System) -> None:
    state = store_connection(system, "Failed Inc")
    deps = deps_of(system)
    late = CallHooks(deps.records, after_open_records=lambda: change_status(system, state, "processing"))

    content = home_of(ANA, HomeView(), replace(deps, records=late))

    assert isinstance(content, Home)
    assert content.rows == ()


def test_a_record_with_an_operation_that_cannot_be_read_is_counted_and_offers_nothing(system: System) -> None:
    store_connection(system, "Failed Inc")
    deps = deps_of(system)
    unreadable = CallHooks(deps.operations, before_open_on=fail(UnknownSchema("newer")))

    content = home_of(ANA, HomeView(), replace(deps, operations=unreadable))

    assert isinstance(content, Home)
    assert (content.rows, content.unreadable) == ((), 1)


def test_an_operation_in_progress_is_shown_beside_its_record(system: System) -> None:
    state = store_connection(system, "Failed Inc")
    system.slack.command(BEN, "C0CONNECTIONS", "/noyo", "retry Failed Inc")
    view = system.slack.view_of(BEN)
    assert view is not None
    system.slack.submit(BEN, view.id, {})

    [row] = shown(system).rows

    assert isinstance(row, HomeRow)
    assert row.record_state.entity == state.entity
    assert row.operation is not None
    assert row.operation.actor == BEN


def test_of_a_thousand_records_only_those_on_the_page_are_read(system: System) -> None:
    for number in range(1000):
        store_connection(system, f"Failed {number}")
    deps = deps_of(system)
    read: list[int] = []

    class Counting:
        def __getattr__(self, name: str) -> Any:
            return getattr(deps.records, name)

        def record_states(self, wanted: Any, **how: Any) -> Any:
            entities = list(wanted)
            read.append(len(entities))
            return deps.records.record_states(entities, **how)

    content = home_of(ANA, HomeView(page=99), replace(deps, records=Counting()))  # type: ignore[arg-type]

    assert isinstance(content, Home)
    assert content.counts.waiting == content.total == 1000
    assert len(content.rows) == ROWS
    assert read == [ROWS]
    blocks = home_view(content, DISPLAY)["blocks"]
    assert len(blocks) <= 100


def test_a_guest_sees_why_not_and_no_record_is_read(system: System) -> None:
    store_all(system)
    deps = deps_of(system)

    content = home_of(GUS, HomeView(), replace(deps, records=None))  # type: ignore[arg-type]

    assert isinstance(content, NoHome)
    assert content.permission.verdict is Verdict.DENIED


def test_if_slack_does_not_say_who_it_is_nothing_is_shown(system: System) -> None:
    system.slack.faults.reset_before("users.info", times=5)

    content = home_of(ANA, HomeView(), deps_of(system))

    assert isinstance(content, NoHome)
    assert content.permission.verdict is Verdict.UNKNOWN


# ---------------------------------------------------------------- how it is published


def request(system: System, at: int, view: HomeView = HomeView()) -> str:  # noqa: B008 - a frozen value
    event = home_requested(ANA, view, at, int(system.clock()))
    deps_of(system).outbox.request(event)
    return event.id


def publishes(system: System) -> int:
    return len([call for call in system.slack.calls if call.method == "views.publish"])


def home_text(system: System) -> str:
    view = system.slack.home_of(ANA)
    return system.slack.render(view) if view is not None else ""


def test_many_requests_before_it_is_published_are_published_once(system: System) -> None:
    for number in range(10):
        event_id = request(system, number)

    publish(event_id, deps_of(system))

    assert publishes(system) == 1
    assert deps_of(system).outbox.due(int(system.clock()) + DAY, limit=10) == []


def test_a_request_after_it_was_published_is_published_again(system: System) -> None:
    store_connection(system, "Failed Inc")
    publish(request(system, 1), deps_of(system))
    publish(request(system, 2, HomeView(HomeFilter.DECISIONS)), deps_of(system))

    assert publishes(system) == 2
    assert "No request to disconnect waits" in home_text(system)


def test_an_older_request_that_arrives_later_changes_nothing(system: System) -> None:
    store_connection(system, "Failed Inc")
    publish(request(system, 2, HomeView(HomeFilter.MINE)), deps_of(system))

    assert publish(request(system, 1), deps_of(system)) is None
    assert publish(request(system, 2), deps_of(system)) is None, "the same request, delivered again"

    assert publishes(system) == 1
    assert "None of these is yours" in home_text(system)


def test_a_request_during_publishing_is_shown_at_last_and_stays_due_until_its_own_turn(system: System) -> None:
    store_connection(system, "Failed Inc")
    deps = deps_of(system)
    event_id = request(system, 1)
    newer = around_slack(deps, after_publish_home=lambda: request(system, 2, HomeView(HomeFilter.MINE)))

    publish(event_id, newer)

    assert "None of these is yours" in home_text(system)
    assert deps.outbox.due(int(system.clock()), limit=10) == [event_id]


def test_a_slow_worker_does_not_leave_an_older_home(system: System) -> None:
    """It has read the first request when another worker publishes the second one."""
    store_connection(system, "Failed Inc")
    deps = deps_of(system)
    event = deps.outbox.event(request(system, 1))
    assert event is not None

    def other_worker() -> None:
        publish(request(system, 2, HomeView(HomeFilter.MINE)), deps)

    publish_home(event, around_slack(deps, before_publish_home=other_worker))

    assert "None of these is yours" in home_text(system)


def test_a_home_that_slack_refuses_is_given_up_and_logged(system: System, caplog: pytest.LogCaptureFixture) -> None:
    refuses = around_slack(deps_of(system), before_publish_home=fail(SlackRefused("not_enabled")))

    report = publish(request(system, 1), refuses)

    assert report is not None
    assert report.failures == []
    assert deps_of(system).outbox.due(int(system.clock()) + DAY, limit=10) == []
    assert "Slack refused an App Home" in caplog.text
    assert ["Slack refused: not_enabled"] in [getattr(record, "errors", None) for record in caplog.records]


@pytest.mark.parametrize("error", [SlackBusy("slow down", retry_after=7), SlackNoAnswer("no answer")])
def test_after_an_error_that_may_pass_it_is_tried_again(system: System, error: Exception) -> None:
    event_id = request(system, 1)

    report = publish(event_id, around_slack(deps_of(system), before_publish_home=fail(error)))

    assert report is not None
    assert report.failures == [error]
    system.wait(30)
    publish(event_id, deps_of(system))
    assert publishes(system) == 1


@pytest.mark.parametrize("error", [SlackBusy("slow down", retry_after=7), SlackNoAnswer("no answer")])
def test_a_worker_does_not_wait_for_a_home_while_messages_come_in(system: System, error: Exception) -> None:
    slept: list[float] = []
    refused = around_slack(deps_of(system), before_publish_home=fail(error))

    notify([request(system, 1)], 100, refused, sleep=slept.append, check_health=lambda: None)

    assert slept == []
    assert deps_of(system).outbox.due(int(system.clock()) + 60, limit=9) == [f"home_requested:{ANA}"]


def fail(error: Exception) -> Any:
    def raises() -> None:
        raise error

    return raises
