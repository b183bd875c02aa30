"""A person's decision answers the question that was shown: an old or repeated click does nothing more."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from bot.slack.app import CLICKS, SUBMISSIONS
from bot.slack.commands import COMMANDS
from bot.slack.shortcuts import SHORTCUTS
from tests.scenarios.test_truth import card_with, request_disconnection, unclear_retry
from tests.slack.incoming import press_button
from tests.system import ALERTS, ANA, BEN, CONNECTIONS, DECISIONS, GUARDIAN, System

SEND_AGAIN = "resolve_send_again"
Repeated = tuple[str, Any]
"""Who did something, and Slack's request for it."""


def test_send_again_counts_for_the_attempt_that_was_shown(system: System) -> None:
    """Ana sends a retry again, which fails as well. Her click is replayed, and Ben clicks on his old screen."""
    failed = unclear_retry(system, times=2)
    question = card_with(system, ALERTS, SEND_AGAIN)
    old = deepcopy(question)
    clicked = system.slack.click(ANA, ALERTS, question.ts, SEND_AGAIN)
    system.settle(120)
    assert len(system.writes()) == 2
    assert system.noyo.connection(failed["id"])["status"] == "unable_to_connect"

    system.slack.resend(ANA, clicked)
    system.slack.click_stale(BEN, old, SEND_AGAIN)
    system.settle(120)

    assert len(system.writes()) == 2
    view = system.slack.view_of(BEN)
    assert view is not None
    assert "This question is about an earlier attempt." in system.slack.render(view)


def test_send_again_counts_for_the_version_of_the_record_that_was_shown(system: System) -> None:
    """The retry did not arrive. Since then the carrier group id was corrected at Noyo, but Ben's screen is older."""
    failed = unclear_retry(system)
    old = deepcopy(card_with(system, ALERTS, SEND_AGAIN))
    assert "unchanged since the request" in system.slack.render(old)
    system.noyo.move_connection(failed["id"], "processing", carrier_group_id="RIGHT-1")
    system.noyo.move_connection(failed["id"], "unable_to_connect", error="Call us")
    system.settle(60)

    system.slack.click_stale(BEN, old, SEND_AGAIN)
    system.settle(120)
    view = system.slack.view_of(BEN)
    assert view is not None
    assert "The record has changed at Noyo since this message was shown." in system.slack.render(view)
    assert len(system.writes()) == 1

    system.slack.click(BEN, ALERTS, card_with(system, ALERTS, SEND_AGAIN).ts, SEND_AGAIN)
    system.settle(120)
    assert len(system.writes()) == 2


# ---------------------------------------------------------------- every command, button and form


def types(system: System, text: str, user: str = ANA) -> Repeated:
    reply = system.slack.command(user, CONNECTIONS, "/noyo", text)
    assert reply.error is None
    return user, reply


def clicks(system: System, action: str, channel: str = DECISIONS, user: str = ANA) -> Repeated:
    reply = system.slack.click(user, channel, card_with(system, channel, action).ts, action)
    assert reply.error is None
    return user, reply


def submits(system: System, user: str = ANA, **fields: str) -> Repeated:
    view = system.slack.view_of(user)
    assert view is not None
    reply = system.slack.submit(user, view.id, fields)
    assert (reply.error, reply.errors) == (None, {})
    return user, reply


def uses(system: System, callback_id: str) -> Repeated:
    reply = system.slack.shortcut(ANA, callback_id)
    assert reply.error is None
    return ANA, reply


def uses_on_message(system: System) -> Repeated:
    failed(system)
    card = card_with(system, CONNECTIONS, "retry")
    reply = system.slack.message_shortcut(ANA, CONNECTIONS, card.ts, "find_connections")
    assert reply.error is None
    return ANA, reply


def failed(system: System) -> None:
    system.noyo.add_connection(group_name="Failed Company", status="unable_to_connect")
    system.settle(15)


def connected(system: System) -> None:
    system.noyo.add_connection(
        carrier_id=GUARDIAN, carrier_group_id="00110011", group_name="Whole Inc", status="completed"
    )
    system.settle(15)


def asks_to_disconnect(system: System) -> Repeated:
    connected(system)
    clicks(system, "disconnect", CONNECTIONS)
    asked = submits(system, end_date="2026-12-31", reason="terminated", typed_name="Whole Inc")
    system.settle(10)
    return asked


def command_connect(system: System) -> Repeated:
    return types(system, "connect New Inc")


def command_status(system: System) -> Repeated:
    """Noyo is asked about an id that is not known yet."""
    return types(system, "status 99999999-0000-4000-8000-000000000009")


def command_retry(system: System) -> Repeated:
    failed(system)
    return types(system, "retry Failed")


def command_decide(decision: str) -> Callable[[System], Repeated]:
    def act(system: System) -> Repeated:
        request_disconnection(system)
        return types(system, f"{decision} Test")

    return act


