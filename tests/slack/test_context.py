"""Slack room tests: who asks, and whether they may, with what the table and Slack say of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.domain.people import Right
from bot.slack.context import Actor
from bot.usecases.admin.authorization import authorized
from tests.slack.incoming import a_world, begin, context_of, knocks, told, typed, types, window
from tests.world import ANA, BEN, World

OPS = "S0OPS"


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    for world in a_world(REQUESTERS=f"{OPS} U0NAMED"):
        world.slack.add_user("U0NAMED", "Named")
        world.slack.add_usergroup(OPS, "ops", [ANA])
        yield world


@pytest.fixture
def world(shared: World) -> World:
    begin(shared)
    shared.notify()
    return shared


def test_a_member_of_the_group_and_a_named_person_may(world: World) -> None:
    for user in (ANA, "U0NAMED"):
        types(world, "connect", user)
        assert "Request a connection" in window(world, user)


def test_anybody_else_is_told_who_may(world: World) -> None:
    read = told(world, types(world, "connect", BEN))
    assert "You may not request or retry connections. These may:" in read
    assert "@ops" in read
    assert "@Named" in read
    assert window(world, BEN) == ""


def test_somebody_new_in_the_group_may_once_the_members_were_read_again(world: World) -> None:
    world.slack.add_usergroup(OPS, "ops", [ANA, BEN])
    world.wait(3600)
    world.notify()
    types(world, "connect", BEN)
    assert "Request a connection" in window(world, BEN)
    world.slack.add_usergroup(OPS, "ops", [ANA])
    world.wait(3600)
    world.notify()
    assert "You may not" in told(world, types(world, "connect", BEN))


def test_members_read_too_long_ago_decide_nothing(world: World) -> None:
    world.wait(4 * 3600)
    read = told(world, types(world, "connect"))
    assert "I could not read the Slack user group that decides this, so nothing was done." in read
    assert window(world) == ""
    assert authorized(Right.REQUEST, "U0NAMED", context_of(world).deps).allowed


def test_nobody_approves_or_administers_unless_named(world: World) -> None:
    context = context_of(world)
    for right in (Right.APPROVE, Right.ADMINISTER):
        assert not authorized(right, ANA, context.deps).allowed


def test_a_person_slack_does_not_know_is_refused(world: World) -> None:
    assert "could not read your Slack profile" in knocks(world, typed("connect", user_id="U0NOBODY"))["body"]


def test_who_asks_is_read_from_each_kind_of_interaction() -> None:
    command = {"user_id": ANA, "channel_id": "C1", "trigger_id": "t"}
    click = {"type": "block_actions", "user": {"id": ANA}, "channel": {"id": "C1"}, "trigger_id": "t"}
    submission = {"type": "view_submission", "user": {"id": ANA}, "channel": None}
    assert Actor.of(command) == Actor(ANA, "C1", "t", source="command")
    assert Actor.of(click) == Actor(ANA, "C1", "t", source="button")
    assert Actor.of(submission) == Actor(ANA, None, "", source="form")
