"""A command without a name offers a field in which the record is found by typing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.slack.commands import PICKED
from bot.slack.features.picking import action_id, chosen
from infra.local.slack.workspace import Message
from tests.slack.incoming import (
    Json,
    change_status,
    modal_text,
    new_system,
    store_connection,
    store_disconnection_request,
    type_command,
)
from tests.system import ANA, CONNECTIONS, GUS, System


@pytest.fixture
def system() -> Iterator[System]:
    yield from new_system()


def asked(system: System, command: str) -> Message:
    """The answer to the command without a name."""
    system.slack.workspace.ephemerals.clear()
    assert type_command(system, command).error is None
    return system.slack.ephemerals(ANA)[-1]


def options(system: System, command: str, query: str = "") -> list[Json]:
    ts, field = asked(system, command).ts, action_id(command)
    return system.slack.suggest_in_message(ANA, CONNECTIONS, ts, field, query, ephemeral=True)


def names(system: System, command: str, query: str = "") -> list[str]:
    return sorted(option["text"]["text"].split(" · ")[0] for option in options(system, command, query))


def pick(system: System, command: str, query: str) -> str:
    """Chooses the only option. Returns what the answer shows then."""
    [option] = options(system, command, query)
    [answer] = system.slack.ephemerals(ANA)
    assert system.slack.click_ephemeral(ANA, answer.ts, action_id(command), value=option["value"]).error is None
    [answer] = system.slack.ephemerals(ANA)
    return system.slack.render(answer)


@pytest.fixture
def groups(system: System) -> System:
    store_connection(system, "Failed Inc")
    store_connection(system, "Connected Inc", "completed")
    store_connection(system, "New Inc", "created")
    store_disconnection_request(system, "Leaving Inc")
    return system


ALL = ["Connected Inc", "Failed Inc", "Leaving Inc", "New Inc"]


@pytest.mark.parametrize(
    ("command", "proposed", "found"),
    [
        ("retry", ["Failed Inc"], ["Failed Inc"]),
        ("approve", ["Leaving Inc"], ["Leaving Inc"]),
        ("reject", ["Leaving Inc"], ["Leaving Inc"]),
        ("disconnect", [], ["Connected Inc"]),
        ("history", ["Failed Inc", "Leaving Inc"], ALL),
        ("status", [], ALL),
    ],
)
def test_only_records_that_fit_the_command_are_offered(
    groups: System, command: str, proposed: list[str], found: list[str]
) -> None:
    assert names(groups, command) == proposed
    assert names(groups, command, "inc") == found


def test_a_choice_names_the_carrier_the_status_and_what_it_is(groups: System) -> None:
    [failed], [request] = options(groups, "retry"), options(groups, "approve")

    assert failed["text"]["text"] == "Failed Inc · Guardian · Unable to connect"
    assert request["text"]["text"] == "Leaving Inc · Guardian · to disconnect, Needs review"


def test_a_long_name_leaves_the_status_visible(system: System) -> None:
    store_connection(system, "x" * 255)

    [option] = options(system, "retry")

    assert len(option["text"]["text"]) <= 75
    assert option["text"]["text"].endswith("Unable to connect")


def test_a_choice_opens_the_form(groups: System) -> None:
    shown = pick(groups, "retry", "failed")

    assert "Failed Inc" in modal_text(groups)
    assert "Which connection?" in shown, "the question stays, so that another one can be chosen"


@pytest.mark.parametrize(("command", "shows"), [("status", "Failed Inc"), ("history", "History of")])
def test_a_choice_replaces_the_question_by_the_answer(groups: System, command: str, shows: str) -> None:
    text = pick(groups, command, "failed")

    assert shows in text
    assert "Find it here" not in text


def test_a_choice_that_no_longer_fits_is_answered_with_what_there_is(system: System) -> None:
    state = store_connection(system, "Failed Inc")
    [option] = options(system, "retry")
    change_status(system, state, "processing")
    [answer] = system.slack.ephemerals(ANA)

    reply = system.slack.click_ephemeral(ANA, answer.ts, "pick_retry", value=option["value"])

    assert reply.error is None
    [answer] = system.slack.ephemerals(ANA)
    assert "None of these can be retried in its current status." in system.slack.render(answer)
    assert modal_text(system) == ""


def test_a_guest_is_offered_nothing(groups: System) -> None:
    asked(groups, "retry")
    groups.slack.workspace.ephemerals[-1].ephemeral_to = GUS
    [message] = groups.slack.ephemerals(GUS)

    assert groups.slack.suggest_in_message(GUS, CONNECTIONS, message.ts, "pick_retry", "", ephemeral=True) == []


@pytest.mark.parametrize("query", ["   ", "&&&", "x" * 500, "nul\0nul", "*_~`<@U1>"])
def test_any_text_may_be_typed(system: System, query: str) -> None:
    assert options(system, "history", query) == []


@pytest.mark.parametrize("command", PICKED)
def test_without_records_nothing_is_offered(system: System, command: str) -> None:
    assert options(system, command) == options(system, command, "inc") == []


def test_a_choice_that_is_not_ours_is_refused() -> None:
    with pytest.raises(ValueError, match="not an entity reference"):
        chosen("forged")
