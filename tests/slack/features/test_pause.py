"""The pause and resume commands, and how the sending pause is shown."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.content import PauseNotice
from bot.domain.pauses import Pause
from bot.domain.records import SENDING_PAUSE
from bot.slack.features.pause import pause_lines
from bot.slack.views import health
from bot.slack.views.cards import render
from bot.slack.views.health import pause_notice
from bot.slack.views.rich_text import mrkdwn
from tests.slack.incoming import answer_text, begin, context_of, known, types, window
from tests.slack.samples import DISPLAY
from tests.system import ALERTS, ANA, BEN, CONNECTIONS, GUS, START, System

SETTINGS = {"ADMINS": f"{ANA},{BEN}"}


@pytest.fixture
def system(shared: System) -> System:
    begin(shared)
    types(shared, "resume")
    return shared


def notices(system: System) -> list[str]:
    system.notify()
    return [system.slack.render(message) for message in system.slack.channel(ALERTS)]


def test_an_admin_pauses_and_everybody_reads_why(system: System) -> None:
    read = answer_text(system, types(system, "pause the *carrier's* feed is wrong <!channel>"))

    assert "@Ana paused sending to Noyo" in read
    assert "New requests wait and are sent in order" in read
    notice = notices(system)[-1]
    assert "Sending to Noyo is paused" in notice
    assert "the *carrier's* feed is wrong <!channel>" in notice
    assert "/noyo resume" in notice
    assert system.slack.mentions(system.slack.channel(ALERTS)[-1]) in ([], ["@Ana"])


def test_a_second_admin_is_told_who_was_first_and_why(system: System) -> None:
    types(system, "pause feed is wrong")

    read = answer_text(system, types(system, "pause me too", BEN))

    assert "Already paused: @Ana paused sending to Noyo" in read
    assert "(feed is wrong)" in read
    assert "/noyo resume ends the pause" in read


def test_the_notice_becomes_true_again_when_it_is_resumed(system: System) -> None:
    types(system, "pause feed is wrong")
    before = len(notices(system))

    read = answer_text(system, types(system, "resume", BEN))

    assert "@Ben resumed sending to Noyo" in read
    after = notices(system)
    assert len(after) == before
    assert "Sending to Noyo resumed" in after[-1]
    assert "@Ben resumed sending to Noyo" in after[-1]
    assert "is paused" not in after[-1]


def test_resuming_twice_says_that_it_is_not_paused_and_who_resumed_it(system: System) -> None:
    types(system, "pause")
    types(system, "resume", BEN)

    read = answer_text(system, types(system, "resume"))

    assert "Sending is not paused. @Ben resumed sending to Noyo" in read


@pytest.mark.parametrize("text", ["pause", "resume"])
def test_only_admins_may_pause_or_resume_and_a_denial_is_audited(system: System, text: str) -> None:
    read = answer_text(system, types(system, text, GUS))

    assert "Guests cannot do this" in read
    newest = system.bot.repositories.audit.entries(SENDING_PAUSE, limit=1)[0]
    assert (newest.action, newest.actor) == ("denied", GUS)
    assert system.bot.repositories.pauses.history().active_pause is None


def test_nobody_may_pause_where_the_settings_name_no_admins() -> None:
    with System() as bare:
        assert "Nobody may do this yet" in answer_text(bare, types(bare, "pause"))


def test_status_says_first_that_nothing_is_sent(system: System) -> None:
    known(system, "Paused Bakery")
    types(system, "pause feed is wrong")

    for text in ("status", "status Paused Bakery", "status nobody at all"):
        read = answer_text(system, types(system, text))
        assert read.startswith("@Ana paused sending to Noyo")
        assert "(feed is wrong): requests are deferred and not sent yet." in read
    types(system, "resume")
    assert "paused" not in answer_text(system, types(system, "status"))


def test_what_is_asked_for_meanwhile_is_answered_as_kept(system: System) -> None:
    types(system, "pause")

    system.asks(carrier_group_id="kept 1")

    assert "Paused, not sent yet" in window(system)
    assert (
        "Test Company with Guardian, carrier group id kept 1: waiting while sending is paused. @Ana paused"
        in window(system)
    )
    assert "Sending to Noyo" not in window(system)
    system.notify()
    card = system.seen_in(CONNECTIONS)
    assert "waiting while sending is paused. @Ana paused sending to Noyo" in card
    assert "when sending resumes" in card


def test_a_pause_that_came_after_the_click_is_told_in_the_window(system: System) -> None:
    system.asks(carrier_group_id="kept 2")
    types(system, "pause")
    system.execute_due()
    system.notify()

    assert "Your request is waiting while sending is paused. @Ana paused" in window(system)
    assert "request will be sent when sending resumes" in system.seen_in(CONNECTIONS)
    assert system.slack.direct_messages(ANA) == []


def test_the_same_form_submitted_twice_is_told_that_it_is_kept(system: System) -> None:
    types(system, "pause")
    types(system, "connect")
    view = system.slack.view_of(ANA)
    assert view is not None
    form: dict[str, Any] = {
        "carrier_id": "c699414d-fd1c-4de4-86f0-66dfff2276c4",
        "group_name": "Twice",
        "carrier_group_id": "kept 3",
        "federal_ein": "123456789",
    }
    system.slack.submit(ANA, view.id, form)

    assert "Paused, not sent yet" in window(system)
    assert (
        len(
            [
                operation_id
                for operation_id in system.bot.repositories.operations.deferred_due(10**10, limit=99)
                if operation_id == view.id
            ]
        )
        == 1
    )


# ---------------------------------------------------------------- in words


def test_how_it_stands_is_nothing_worth_saying_while_sending_is_on(system: System) -> None:
    assert pause_lines(context_of(system)) == []


@pytest.mark.parametrize(
    ("pause", "title", "words"),
    [
        (Pause(START, ANA), "Sending to Noyo is paused", "An admin can resume it with /noyo resume."),
        (Pause(START, ANA, until=START + 60, ended_by=BEN), "Sending to Noyo resumed", "<@U0BEN> resumed"),
        (Pause(START), "Observe-only mode", "Nothing is sent to Noyo"),
        (Pause(START, until=START + 60), "Observe-only mode ended", "Switchboard"),
    ],
)
def test_each_turn_of_the_switch_has_its_words(pause: Pause, title: str, words: str) -> None:
    shown = render(PauseNotice(pause), DISPLAY).text

    assert shown.startswith(title)
    assert words in shown
    assert pause_notice(PauseNotice(pause), DISPLAY).title


def test_a_kept_one_tells_when_it_goes_out() -> None:
    assert "It will be sent when sending resumes." in mrkdwn(health.deferred(Pause(START, ANA)))
    assert "It will be sent when observe-only mode ends." in mrkdwn(health.deferred(Pause(START)))
