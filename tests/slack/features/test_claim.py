"""Claiming a request, from the click to the ephemeral answer."""

from __future__ import annotations

from typing import Any

import pytest

from bot import policies
from bot.domain.record_states import RecordState
from bot.slack.features import claim
from bot.slack.views import buttons, record_facts
from bot.slack.views.buttons import Action
from bot.slack.views.rich_text import Json
from tests.slack.incoming import (
    answer_text,
    change_status,
    modal_text,
    press_button,
    reset_system,
    store_connection,
    store_disconnection_request,
    type_command,
)
from tests.system import ANA, BEN, CONNECTIONS, GUS, System

CAT = "U0CAT"


SETTINGS = {"APPROVERS": BEN, "REQUESTERS": ANA}


@pytest.fixture
def system(shared: System) -> System:
    reset_system(shared)
    shared.slack.add_user(CAT, "Cat")
    shared.slack.workspace.channels[CONNECTIONS].members.add(CAT)
    return shared


def owner(system: System, record_state: RecordState) -> str | None:
    stored = system.bot.repositories.records.record_state(record_state.entity)
    assert stored is not None
    return stored.owner


def press_claim(system: System, record_state: RecordState, user: str) -> str:
    """Click Claim as this user, on a message that shows the current state; returns the ephemeral answer."""
    return ephemeral_text(system, press_button(system, claim_button(system, record_state, Action.CLAIM), user))


def press_release(system: System, record_state: RecordState, user: str) -> str:
    return ephemeral_text(system, press_button(system, claim_button(system, record_state, Action.RELEASE), user))


def claim_button(system: System, record_state: RecordState, action: Action) -> Json:
    stored = system.bot.repositories.records.record_state(record_state.entity)
    assert stored is not None
    revision = stored.owner_revision
    return buttons.record_button(action, record_state.entity, "v", name="it", owner_revision=revision)


def ephemeral_text(system: System, reply: Any) -> str:
    assert reply.error is None
    return "\n".join(system.slack.render(message) for message in system.slack.workspace.ephemerals[-1:])


@pytest.mark.parametrize("user", [ANA, BEN])
def test_people_who_may_request_or_decide_may_claim_a_request(system: System, user: str) -> None:
    record_state = store_disconnection_request(system, f"Alfa {user}")
    answer = press_claim(system, record_state, user)
    assert "You are checking this until" in answer
    assert "Others can still act." in answer
    assert owner(system, record_state) == user
    assert policies.CLAIM_HOURS == 4


@pytest.mark.parametrize("user", [CAT, GUS])
def test_people_who_may_neither_request_nor_decide_see_who_may(system: System, user: str) -> None:
    record_state = store_disconnection_request(system, f"Bravo {user}")
    button = record_facts.record_button(Action.CLAIM, record_state.record)
    press_button(system, button, user)
    assert "Not possible" in modal_text(system, user)
    assert owner(system, record_state) is None
    [entry] = system.bot.repositories.audit.entries(record_state.entity, limit=5)
    assert (entry.action, entry.actor) == ("denied", user)


def test_a_request_that_was_decided_meanwhile_cannot_be_claimed(system: System) -> None:
    record_state = store_disconnection_request(system, "Charlie")
    change_status(system, record_state, "rejected")
    assert "There is nothing left to check: Charlie is now Rejected." in press_claim(system, record_state, BEN)
    assert owner(system, record_state) is None


def test_only_the_owner_can_release_a_claim_and_anybody_can_replace_it(system: System) -> None:
    record_state = store_disconnection_request(system, "Delta")
    assert "Nobody is checking this." in press_release(system, record_state, ANA)
    press_claim(system, record_state, BEN)
    assert "@Ben is checking this, and only they can release it." in press_release(system, record_state, ANA)
    assert owner(system, record_state) == BEN
    press_claim(system, record_state, ANA)
    assert owner(system, record_state) == ANA
    assert "You are no longer checking this." in press_release(system, record_state, ANA)
    assert owner(system, record_state) is None


def test_a_request_that_is_no_longer_stored_cannot_be_claimed(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    record_state = store_disconnection_request(system, "Gone Inc")
    monkeypatch.setattr(claim, "claim_record", lambda *_, **__: None)
    assert "Switchboard no longer has this record." in press_claim(system, record_state, BEN)


def test_a_claim_prevents_nobody_from_deciding(system: System) -> None:
    record_state = store_disconnection_request(system, "Echo")
    press_claim(system, record_state, ANA)
    press_button(system, record_facts.record_button(Action.REJECT, record_state.record), BEN)
    assert "This request does not disconnect Echo" in modal_text(system, BEN)


def test_the_list_of_decisions_shows_the_owner_and_the_days_left(system: System) -> None:
    record_state = store_disconnection_request(system, "Foxtrot")
    press_claim(system, record_state, BEN)
    text = answer_text(system, type_command(system, "decisions"))
    row = text[text.index("Foxtrot") :]
    assert "**Claimed by:** @Ben" in row
    assert "ends in" in row
    assert "Claim Instead" in row


def test_history_shows_who_claimed_the_request(system: System) -> None:
    record_state = store_disconnection_request(system, "Golf")
    press_claim(system, record_state, BEN)
    system.wait(5)
    press_claim(system, record_state, ANA)
    system.wait(5)
    press_release(system, record_state, ANA)
    text = answer_text(system, type_command(system, "history Golf"))
    assert "@Ben: started checking it" in text
    assert "@Ana: started checking it instead of @Ben" in text
    assert "@Ana: stopped checking it" in text
    assert system.slack.view_of(ANA) is None


def test_a_click_on_an_outdated_message_says_who_claimed_it_meanwhile(system: System) -> None:
    record_state = store_disconnection_request(system, "Hotel")
    unclaimed = claim_button(system, record_state, Action.CLAIM)
    press_claim(system, record_state, ANA)
    ana_claimed = claim_button(system, record_state, Action.RELEASE)
    assert "@Ana claimed this after this message was shown. Nothing was changed." in ephemeral_text(
        system, press_button(system, unclaimed, BEN)
    )
    press_release(system, record_state, ANA)
    assert "The claim has changed since this message was shown. Nothing was changed." in ephemeral_text(
        system, press_button(system, unclaimed, BEN)
    )
    press_claim(system, record_state, ANA)
    assert "You claimed this again after this message was shown. Nothing was changed." in ephemeral_text(
        system, press_button(system, ana_claimed, ANA)
    )
    assert owner(system, record_state) == ANA


def test_a_connection_that_needs_action_is_claimed_listed_as_mine_and_free_once_retried(system: System) -> None:
    failed = store_connection(system, "India Inc")
    assert "You are checking this until" in press_claim(system, failed, ANA)
    assert "**Claimed by:** @Ana" in answer_text(system, type_command(system, "list mine"))
    stored = system.bot.repositories.records.record_state(failed.entity)
    assert stored is not None
    change_status(system, stored, "processing")
    assert owner(system, failed) is None
    assert "There is nothing left to check: India Inc is now Processing." in press_claim(system, failed, BEN)


def test_a_denied_claim_of_a_connection_names_who_may_request(system: System) -> None:
    failed = store_connection(system, "Juliett Inc")
    press_button(system, record_facts.record_button(Action.CLAIM, failed.record), CAT)
    assert "@Ana" in modal_text(system, CAT)
    assert "@Ben" not in modal_text(system, CAT)
    assert owner(system, failed) is None
