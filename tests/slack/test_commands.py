"""The slash command, as people type it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.slack.commands import COMMANDS
from tests.slack.incoming import Down, answer_text, context_of, known, receives_with, types, view_id, window
from tests.system import ANA, GUS, System


@pytest.mark.parametrize("text", ["", "help", "HELP", "  help  me  "])
def test_help_lists_what_can_be_typed(system: System, text: str) -> None:
    read = answer_text(system, types(system, text))
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


def test_a_word_nobody_knows_is_answered_with_what_there_is(system: System) -> None:
    read = answer_text(system, types(system, "conect Acme"))
    assert "There is no “conect”" in read
    assert "/noyo connect" in read


def test_a_hostile_word_is_shown_as_data(system: System) -> None:
    reply = types(system, "<!channel>*_~`@here\u202e" + "x" * 3000)
    assert reply.error is None
    assert system.slack.mentions(reply.messages[0]) == []
    assert len(answer_text(system, reply)) < 2000


@pytest.mark.parametrize("gap", [" ", "   ", "\t", "\n", "\u00a0"])
def test_any_gap_parts_the_subcommand_from_the_rest(system: System, gap: str) -> None:
    types(system, f"connect{gap}Acme")
    assert "[Acme]" in window(system)


def test_retry_needs_to_know_which(system: System) -> None:
    assert "Type /noyo retry and the group's name or an id" in answer_text(system, types(system, "retry"))


def test_retry_of_what_nobody_knows_says_what_to_do(system: System) -> None:
    read = answer_text(system, types(system, "retry Nowhere"))
    assert "Nothing here matches “Nowhere”" in read
    assert "/noyo connect" in read


def test_a_guest_gets_help_but_no_list_of_what_can_be_retried(system: System) -> None:
    for number in (1, 2):
        known(system, f"Not For Guests {number}")
    assert "You can type:" in answer_text(system, types(system, "help", GUS))
    read = answer_text(system, types(system, "retry Not For Guests", GUS))
    assert "Guests cannot do this" in read
    assert "Not For Guests" not in read


def test_retry_of_one_that_fits_opens_its_form(system: System) -> None:
    known(system, "Alpha Unable")
    assert types(system, "retry Alpha").error is None
    assert "[[ Retry a connection ]]" in window(system)
    assert "Alpha Unable" in window(system)


def test_retry_where_several_fit_asks_which_and_their_buttons_open_the_form(system: System) -> None:
    known(system, "Bravo One")
    known(system, "Bravo Two")
    reply = types(system, "retry Bravo")
    assert "Several can be retried. Which one?" in answer_text(system, reply)
    message = reply.messages[0]
    block = next(block for block in message.blocks if block["type"] == "actions")
    system.slack.click_ephemeral(ANA, message.ts, "retry", block_id=block["block_id"])
    assert "[[ Retry a connection ]]" in window(system)


def test_retry_where_none_fits_says_so_and_how_they_stand(system: System) -> None:
    known(system, "Charlie Done", "completed")
    read = answer_text(system, types(system, "retry Charlie"))
    assert "None of these can be retried" in read
    assert "Completed" in read


def test_the_one_that_can_be_retried_is_found_among_many_of_the_same_name(system: System) -> None:
    for number in range(12):
        known(system, f"Delta {number}", "completed")
    known(system, "Some Delta")
    types(system, "retry Delta")
    assert "Some Delta" in window(system)


def test_a_guest_may_not_retry(system: System) -> None:
    known(system, "Echo Unable")
    assert "Guests cannot do this" in answer_text(system, types(system, "retry Echo", GUS))
    assert window(system, GUS) == ""


@pytest.mark.parametrize("text", ["status Acme", "retry Acme", "status"])
def test_with_the_table_down_a_command_says_when_to_try_again(system: System, text: str) -> None:
    context = context_of(system)
    receives_with(
        system,
        replace(
            context,
            deps=replace(context.deps, records=Down(context.deps.records, "find", "in_status", "open_subjects")),
        ),
    )
    read = answer_text(system, types(system, text))
    assert "not answering right now. Please try again in a minute." in read
    assert "submit" not in read


def test_with_slack_not_opening_windows_the_command_says_so(system: System) -> None:
    system.slack.faults.server_error("views.open")
    read = answer_text(system, types(system, "connect"))
    assert "Slack could not open a window. Nothing was sent to Noyo." in read
    assert "HTTP" not in read


def test_a_trigger_that_is_too_old_says_to_try_again(system: System) -> None:
    system.slack.faults.api_error("expired_trigger_id", "views.open")
    assert "Slack could not open a window in time" in answer_text(system, types(system, "connect"))


def test_the_same_bytes_again_open_nothing_twice(system: System) -> None:
    reply = types(system, "connect")
    first = view_id(system)
    again = system.slack.resend(ANA, reply)
    assert again.status == 200
    assert view_id(system) == first
