"""`/noyo handover` and its form, from the command to the submission."""

from __future__ import annotations

from typing import Any

import pytest

from bot import policies
from bot.domain.record_states import RecordState
from bot.slack.features import handover
from bot.slack.views import record_facts
from bot.slack.views.buttons import Action
from tests.aws_calls import acting
from tests.slack.incoming import answer_text, modal_text, press_button, reset_system, store_connection, type_command
from tests.system import ANA, BEN, GUS, System

CAT = "U0CAT"
SETTINGS = {"APPROVERS": BEN, "REQUESTERS": ANA}


@pytest.fixture
def system(shared: System) -> System:
    reset_system(shared)
    shared.slack.add_user(CAT, "Cat")
    for each in shared.bot.repositories.records.owned_by(ANA):
        press(shared, each.entity, Action.RELEASE)
    return shared


def press(system: System, entity: Any, action: Action) -> None:
    state = system.bot.repositories.records.record_state(entity)
    assert state is not None
    for button in record_facts.claim_buttons(state):
        if button["action_id"] == action.value:
            press_button(system, button)


def claimed(system: System, name: str) -> RecordState:
    state = store_connection(system, name)
    press(system, state.entity, Action.CLAIM)
    return state


def submit(system: System, **fields: str) -> Any:
    view = system.slack.view_of(ANA)
    assert view is not None
    return system.slack.submit(ANA, view.id, fields)


def submitted(system: System) -> list[Any]:
    with acting(None):
        events = [system.bot.repositories.outbox.event(event_id) for event_id in due(system)]
    return [event for event in events if event is not None and event.kind.value == "handover"]


def due(system: System) -> list[str]:
    return system.bot.repositories.outbox.due(int(system.clock()) + 10, limit=100)


@pytest.fixture(autouse=True)
def _publish_before(system: System) -> None:
    system.settle(10)


def test_the_form_says_what_is_handed_over_and_takes_the_typed_note(system: System) -> None:
    claimed(system, "Mine Inc")

    type_command(system, "handover @ben Back on Monday")

    text, view = modal_text(system), system.slack.view_of(ANA)
    assert view is not None
    assert view.callback_id == handover.CALLBACK
    assert "Mine Inc" in text
    assert "Back on Monday" in text
    assert "@ben" not in text


def test_without_claims_no_form_opens(system: System) -> None:
    answer = answer_text(system, type_command(system, "handover"))

    assert "You have not claimed anything, so there is nothing to hand over." in answer
    assert modal_text(system) == ""


def test_a_submission_is_accepted_once_for_the_claims_that_were_shown(system: System) -> None:
    mine = claimed(system, "Shown Inc")
    type_command(system, "handover")
    system.wait(5)
    claimed(system, "Later Inc")

    reply = submit(system, person=BEN, note="Call them.")
    assert "Handing over 1 record to @Ben" in modal_text(system)
    system.wait(2)
    system.slack.resend(ANA, reply)

    [event] = submitted(system)
    assert [claim.entity for claim in event.handover.claims] == [mine.entity]
    assert (event.handover.giver, event.handover.receiver, event.handover.note) == (ANA, BEN, "Call them.")
    system.settle(30)
    assert len(system.bot.repositories.records.owned_by(BEN)) >= 1
    assert len(system.bot.repositories.records.owned_by(ANA)) == 1


def test_an_old_form_whose_claims_ended_hands_nothing_over(system: System) -> None:
    mine = claimed(system, "Ended Inc")
    type_command(system, "handover")
    press(system, mine.entity, Action.RELEASE)
    system.wait(5)
    press(system, mine.entity, Action.CLAIM)

    submit(system, person=BEN)

    assert "None of what this form showed is claimed by you any more." in modal_text(system)
    assert submitted(system) == []


@pytest.mark.parametrize(
    ("person", "words"),
    [
        (ANA, "These are yours already."),
        (GUS, "Only full members of this workspace can own these."),
        (CAT, "This person may neither request connections nor decide on disconnections."),
    ],
)
def test_only_a_colleague_who_may_act_gets_them(system: System, person: str, words: str) -> None:
    claimed(system, "Mine Inc")
    type_command(system, "handover")

    reply = submit(system, person=person)

    assert words in str(reply.errors)
    assert submitted(system) == []


def test_a_colleague_who_left_gets_nothing(system: System) -> None:
    claimed(system, "Mine Inc")
    system.slack.add_user(CAT, "Cat", deleted=True)
    system.wait(policies.PERSON_FRESH_SECONDS + 1)
    type_command(system, "handover")

    reply = submit(system, person=CAT)

    assert "This person's account is deactivated." in str(reply.errors)


def test_a_guest_opens_no_form(system: System) -> None:
    answer = answer_text(system, type_command(system, "handover", GUS))

    assert "Guests cannot do this." in answer


def test_the_button_below_the_list_of_mine_opens_the_form(system: System) -> None:
    claimed(system, "Mine Inc")
    system.slack.workspace.ephemerals.clear()
    type_command(system, "list mine")
    [answer] = system.slack.ephemerals(ANA)

    reply = system.slack.click_ephemeral(ANA, answer.ts, Action.HAND_OVER.value)

    assert reply.error is None
    assert "Mine Inc" in modal_text(system)


def test_without_own_claims_the_list_of_mine_offers_no_handover(system: System) -> None:
    system.request_connection(ANA, group_name="Requested Inc", carrier_group_id="requested-1")
    system.settle(30)

    assert "Hand Over" not in answer_text(system, type_command(system, "list mine"))
