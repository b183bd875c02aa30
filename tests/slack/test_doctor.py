"""Slack room tests: the doctor, as an admin reads it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.domain.checkups import Checkup, Finding, Topic, Verdict, Ward
from bot.domain.cursors import Parked
from bot.domain.subjects import Kind
from bot.domain.version import VERSION
from bot.slack import doctor
from bot.slack.diagnoses import OLD_SECONDS, WEBHOOK_QUIET_SECONDS, of_checkups
from bot.slack.phrases import mrkdwn
from tests.slack.incoming import a_world, begin, told, types
from tests.world import ALERTS, ANA, BEN, GUS, START, World

assert doctor.SHOWN


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    yield from a_world(ADMINS=f"{ANA}", APPROVERS=f"{ANA},{BEN}")


@pytest.fixture
def world(shared: World) -> World:
    begin(shared)
    shared.wait(240)
    shared.webhooks_begin()
    shared.noyo.add_connection(group_name="Heard Inc")
    shared.settle(10)
    shared.check_up()
    return shared


def read(world: World) -> str:
    return told(world, types(world, "doctor"))


def test_where_all_is_well_it_is_one_line_of_ticks(world: World) -> None:
    text = read(world)

    assert f"Switchboard {VERSION}, environment production. All is well." in text
    fine = next(line for line in text.splitlines() if "✓ Fine:" in line)
    for what in (
        "Slack's token",
        "scopes",
        "channels",
        "people",
        "Noyo and its token",
        "polls of connections",
        "secrets",
        "Noyo's webhook",
        "Lambda's quota",
    ):
        assert what in fine
    assert "✗" not in text
    assert "?" not in text
    assert len(text.splitlines()) < 6


def test_before_anybody_has_looked_it_says_so() -> None:
    with World(ADMINS=ANA) as fresh:
        text = read(fresh)

        assert "Not known" in text
        assert "has not looked yet" in text
        assert "never read to the end yet" in text
        assert "Slack's token" not in text
        assert "nothing that Noyo signed has come yet" in text


def test_a_channel_that_the_bot_was_thrown_out_of_is_told_with_what_to_do(world: World) -> None:
    world.slack.world.channels[ALERTS].members.discard(world.slack.world.bot_user_id)
    try:
        world.wait(300)
        world.check_up()
        text = read(world)
    finally:
        world.slack.world.channels[ALERTS].members.add(world.slack.world.bot_user_id)

    assert "environment production. 1 fault found." in text
    assert "✗ CHANNEL_ALERTS" in text
    assert "the bot is no member" in text
    assert "Type /invite" in text
    assert "channels" not in next(line for line in text.splitlines() if "✓ Fine:" in line)


def test_an_approver_who_left_is_named(world: World) -> None:
    world.slack.add_user(BEN, "Ben", deleted=True)
    try:
        world.wait(13 * 3600)
        world.settle(10)
        world.check_up()
        text = read(world)
    finally:
        world.slack.add_user(BEN, "Ben")

    assert "Named for rights, and may do nothing" in text
    assert "@Ben – take them out" in text


def test_knowledge_that_is_old_is_not_called_fine(world: World) -> None:
    world.wait(OLD_SECONDS + 60)

    text = read(world)

    assert "has not looked since" in text
    assert "were last read to the end" in text
    assert "Slack's token" not in text


def test_rows_that_cannot_be_read_are_told_as_data(world: World) -> None:
    cursors = world.bot.store.cursors
    for number in range(7):
        cursors.park(Kind.CONNECTION, Parked(f"row-{number}", "no <!channel> id", START))
    try:
        text = read(world)
    finally:
        for number in range(7):
            cursors.unpark(Kind.CONNECTION, f"row-{number}")

    assert "7 records of Noyo's cannot be read" in text
    assert "row-0 (no <!channel> id" in text
    assert "and 2 more" in text


def test_what_should_have_been_done_long_ago_is_told(world: World) -> None:
    world.asks(carrier_group_id="late one")
    world.wait(400)
    text = read(world)
    world.settle(60)

    assert "Something that people asked for waits since" in text
    assert "News waits" not in text


def test_a_pause_is_told_with_what_is_kept(world: World) -> None:
    types(world, "pause feed is wrong")
    world.asks(carrier_group_id="kept one")
    text = read(world)
    types(world, "resume")
    world.settle(30)

    assert "@Ana paused sending to Noyo" in text
    assert "(feed is wrong)" in text
    assert "The first that is kept was asked for" in text


def test_only_admins_are_told(world: World) -> None:
    assert "Guests cannot do this" in told(world, types(world, "doctor", GUS))


# ---------------------------------------------------------------- in words

NOW = START


def wrong(finding: Finding) -> str:
    found = of_checkups({Ward.SLACK: Checkup(Ward.SLACK, NOW, (finding,))}, NOW)
    (line,) = found.wrong
    return mrkdwn(line)


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        (
            Finding(Topic.SCOPES, Verdict.BAD, ("users:read", "im:write")),
            "lacks scopes: users:read, im:write. Give",
        ),
        (Finding(Topic.SLACK_CLOCK, Verdict.BAD, number=75), "Slack's clock is 75 seconds ahead of ours"),
        (Finding(Topic.NOYO_CLOCK, Verdict.BAD, number=-90), "Noyo's clock is 90 seconds behind ours"),
        (
            Finding(Topic.GROUP, Verdict.BAD, ("S1ABC",), why="empty"),
            "<!subteam^S1ABC> has no members or is gone",
        ),
        (Finding(Topic.GROUP, Verdict.BAD, ("S1ABC",), why="unreadable"), "cannot be read"),
        (
            Finding(Topic.CHANNEL, Verdict.BAD, ("CHANNEL_ALERTS", "C1"), why="channel_not_found"),
            "does not know it",
        ),
        (Finding(Topic.CHANNEL, Verdict.BAD, ("CHANNEL_ALERTS", "C1"), why="odd"), "Slack says odd"),
        (Finding(Topic.SECRET, Verdict.BAD, why="none", raised=True), "none Fill it in"),
        (
            Finding(Topic.NOYO, Verdict.BAD, why="no", raised=True),
            "Noyo and its token: no What people ask for waits",
        ),
        (
            Finding(Topic.PEOPLE, Verdict.BAD, tuple(f"U{n}A" for n in range(12))),
            "and 2 more – take them out",
        ),
        (Finding(Topic.TOKEN, Verdict.BAD), "Slack's token: it is not as it should be"),
        (
            Finding(Topic.CONCURRENCY, Verdict.BAD, number=3),
            "AWS has room for 3 functions at once, and Switchboard needs 10",
        ),
    ],
)
def test_each_fault_has_words_on_what_to_do_and_says_when_it_was_seen(finding: Finding, words: str) -> None:
    told = wrong(finding)

    assert words in told
    assert "(seen <!date^" in told


def test_a_fault_stays_one_when_it_is_old_and_what_was_fine_is_no_longer() -> None:
    old = Checkup(
        Ward.NOYO,
        NOW - OLD_SECONDS - 1,
        (Finding(Topic.NOYO, Verdict.BAD, why="no", raised=True), Finding(Topic.SECRET, Verdict.GOOD)),
    )

    found = of_checkups({Ward.NOYO: old}, NOW)

    assert found.fine == ()
    assert len(found.wrong) == 1
    assert "has not looked since" in mrkdwn(found.unknown[0])


def test_what_could_not_be_told_is_not_called_wrong() -> None:
    unknown = (Finding(Topic.PEOPLE, Verdict.UNKNOWN, number=3), Finding(Topic.SCOPES, Verdict.UNKNOWN))
    found = of_checkups({Ward.SLACK: Checkup(Ward.SLACK, NOW, unknown)}, NOW)

    assert [mrkdwn(line) for line in found.unknown] == [
        "How it is with 3 of those named for rights: some are read each time.",
        "Not told: scopes.",
    ]
    assert (found.fine, found.wrong) == ((), ())


UNREADABLE = Finding(Topic.SECRET, Verdict.BAD, why="The secret noyo_webhook cannot be read.", raised=True)
READ = Finding(Topic.SECRET, Verdict.GOOD)


def test_a_webhook_whose_secret_cannot_be_read_is_wrong_however_long_ago() -> None:
    kept = Checkup(Ward.WEBHOOK, NOW - 10 * WEBHOOK_QUIET_SECONDS, (UNREADABLE,))

    (told,) = of_checkups({Ward.WEBHOOK: kept}, NOW).wrong

    assert "Noyo's webhook: The secret noyo_webhook cannot be read. Fill it in" in mrkdwn(told)


@pytest.mark.parametrize(
    ("age", "fine"), [(0, True), (WEBHOOK_QUIET_SECONDS, True), (WEBHOOK_QUIET_SECONDS + 1, False)]
)
def test_a_quiet_webhook_is_neither_fine_nor_wrong(age: int, fine: bool) -> None:
    found = of_checkups({Ward.WEBHOOK: Checkup(Ward.WEBHOOK, NOW - age, (READ,))}, NOW)

    assert found.wrong == ()
    assert found.fine == (("Noyo's webhook",) if fine else ())
    assert bool(found.unknown) is not fine


def test_secrets_are_not_called_fine_where_one_function_cannot_read_its_own() -> None:
    held = {ward: Checkup(ward, NOW, (READ,)) for ward in (Ward.SLACK, Ward.RECEIVER)}

    assert of_checkups(held, NOW).fine == ("secrets", "secrets")
    assert of_checkups(held | {Ward.NOYO: Checkup(Ward.NOYO, NOW, (UNREADABLE,))}, NOW).fine == ()
