"""Use case tests: whoever asked is told once."""

from __future__ import annotations

from bot import policies
from bot.usecases.notifications.replies import NO_DIRECT_MESSAGE
from tests.system import ANA, CONNECTIONS
from tests.usecases.notification_bench import begun


def test_an_outcome_that_was_seen_in_the_window_comes_by_no_message_when_its_news_is_delivered_again() -> (
    None
):
    with begun() as system:
        asked = system.asks(ANA)
        system.carry_out()
        system.slack.faults.api_error("is_archived", "chat.postMessage", times=2)  # The card, for both news.
        system.notify()
        view = system.slack.view_of(ANA)
        assert asked.error is None
        assert view is not None
        assert "Sent to Noyo" in system.slack.render(view)
        system.slack.close_view(ANA, view.id)

        system.settle(40)

        assert len(system.slack.channel(CONNECTIONS)) == 1
        assert system.slack.direct_messages(ANA) == []


def test_whoever_has_most_likely_looked_away_is_told_by_direct_message() -> None:
    with begun() as system:
        system.asks(ANA)
        system.wait(policies.MODAL_SECONDS + 1)
        system.carry_out()
        system.notify()

        [told] = system.slack.direct_messages(ANA)
        assert "Sent to Noyo" in system.slack.render(told)


def test_only_errors_about_the_recipient_are_ignored() -> None:
    assert {"cannot_dm_bot", "user_disabled"} <= NO_DIRECT_MESSAGE
    assert not NO_DIRECT_MESSAGE & {"invalid_auth", "missing_scope", "ratelimited"}
