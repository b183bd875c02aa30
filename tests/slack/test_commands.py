"""Slack room tests: the slash command, as people type it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.slack.commands import COMMANDS
from tests.slack.incoming import (
    Down,
    context_of,
    known,
    receives_with,
    told,
    types,
    view_id,
    window,
)
from tests.world import ANA, GUS, World


@pytest.mark.parametrize("text", ["", "help", "HELP", "  help  me  "])
def test_help_lists_what_can_be_typed(world: World, text: str) -> None:
    read = told(world, types(world, text))
    assert list(COMMANDS) == [
        "connect",
        "status",
        "retry",
        "decisions",
        "approve",
        "reject",
        "disconnect",
        "history",
        "pause",
        "resume",
        "doctor",
        "help",
    ]
    for command in COMMANDS.values():
        assert f"/noyo {command.usage}" in read


def test_a_word_nobody_knows_is_answered_with_what_there_is(world: World) -> None:
    read = told(world, types(world, "conect Acme"))
    assert "There is no “conect”" in read
    assert "/noyo connect" in read


def test_a_hostile_word_is_shown_as_data(world: World) -> None:
    reply = types(world, "<!channel>*_~`@here\u202e" + "x" * 3000)
    assert reply.error is None
    assert world.slack.mentions(reply.messages[0]) == []
    assert len(told(world, reply)) < 2000


@pytest.mark.parametrize("gap", [" ", "   ", "\t", "\n", "\u00a0"])
def test_any_gap_parts_the_subcommand_from_the_rest(world: World, gap: str) -> None:
    types(world, f"connect{gap}Acme")
    assert "[Acme]" in window(world)


def test_retry_needs_to_know_which(world: World) -> None:
    assert "Type /noyo retry and the group's name or an id" in told(world, types(world, "retry"))


def test_retry_of_what_nobody_knows_says_what_to_do(world: World) -> None:
    read = told(world, types(world, "retry Nowhere"))
    assert "Nothing here matches “Nowhere”" in read
    assert "/noyo connect" in read


def test_a_guest_gets_help_but_no_list_of_what_can_be_retried(world: World) -> None:
    for number in (1, 2):
        known(world, f"Not For Guests {number}")
    assert "You can type:" in told(world, types(world, "help", GUS))
    read = told(world, types(world, "retry Not For Guests", GUS))
    assert "Guests cannot do this" in read
    assert "Not For Guests" not in read


def test_retry_of_one_that_fits_opens_its_form(world: World) -> None:
    known(world, "Alpha Unable")
    assert types(world, "retry Alpha").error is None
    assert "[[ Retry a connection ]]" in window(world)
    assert "Alpha Unable" in window(world)


def test_retry_where_several_fit_asks_which_and_their_buttons_open_the_form(world: World) -> None:
    known(world, "Bravo One")
    known(world, "Bravo Two")
    reply = types(world, "retry Bravo")
    assert "Several can be retried. Which one?" in told(world, reply)
    message = reply.messages[0]
    block = next(block for block in message.blocks if block["type"] == "actions")
    world.slack.click_ephemeral(ANA, message.ts, "retry", block_id=block["block_id"])
    assert "[[ Retry a connection ]]" in window(world)


def test_retry_where_none_fits_says_so_and_how_they_stand(world: World) -> None:
    known(world, "Charlie Done", "completed")
    read = told(world, types(world, "retry Charlie"))
    assert "None of these can be retried" in read
    assert "Completed" in read


def test_the_one_that_can_be_retried_is_found_among_many_of_the_same_name(world: World) -> None:
    for number in range(12):
        known(world, f"Delta {number}", "completed")
    known(world, "Some Delta")
    types(world, "retry Delta")
    assert "Some Delta" in window(world)


def test_a_guest_may_not_retry(world: World) -> None:
    known(world, "Echo Unable")
    assert "Guests cannot do this" in told(world, types(world, "retry Echo", GUS))
    assert window(world, GUS) == ""


@pytest.mark.parametrize("text", ["status Acme", "retry Acme", "status"])
def test_with_the_table_down_a_command_says_when_to_try_again(world: World, text: str) -> None:
    context = context_of(world)
    receives_with(
        world,
        replace(
            context,
            deps=replace(
                context.deps, records=Down(context.deps.records, "find", "in_status", "open_subjects")
            ),
        ),
    )
    read = told(world, types(world, text))
    assert "not answering right now. Please try again in a minute." in read
    assert "submit" not in read


def test_with_slack_not_opening_windows_the_command_says_so(world: World) -> None:
    world.slack.faults.server_error("views.open")
    read = told(world, types(world, "connect"))
    assert "Slack could not open a window. Nothing was sent to Noyo." in read
    assert "HTTP" not in read


def test_a_trigger_that_is_too_old_says_to_try_again(world: World) -> None:
    world.slack.faults.api_error("expired_trigger_id", "views.open")
    assert "Slack could not open a window in time" in told(world, types(world, "connect"))


def test_the_same_bytes_again_open_nothing_twice(world: World) -> None:
    reply = types(world, "connect")
    first = view_id(world)
    again = world.slack.resend(ANA, reply)
    assert again.status == 200
    assert view_id(world) == first