def command_disconnect(system: System) -> Repeated:
    connected(system)
    return types(system, "disconnect Whole")


def command_pause(system: System) -> Repeated:
    paused = types(system, "pause")
    types(system, "resume")
    return paused


def command_pause_refused(system: System) -> Repeated:
    types(system, "pause")
    refused = types(system, "pause")
    types(system, "resume")
    return refused


def command_resume(system: System) -> Repeated:
    types(system, "pause")
    resumed = types(system, "resume")
    types(system, "pause")
    return resumed


def command_resume_refused(system: System) -> Repeated:
    refused = types(system, "resume")
    types(system, "pause")
    return refused


def click_retry(system: System) -> Repeated:
    failed(system)
    return clicks(system, "retry", ALERTS)


def click_decide(action: str) -> Callable[[System], Repeated]:
    def act(system: System) -> Repeated:
        request_disconnection(system)
        return clicks(system, action)

    return act


def click_disconnect(system: System) -> Repeated:
    connected(system)
    return clicks(system, "disconnect", CONNECTIONS)


def click_confirm(system: System) -> Repeated:
    asks_to_disconnect(system)
    return clicks(system, "confirm_disconnection", user=BEN)


def click_withdraw(system: System) -> Repeated:
    """The same is asked for again after it was withdrawn."""
    asks_to_disconnect(system)
    withdrawn = clicks(system, "withdraw_disconnection")
    system.settle(10)
    clicks(system, "disconnect", CONNECTIONS)
    submits(system, end_date="2026-12-31", reason="terminated", typed_name="Whole Inc")
    return withdrawn


def click_claim(system: System) -> Repeated:
    request_disconnection(system)
    claimed = clicks(system, "claim")
    system.settle(10)
    clicks(system, "release")
    return claimed


def click_release(system: System) -> Repeated:
    request_disconnection(system)
    clicks(system, "claim")
    system.settle(10)
    released = clicks(system, "release")
    system.settle(10)
    clicks(system, "claim")
    return released


def click_resolution(action: str) -> Callable[[System], Repeated]:
    """Sent again, it is unclear once more, and the question is asked again."""

    def act(system: System) -> Repeated:
        unclear_retry(system, times=2)
        resolved = clicks(system, action, ALERTS)
        system.settle(120)
        return resolved

    return act


def submit_connect(system: System) -> Repeated:
    return ANA, system.request_connection()


def submit_retry(system: System) -> Repeated:
    click_retry(system)
    return submits(system, carrier_group_id="corrected")


def submit_decision(action: str, **fields: str) -> Callable[[System], Repeated]:
    def act(system: System) -> Repeated:
        click_decide(action)(system)
        return submits(system, **fields)

    return act


def submit_confirmation(system: System) -> Repeated:
    click_confirm(system)
    return submits(system, BEN)


def click_add_carrier(system: System) -> Repeated:
    connected(system)
    types(system, "status Whole")
    [answer] = system.slack.ephemerals(ANA)
    elements = [each for block in answer.blocks if block["type"] == "actions" for each in block["elements"]]
    [button] = [element for element in elements if element["action_id"] == "add_carrier"]
    return ANA, press_button(system, button)


def click_show(system: System) -> Repeated:
    """The history of a group, from its view."""
    connected(system)
    types(system, "status Whole")
    return ANA, press_page(system, "show")


def click_ask_noyo(system: System) -> Repeated:
    """A worker asks Noyo once, however often the request arrives."""
    connected(system)
    types(system, "status Whole")
    return ANA, press_page(system, "ask_noyo")


def click_page(action: str) -> Callable[[System], Repeated]:
    def act(system: System) -> Repeated:
        for number in range(17):
            system.noyo.add_connection(group_name=f"Failed {number}", status="unable_to_connect")
        system.settle(20)
        types(system, "list failed")
        press_page(system, "next_page")
        return ANA, press_page(system, action)

    return act


def press_page(system: System, action: str) -> Any:
    [answer] = system.slack.ephemerals(ANA)
    [block] = [each for each in answer.blocks if f"'{action}'" in str(each)]
    return system.slack.click_ephemeral(ANA, answer.ts, action, block_id=block["block_id"])


def click_correct(system: System) -> Repeated:
    """On the answer in the modal, which the form then replaces."""
    system.noyo.rules = replace(system.noyo.rules, formats={GUARDIAN: "[0-9]{4}"})
    system.request_connection(ANA)
    system.settle(20)
    view = system.slack.view_of(ANA)
    assert view is not None
    reply = system.slack.click_in_view(ANA, view.id, "correct_request")
    assert reply.error is None
    return ANA, reply


def submit_correction(system: System) -> Repeated:
    click_correct(system)
    return submits(system, carrier_group_id="1234")


