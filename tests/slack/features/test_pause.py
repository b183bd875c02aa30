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
from infra.local.gallery.samples import DISPLAY
from tests.slack.incoming import answer_text, context_of, modal_text, reset_system, store_connection, type_command
from tests.system import ALERTS, ANA, BEN, CONNECTIONS, GUS, START, System

SETTINGS = {"ADMINS": f"{ANA},{BEN}"}


@pytest.fixture
def system(shared: System) -> System:
    reset_system(shared)
    type_command(shared, "resume")
    return shared


def alert_channel_texts(system: System) -> list[str]:
    system.notify()
    return [system.slack.render(message) for message in system.slack.channel(ALERTS)]


def test_a_pause_is_announced_with_its_reason(system: System) -> None:
    text = answer_text(system, type_command(system, "pause the *carrier's* feed is wrong <!channel>"))

    assert "@Ana paused sending to Noyo" in text
    assert "New requests wait and are sent in order" in text
    notice = alert_channel_texts(system)[-1]
    assert "Sending to Noyo is paused" in notice
    assert "the *carrier's* feed is wrong <!channel>" in notice
    assert "/noyo resume" in notice
    assert system.slack.mentions(system.slack.channel(ALERTS)[-1]) in ([], ["@Ana"])


def test_a_second_admin_sees_who_paused_and_why(system: System) -> None:
    type_command(system, "pause feed is wrong")

    text = answer_text(system, type_command(system, "pause me too", BEN))

    assert "Already paused: @Ana paused sending to Noyo" in text
    assert "(feed is wrong)" in text
    assert "/noyo resume ends the pause" in text


def test_resuming_updates_the_pause_notice(system: System) -> None:
    type_command(system, "pause feed is wrong")
    before = len(alert_channel_texts(system))

    text = answer_text(system, type_command(system, "resume", BEN))

    assert "@Ben resumed sending to Noyo" in text
    after = alert_channel_texts(system)
    assert len(after) == before
    assert "Sending to Noyo resumed" in after[-1]
    assert "@Ben resumed sending to Noyo" in after[-1]
    assert "is paused" not in after[-1]


def test_a_second_resume_says_who_resumed(system: System) -> None:
    type_command(system, "pause")
    type_command(system, "resume", BEN)

    text = answer_text(system, type_command(system, "resume"))

    assert "Sending is not paused. @Ben resumed sending to Noyo" in text


@pytest.mark.parametrize("text", ["pause", "resume"])
def test_only_admins_may_pause_or_resume_and_a_denial_is_audited(system: System, text: str) -> None:
    answer = answer_text(system, type_command(system, text, GUS))

    assert "Guests cannot do this" in answer
    newest = system.bot.repositories.audit.entries(SENDING_PAUSE, limit=1)[0]
    assert (newest.action, newest.actor) == ("denied", GUS)
    assert system.bot.repositories.pauses.history().active_pause is None


def test_without_admins_in_the_settings_nobody_may_pause() -> None:
    with System() as bare:
        assert "Nobody may do this yet" in answer_text(bare, type_command(bare, "pause"))


def test_status_starts_with_the_active_pause(system: System) -> None:
    store_connection(system, "Paused Bakery")
    type_command(system, "pause feed is wrong")

    for text in ("status", "status Paused Bakery", "status nobody at all"):
        answer = answer_text(system, type_command(system, text))
        assert answer.startswith("@Ana paused sending to Noyo")
        assert "(feed is wrong): requests are deferred and not sent yet." in answer
    type_command(system, "resume")
    assert "paused" not in answer_text(system, type_command(system, "status"))


def test_a_request_during_a_pause_is_shown_as_deferred(system: System) -> None:
    type_command(system, "pause")

    system.request_connection(carrier_group_id="kept 1")

    assert "Paused, not sent yet" in modal_text(system)
    assert (
        "Test Company with Guardian, carrier group id kept 1: waiting while sending is paused. @Ana paused"
        in modal_text(system)
    )
    assert "Sending to Noyo" not in modal_text(system)
    system.notify()
    card = system.read_channel(CONNECTIONS)
    assert "waiting while sending is paused. @Ana paused sending to Noyo" in card
    assert "when sending resumes" in card


def test_a_pause_after_the_submission_is_shown_in_the_modal(system: System) -> None:
    system.request_connection(carrier_group_id="kept 2")
    type_command(system, "pause")
    system.execute_due()
    system.notify()

    assert "Your request is waiting while sending is paused. @Ana paused" in modal_text(system)
    assert "request will be sent when sending resumes" in system.read_channel(CONNECTIONS)
    assert system.slack.direct_messages(ANA) == []


def test_a_form_submitted_during_a_pause_is_deferred_once(system: System) -> None:
    type_command(system, "pause")
    type_command(system, "connect")
    view = system.slack.view_of(ANA)
    assert view is not None
    form: dict[str, Any] = {
        "carrier_id": "c699414d-fd1c-4de4-86f0-66dfff2276c4",
        "group_name": "Twice",
        "carrier_group_id": "kept 3",
        "federal_ein": "123456789",
    }
    system.slack.submit(ANA, view.id, form)

    assert "Paused, not sent yet" in modal_text(system)
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


# ---------------------------------------------------------------- texts


def test_without_a_pause_nothing_is_said_about_sending(system: System) -> None:
    assert pause_lines(context_of(system)) == []


@pytest.mark.parametrize(
    ("pause", "title", "expected"),
    [
        (Pause(START, ANA), "Sending to Noyo is paused", "An admin can resume it with /noyo resume."),
        (Pause(START, ANA, until=START + 60, ended_by=BEN), "Sending to Noyo resumed", "<@U0BEN> resumed"),
        (Pause(START), "Observe-only mode", "Nothing is sent to Noyo"),
        (Pause(START, until=START + 60), "Observe-only mode ended", "Switchboard"),
    ],
)
def test_each_start_and_end_of_a_pause_has_a_title_and_a_text(pause: Pause, title: str, expected: str) -> None:
    shown = render(PauseNotice(pause), DISPLAY).text

    assert shown.startswith(title)
    assert expected in shown
    assert pause_notice(PauseNotice(pause), DISPLAY).title


def test_a_deferred_operation_says_when_it_will_be_sent() -> None:
    assert "It will be sent when sending resumes." in mrkdwn(health.deferred(Pause(START, ANA)))
    assert "It will be sent when observe-only mode ends." in mrkdwn(health.deferred(Pause(START)))
