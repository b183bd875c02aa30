"""Use case tests: a card that somebody deleted comes back, and none is left behind untrue."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.outbox import RecordChange
from bot.domain.records import EntityKind, EntityRef
from bot.usecases.notifications.cards import update_card_and_post_line
from bot.usecases.notifications.publish import publish
from tests.system import CONNECTIONS
from tests.usecases.notification_bench import (
    around_news,
    around_slack,
    begun,
    connection,
    due,
    moves,
    shown,
    tell_until_done,
)


def test_a_deleted_card_is_posted_again() -> None:
    with begun() as system:
        made = connection(system)
        system.notify()
        system.slack.workspace.channels[CONNECTIONS].messages.clear()
        moves(system, made, "completed")
        system.notify()

        [card] = system.slack.channel(CONNECTIONS)
        assert "Completed" in system.slack.render(card)
        assert [system.slack.render(line).split(" · ")[0] for line in card.thread] == [
            "Processing → **Completed**"
        ]


def test_a_card_deleted_just_before_its_line_is_written_is_posted_again_for_it() -> None:
    with begun() as system:
        connection(system)
        deps, [news_id] = system.bot.slack_dependencies, due(system)
        deleting = around_news(deps)

        def delete() -> None:
            system.slack.workspace.channels[CONNECTIONS].messages.clear()

        slack = around_slack(deps, after_post=delete)
        publish(news_id, replace(deleting, slack=slack.slack))
        tell_until_done(system)

        [card] = system.slack.channel(CONNECTIONS)
        assert len(card.thread) == 1


def test_a_record_that_turned_out_to_be_ours_after_it_had_a_card_leaves_no_card_behind_untrue() -> None:
    """Noyo's clock far behind ours: a poll cannot know that the record is what Ana's request made."""
    with begun() as system:
        made = connection(system)
        system.notify()
        entity = EntityRef(EntityKind.CONNECTION, made)
        records = system.bot.repositories.records
        held = records.record_state(entity)
        assert held is not None
        system.asks(carrier_group_id="555")
        [operation_id] = system.open_operations()
        linked = replace(
            held, requester="U0ANA", requested_by_operation=operation_id, card_key=f"operation:{operation_id}"
        )
        records.write(RecordChange(entity, held, linked, None))
        moves(system, made, "completed")
        tell_until_done(system)

        cards = [text for text in shown(system, CONNECTIONS) if made in text]
        assert len(cards) == 2
        assert all("Status:** Completed" in card for card in cards)


def test_what_has_no_card_to_hang_at_shows_none() -> None:
    with begun() as system:
        connection(system)
        [news_id] = due(system)
        event = system.bot.repositories.outbox.event(news_id)
        assert event is not None

        update_card_and_post_line(event, None, None, system.bot.slack_dependencies)

        assert shown(system, CONNECTIONS) == []
