"""Slack room tests: a decision through everything: from Noyo's request to the card that says how it ended."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from bot.domain.operations import OperationState
from bot.domain.people import WORKER, AuditEntry, Origin
from bot.domain.records import EntityKind, EntityRef
from tests.slack.incoming import begin, window
from tests.system import ANA, BEN, DECISIONS, GUARDIAN, GUS, System

SETTINGS = {"APPROVERS": f"{ANA},{BEN}"}


@pytest.fixture
def system(shared: System) -> System:
    begin(shared)
    shared.settle(30)
    return shared


def asked(system: System, name: str) -> dict[str, Any]:
    made = system.noyo.carrier_requests_disconnection(
        carrier_id=GUARDIAN, group_id=str(uuid.uuid4()), group_name=name, effective_end_date="2026-12-31"
    )
    system.settle(30)
    return made


def card(system: System, name: str) -> Any:
    cards = [one for one in system.slack.channel(DECISIONS) if f"Disconnect {name}" in system.slack.render(one)]
    assert len(cards) == 1
    return cards[0]


def opens(system: System, name: str, act: str, user: str = ANA) -> str:
    system.slack.click(user, DECISIONS, card(system, name).ts, act)
    view = system.slack.view_of(user)
    assert view is not None
    return str(view.id)


def decisions_at_noyo(system: System, made: dict[str, Any]) -> list[Any]:
    return [seen for seen in system.writes() if made["id"] in seen.path]


def test_of_two_who_decide_on_the_same_card_one_reaches_noyo_and_the_card_ends_true(system: System) -> None:
    made = asked(system, "Both Inc")
    anas, bens = opens(system, "Both Inc", "approve"), opens(system, "Both Inc", "reject", BEN)
    system.slack.submit(ANA, anas, {})
    system.slack.submit(BEN, bens, {"reason": "payment_reinstated"})
    assert "@Ana approved: sending." in window(system, BEN)
    system.notify()
    on_its_way = system.slack.render(card(system, "Both Inc"))
    assert "@Ana approved: sending." in on_its_way
    assert "Approve Disconnection…" not in on_its_way
    system.settle(30)
    assert len(decisions_at_noyo(system, made)) == 1
    assert system.noyo.disconnection(made["id"])["status"] == "processing"
    after = system.slack.render(card(system, "Both Inc"))
    assert "Noyo confirmed @Ana's approval" in after
    assert "outside Switchboard" not in after
    assert "Noyo accepted your approval" in window(system)


def test_what_is_decided_at_noyo_takes_the_buttons_away_and_nothing_is_sent(system: System) -> None:
    made = asked(system, "There Inc")
    view = opens(system, "There Inc", "approve")
    system.noyo.move_disconnection(made["id"], "rejected")
    system.slack.submit(ANA, view, {})
    system.settle(30)
    assert system.operation(view).state is OperationState.CANCELLED
    assert decisions_at_noyo(system, made) == []
    after = system.slack.render(card(system, "There Inc"))
    assert "Decided outside Switchboard" in after
    assert "Not sent: the request changed at Noyo before @Ana's approval was sent" in after
    assert "Approve Disconnection…" not in after


def entries(system: System, made: dict[str, Any], action: str) -> list[AuditEntry]:
    kept = system.bot.repositories.audit.entries(EntityRef(EntityKind.DISCONNECTION, made["id"]), limit=50)
    return [entry for entry in kept if entry.action == action]


def test_the_trail_says_whence_each_deed_came(system: System) -> None:
    made = asked(system, "Whence Inc")
    system.slack.click(GUS, DECISIONS, card(system, "Whence Inc").ts, "approve")
    system.slack.submit(ANA, opens(system, "Whence Inc", "approve"), {})
    system.settle(30)
    (denied,), (placed,) = entries(system, made, "denied"), entries(system, made, "operation_submitted")
    (settled,) = entries(system, made, "operation_succeeded")
    assert (denied.actor, denied.origin) == (GUS, Origin("button", DECISIONS))
    assert (placed.actor, placed.origin.source) == (ANA, "form")
    assert settled.origin == WORKER


def test_a_form_that_was_out_of_date_when_it_was_submitted_is_in_the_trail(system: System) -> None:
    made = asked(system, "Stale Inc")
    view = opens(system, "Stale Inc", "reject")
    system.noyo.move_disconnection(made["id"], "needs_review", effective_end_date="2027-01-31")
    system.settle(30)
    system.slack.submit(ANA, view, {"reason": "payment_reinstated"})
    assert "It changed" in window(system)
    (turned_away,) = entries(system, made, "submission_conflict")
    details = dict(turned_away.details)
    assert (turned_away.actor, turned_away.origin.source) == (ANA, "form")
    assert (details["decision"], details["because"]) == ("reject", "changed")
    assert details["shown_version"] == made["version"]
    assert details["version_now"] == system.noyo.disconnection(made["id"])["version"]
    assert decisions_at_noyo(system, made) == []