def click_home(action: str) -> Callable[[System], Repeated]:
    """In the App Home, on the second of three pages."""

    def act(system: System) -> Repeated:
        for number in range(21):
            system.noyo.add_connection(group_name=f"Failed {number}", status="unable_to_connect")
        system.settle(20)
        assert system.slack.open_home(ANA).status == 200
        system.settle(5)
        for each in ("home_next", action):
            home = system.slack.home_of(ANA)
            assert home is not None
            reply = system.slack.click_in_view(ANA, home.id, each)
            assert reply.error is None
            system.settle(5)
        return ANA, reply

    return act


def claims_something(system: System) -> None:
    failed(system)
    clicks(system, "claim", CONNECTIONS)
    system.settle(10)


def opens_handover(system: System) -> Repeated:
    claims_something(system)
    return types(system, "handover")


def clicks_hand_over(system: System) -> Repeated:
    claims_something(system)
    types(system, "list mine")
    [answer] = system.slack.ephemerals(ANA)[-1:]
    reply = system.slack.click_ephemeral(ANA, answer.ts, "hand_over")
    assert reply.error is None
    return ANA, reply


def goes_away(system: System) -> Repeated:
    types(system, "away until 2026-12-24")
    return submits(system, cover=BEN)


def is_back(system: System) -> Repeated:
    goes_away(system)
    system.settle(5)
    return types(system, "back")


def hands_over(system: System) -> Repeated:
    opens_handover(system)
    return submits(system, person=BEN, note="Call them.")


INTERACTIONS: dict[str, Callable[[System], Repeated]] = {
    "command connect": command_connect,
    "command status": command_status,
    "command retry": command_retry,
    "command list": lambda system: types(system, "list failed"),
    "command decisions": lambda system: types(system, "decisions"),
    "command away": lambda system: types(system, "away until 2026-12-24"),
    "command back": is_back,
    "submit away": goes_away,
    "command handover": opens_handover,
    "click hand_over": clicks_hand_over,
    "submit handover": hands_over,
    "command approve": command_decide("approve"),
    "command reject": command_decide("reject"),
    "command disconnect": command_disconnect,
    "command history": lambda system: types(system, "history nobody"),
    "command pause": command_pause,
    "command pause, refused": command_pause_refused,
    "command resume": command_resume,
    "command resume, refused": command_resume_refused,
    "command doctor": lambda system: types(system, "doctor"),
    "command help": lambda system: types(system, "help"),
    "shortcut find_connections": uses_on_message,
    "shortcut connect_group": lambda system: uses(system, "connect_group"),
    "click retry": click_retry,
    "click approve": click_decide("approve"),
    "click reject": click_decide("reject"),
    "click disconnect": click_disconnect,
    "click add_carrier": click_add_carrier,
    "click correct_request": click_correct,
    "click show": click_show,
    "click ask_noyo": click_ask_noyo,
    "click next_page": click_page("next_page"),
    "click home_all": click_home("home_all"),
    "click home_mine": click_home("home_mine"),
    "click home_decisions": click_home("home_decisions"),
    "click home_refresh": click_home("home_refresh"),
    "click home_previous": click_home("home_previous"),
    "click home_next": click_home("home_next"),
    "click previous_page": click_page("previous_page"),
    "click confirm_disconnection": click_confirm,
    "click withdraw_disconnection": click_withdraw,
    "click claim": click_claim,
    "click release": click_release,
    "click details": click_decide("details"),
    "click resolve_arrived": click_resolution("resolve_arrived"),
    "click resolve_send_again": click_resolution("resolve_send_again"),
    "click resolve_close": click_resolution("resolve_close"),
    "submit connect": submit_connect,
    "submit connect, corrected": submit_correction,
    "submit retry": submit_retry,
    "submit approve_disconnection": submit_decision("approve"),
    "submit reject_disconnection": submit_decision("reject", reason="connection_restored"),
    "submit disconnect": asks_to_disconnect,
    "submit confirm_disconnection": submit_confirmation,
}
"""Does something, and what changes the state afterwards. Returns the first."""


def stored(system: System) -> list[str]:
    """What the table holds, without the audit log."""
    items = (item for item in system.items() if not item["pk"]["S"].startswith("AUDIT#"))
    return sorted(json.dumps(item, sort_keys=True) for item in items)


@pytest.mark.parametrize("name", INTERACTIONS)
def test_a_request_of_slacks_that_is_delivered_again_changes_nothing(system: System, name: str) -> None:
    user, reply = INTERACTIONS[name](system)
    system.settle(20)
    before, writes = stored(system), len(system.writes())

    again = system.slack.resend(user, reply)

    assert again.error is None
    assert stored(system) == before
    system.settle(60)
    assert len(system.writes()) == writes


def test_every_command_button_and_form_is_delivered_again() -> None:
    everything = {f"command {name}" for name in COMMANDS} | {f"shortcut {name}" for name in SHORTCUTS}
    everything |= {f"click {action}" for action in CLICKS} | {f"submit {callback_id}" for callback_id in SUBMISSIONS}
    assert {name.partition(",")[0] for name in INTERACTIONS} == everything
