"""Slack room tests: a disconnection through everything: from the form to the one card that says how it ended."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.slack.features.test_second_approval import CAT, held
from tests.slack.incoming import a_world, told, types, view_id, window
from tests.world import ANA, BEN, DECISIONS, GUARDIAN, World


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    for world in a_world(APPROVERS=f"{ANA},{BEN},{CAT}"):
        world.slack.add_user(CAT, "Cat")
        world.slack.workspace.channels[DECISIONS].members.add(CAT)
        yield world


def test_from_the_card_to_noyo_and_back_in_one_card(world: World) -> None:
    made = world.noyo.add_connection(
        carrier_id=GUARDIAN, carrier_group_id="W1", group_name="Whole Inc", status="completed"
    )
    world.settle(20)
    record_state = world.tracked(made["id"])
    operation_id = held(world, "Whole Inc", record_state)
    world.notify()
    (card,) = [one for one in world.slack.channel(DECISIONS) if "Whole Inc" in world.slack.render(one)]
    assert set(world.slack.mentions(card)) >= {"@Ben", "@Cat"}
    world.slack.click(BEN, DECISIONS, card.ts, "confirm_disconnection")
    world.slack.submit(BEN, view_id(world, BEN), {})
    world.settle(30)
    posts = [
        seen for seen in world.writes() if str(getattr(record_state.record, "group_id", "")) in str(seen.body)
    ]
    assert [(seen.method, seen.status) for seen in posts] == [("POST", 201)]
    cards = [world.slack.render(one) for one in world.slack.channel(DECISIONS)]
    (after,) = [one for one in cards if "Whole Inc" in one]
    assert "**Status:** Processing" in after
    assert "**Requested by:** @Ana" in after
    assert "confirmed by @Ben" in after
    assert "outside Switchboard" not in after
    assert "[[ Sent to Noyo ]]" in window(world, BEN)
    assert operation_id not in world.open_operations()
    trail = told(world, types(world, "history W1"))
    assert "@Ben: confirmed the request to disconnect" in trail
    assert "asked to disconnect (last managed day 31 Dec 2026" in trail
    assert "was accepted by Noyo" in trail


def test_what_expires_is_told_on_its_card_and_to_whoever_asked(world: World) -> None:
    operation_id = held(world, "Over Inc", end_date="2026-10-01")
    world.notify()
    world.clock.now, then = float(world.operation(operation_id).due or 0) + 1, world.clock.now
    world.carry_out()
    world.notify()
    world.clock.now = then
    (card,) = [text for text in map(world.slack.render, world.slack.channel(DECISIONS)) if "Over Inc" in text]
    assert "No second approver confirmed @Ana's disconnection request in time; nothing was sent" in card
    assert "Confirm Disconnection…" not in card
    told_ana = "\n".join(map(world.slack.render, world.slack.direct_messages(ANA)))
    assert "Expired, not sent" in told_ana
    assert world.slack.direct_messages(CAT) == []
