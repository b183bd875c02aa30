"""People start a feature from Slack's menus: the shortcut's payload names no app, so its workspace is checked."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from bot.slack.shortcuts import SHORTCUTS
from tests.slack.incoming import interaction_body, modal_text, new_system, post_signed
from tests.system import ANA, GUS, REQUEST, System


@pytest.fixture
def system() -> Iterator[System]:
    yield from new_system()


def test_connect_a_group_opens_the_form_whose_request_reaches_noyo(system: System) -> None:
    reply = system.slack.shortcut(ANA, "connect_group")

    assert reply.error is None
    view = system.slack.view_of(ANA)
    assert view is not None
    assert view.callback_id == "connect"
    assert system.slack.submit(ANA, view.id, REQUEST).errors == {}
    system.settle(20)
    assert len(system.writes()) == 1


def test_a_guest_gets_a_refusal_instead_of_the_form(system: System) -> None:
    assert system.slack.shortcut(GUS, "connect_group").error is None

    view = system.slack.view_of(GUS)
    assert view is not None
    assert view.callback_id == ""
    assert "Guests" in modal_text(system, GUS)


@pytest.mark.parametrize("callback_id", SHORTCUTS)
def test_a_person_of_another_workspace_only_gets_a_refusal(system: System, callback_id: str) -> None:
    other = {"id": "T0OTHER"}
    payload = {"type": "shortcut", "callback_id": callback_id, "team": other, "trigger_id": ""}
    before = system.open_operations(), len(system.slack.calls)

    answer = post_signed(system, interaction_body(payload | {"user": {"id": ANA, "team_id": "T0OTHER"}}))

    assert (answer["statusCode"], json.loads(answer["body"] or '""')) == (200, "")
    assert (system.open_operations(), len(system.slack.calls)) == before


def test_while_switchboard_only_observes_the_form_does_not_open() -> None:
    for system in new_system(MODE="observe"):
        assert system.slack.shortcut(ANA, "connect_group").error is None
        view = system.slack.view_of(ANA)
        assert view is not None
        assert view.callback_id == ""


def test_an_unknown_shortcut_gets_an_explanation(system: System) -> None:
    assert system.slack.shortcut(ANA, "of_a_later_version").error is None

    assert "another version of Switchboard" in modal_text(system)
