"""Use case tests: a card that somebody deleted comes back, and none is left behind untrue."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.subjects import Kind, Subject
from bot.ports import Change
from bot.usecases.notify import notify
from bot.usecases.show_card import card_and_line
from tests.usecases.telling import (
    around_news,
    around_slack,
    begun,
    connection,
    due,
    moves,
    shown,
    tell_until_done,
)
from tests.world import CONNECTIONS


def test_a_deleted_card_is_posted_again() -> None:
    with begun() as world:
        made = connection(world)
        world.notify()
        world.slack.world.channels[CONNECTIONS].messages.clear()
        moves(world, made, "completed")
        world.notify()

        [card] = world.slack.channel(CONNECTIONS)
        assert "Completed" in world.slack.render(card)
        assert [world.slack.render(line).split(" · ")[0] for line in card.thread] == [
            "Processing → **Completed**"
        ]


def test_a_card_deleted_just_before_its_line_is_written_is_posted_again_for_it() -> None:
    with begun() as world:
        connection(world)
        tools, [news_id] = world.bot.notifying, due(world)
        deleting = around_news(tools)

        def delete() -> None:
            world.slack.world.channels[CONNECTIONS].messages.clear()

        slack = around_slack(tools, after_post=delete)
        notify(news_id, replace(deleting, desk=slack.desk))
        tell_until_done(world)

        [card] = world.slack.channel(CONNECTIONS)
        assert len(card.thread) == 1


def test_a_record_that_turned_out_to_be_ours_after_it_had_a_card_leaves_no_card_behind_untrue() -> None:
    """Noyo's clock far behind ours: a poll cannot know that the record is what Ana's request made."""
    with begun() as world:
        made = connection(world)
        world.notify()
        subject = Subject(Kind.CONNECTION, made)
        records = world.bot.store.records
        held = records.tracked(subject)
        assert held is not None
        world.asks(carrier_group_id="555")
        [operation_id] = world.open_operations()
        linked = replace(held, asker="U0ANA", asked_by=operation_id, card=f"operation:{operation_id}")
        records.write(Change(subject, held, linked, None))
        moves(world, made, "completed")
        tell_until_done(world)

        cards = [text for text in shown(world, CONNECTIONS) if made in text]
        assert len(cards) == 2
        assert all("Status:** Completed" in card for card in cards)


def test_what_has_no_card_to_hang_at_shows_none() -> None:
    with begun() as world:
        connection(world)
        [news_id] = due(world)
        news = world.bot.store.news.news(news_id)
        assert news is not None

        card_and_line(news, None, None, world.bot.notifying)

        assert shown(world, CONNECTIONS) == []
