"""Cards are posted again after a deletion and always show the current state."""

from __future__ import annotations

from dataclasses import replace

from bot import policies
from bot.domain.outbox import RecordChange
from bot.domain.records import EntityKind, EntityRef
from bot.usecases.notifications.cards import update_card_and_post_line
from bot.usecases.notifications.publish import publish
from tests.system import CONNECTIONS
from tests.usecases.notification_bench import (
    add_connection,
    around_outbox,
    around_slack,
    change_status,
    channel_texts,
    due_events,
    publish_until_done,
    started_system,
)


def test_a_deleted_card_is_posted_again() -> None:
    with started_system() as system:
        connection_id = add_connection(system)
        system.notify()
        system.slack.workspace.channels[CONNECTIONS].messages.clear()
        change_status(system, connection_id, "completed")
        system.notify()

        [card] = system.slack.channel(CONNECTIONS)
        assert "Completed" in system.slack.render(card)
        assert [system.slack.render(line).split(" · ")[0] for line in card.thread] == ["Processing → **Completed**"]


def test_a_card_deleted_just_before_its_line_is_posted_again() -> None:
    with started_system() as system:
        add_connection(system)
        deps, [event_id] = system.bot.slack_dependencies, due_events(system)
        deleting = around_outbox(deps)

        def delete() -> None:
            system.slack.workspace.channels[CONNECTIONS].messages.clear()

        slack = around_slack(deps, after_post=delete)
        publish(event_id, replace(deleting, slack=slack.slack))
        publish_until_done(system)

        [card] = system.slack.channel(CONNECTIONS)
        assert len(card.thread) == 1


def test_both_cards_of_a_record_that_is_linked_later_stay_up_to_date() -> None:
    """Noyo's clock is far behind ours, so a poll cannot link the record to Ana's request."""
    with started_system() as system:
        connection_id = add_connection(system)
        system.notify()
        entity = EntityRef(EntityKind.CONNECTION, connection_id)
        records = system.bot.repositories.records
        record_state = records.record_state(entity)
        assert record_state is not None
        system.request_connection(carrier_group_id="555")
        system.wait(policies.REQUEST_CARD_WAIT_SECONDS)
        system.notify()
        [operation_id] = system.open_operations()
        linked = replace(
            record_state, requester="U0ANA", requested_by_operation=operation_id, card_key=f"operation:{operation_id}"
        )
        records.write(RecordChange(entity, record_state, linked, None))
        change_status(system, connection_id, "completed")
        publish_until_done(system)

        cards = [text for text in channel_texts(system, CONNECTIONS) if connection_id in text]
        assert len(cards) == 2
        assert all("Status:** Completed" in card for card in cards)


def test_an_event_without_a_record_posts_no_card() -> None:
    with started_system() as system:
        add_connection(system)
        [event_id] = due_events(system)
        event = system.bot.repositories.outbox.event(event_id)
        assert event is not None

        update_card_and_post_line(event, None, None, system.bot.slack_dependencies)

        assert channel_texts(system, CONNECTIONS) == []
