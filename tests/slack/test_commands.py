"""The slash command, as people type it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.slack.commands import COMMANDS
from tests.slack.incoming import (
    FailingPort,
    answer_text,
    context_of,
    handle_requests_with,
    modal_text,
    store_connection,
    type_command,
    view_id,
)
from tests.system import ANA, GUS, System


@pytest.mark.parametrize("text", ["", "help", "HELP", "  help  me  "])
def test_help_names_all_commands(system: System, text: str) -> None:
    """Those that the person may use with their usage, the others with the reason."""
    answer = answer_text(system, type_command(system, text))
    assert list(COMMANDS) == [
        "connect",
        "status",
        "retry",
        "list",
        "handover",
        "away",
        "back",
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
    assert "approve, reject, disconnect: Nobody may decide on disconnections yet" in answer
    for name in COMMANDS.keys() - {"approve", "reject", "disconnect", "pause", "resume", "doctor"}:
        assert f"/noyo {COMMANDS[name].usage}" in answer
    assert "pause, resume, doctor: Nobody may do this yet" in answer


def test_an_unknown_subcommand_gets_the_list_of_commands(system: System) -> None:
    text = answer_text(system, type_command(system, "conect Acme"))
    assert "There is no “conect”" in text
    assert "/noyo connect" in text


def test_a_hostile_subcommand_is_shown_as_plain_text(system: System) -> None:
    reply = type_command(system, "<!channel>*_~`@here\u202e" + "x" * 3000)
    assert reply.error is None
    assert system.slack.mentions(reply.messages[0]) == []
    assert len(answer_text(system, reply)) < 2000


@pytest.mark.parametrize("gap", [" ", "   ", "\t", "\n", "\u00a0"])
def test_any_whitespace_separates_the_subcommand_from_its_argument(system: System, gap: str) -> None:
    type_command(system, f"connect{gap}Acme")
    assert "[Acme]" in modal_text(system)


def test_retry_without_an_argument_explains_its_usage(system: System) -> None:
    assert "type /noyo retry and the group's name or an id" in answer_text(system, type_command(system, "retry"))


def test_retry_without_a_match_says_what_to_do(system: System) -> None:
    text = answer_text(system, type_command(system, "retry Nowhere"))
    assert "Nothing here matches “Nowhere”" in text
    assert "/noyo connect" in text


def test_a_guest_gets_help_but_no_list_of_connections(system: System) -> None:
    for number in (1, 2):
        store_connection(system, f"Not For Guests {number}")
    assert "You can type:" in answer_text(system, type_command(system, "help", GUS))
    text = answer_text(system, type_command(system, "retry Not For Guests", GUS))
    assert "Guests cannot do this" in text
    assert "Not For Guests" not in text


def test_retry_with_one_match_opens_its_form(system: System) -> None:
    store_connection(system, "Alpha Unable")
    assert type_command(system, "retry Alpha").error is None
    assert "[[ Retry a connection ]]" in modal_text(system)
    assert "Alpha Unable" in modal_text(system)


def test_retry_with_several_matches_lists_them_with_buttons_that_open_the_form(system: System) -> None:
    store_connection(system, "Bravo One")
    store_connection(system, "Bravo Two")
    reply = type_command(system, "retry Bravo")
    assert "Several can be retried. Which one?" in answer_text(system, reply)
    message = reply.messages[0]
    block = next(block for block in message.blocks if block["type"] == "actions")
    system.slack.click_ephemeral(ANA, message.ts, "retry", block_id=block["block_id"])
    assert "[[ Retry a connection ]]" in modal_text(system)


def test_retry_shows_the_statuses_if_no_match_can_be_retried(system: System) -> None:
    store_connection(system, "Charlie Done", "completed")
    text = answer_text(system, type_command(system, "retry Charlie"))
    assert "None of these can be retried" in text
    assert "Completed" in text


def test_retry_finds_the_retryable_connection_among_many_matches(system: System) -> None:
    for number in range(12):
        store_connection(system, f"Delta {number}", "completed")
    store_connection(system, "Some Delta")
    type_command(system, "retry Delta")
    assert "Some Delta" in modal_text(system)


def test_a_guest_may_not_retry(system: System) -> None:
    store_connection(system, "Echo Unable")
    assert "Guests cannot do this" in answer_text(system, type_command(system, "retry Echo", GUS))
    assert modal_text(system, GUS) == ""


@pytest.mark.parametrize("text", ["status Acme", "retry Acme", "status"])
def test_while_the_table_is_unavailable_a_command_says_when_to_try_again(system: System, text: str) -> None:
    context = context_of(system)
    handle_requests_with(
        system,
        replace(
            context,
            deps=replace(context.deps, records=FailingPort(context.deps.records, "find", "in_status", "open_subjects")),
        ),
    )
    answer = answer_text(system, type_command(system, text))
    assert "not answering right now. Please try again in a minute." in answer
    assert "submit" not in answer


def test_a_command_says_that_slack_could_not_open_a_modal(system: System) -> None:
    system.slack.faults.server_error("views.open")
    text = answer_text(system, type_command(system, "connect"))
    assert "Slack could not open a window. Nothing was sent to Noyo." in text
    assert "HTTP" not in text


def test_an_expired_trigger_gets_the_advice_to_try_again(system: System) -> None:
    system.slack.faults.api_error("expired_trigger_id", "views.open")
    assert "Slack could not open a window in time" in answer_text(system, type_command(system, "connect"))


def test_a_replayed_command_opens_no_second_modal(system: System) -> None:
    reply = type_command(system, "connect")
    first = view_id(system)
    again = system.slack.resend(ANA, reply)
    assert again.status == 200
    assert view_id(system) == first
