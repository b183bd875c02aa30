"""Replies: the requester gets the outcome once."""

from __future__ import annotations

from bot import policies
from bot.usecases.notifications.replies import NO_DIRECT_MESSAGE
from tests.system import ANA, CONNECTIONS
from tests.usecases.notification_bench import started_system


def test_a_redelivered_event_sends_no_message_if_the_modal_showed_the_outcome() -> None:
    with started_system() as system:
        reply = system.request_connection(ANA)
        system.execute_due()
        system.slack.faults.api_error("is_archived", "chat.postMessage", times=2)  # The card, for both events.
        system.notify()
        view = system.slack.view_of(ANA)
        assert reply.error is None
        assert view is not None
        assert "Sent to Noyo" in system.slack.render(view)
        system.slack.close_view(ANA, view.id)

        system.settle(40)

        assert len(system.slack.channel(CONNECTIONS)) == 1
        assert system.slack.direct_messages(ANA) == []


def test_a_late_outcome_is_sent_by_direct_message() -> None:
    with started_system() as system:
        system.request_connection(ANA)
        system.wait(policies.MODAL_SECONDS + 1)
        system.execute_due()
        system.notify()

        [message] = system.slack.direct_messages(ANA)
        assert "Sent to Noyo" in system.slack.render(message)


def test_only_errors_about_the_recipient_are_ignored() -> None:
    assert {"cannot_dm_bot", "user_disabled"} <= NO_DIRECT_MESSAGE
    assert not NO_DIRECT_MESSAGE & {"invalid_auth", "missing_scope", "ratelimited"}
