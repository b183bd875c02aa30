"""A decision end to end: from Noyo's request to the card with the outcome."""

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
    disconnection = system.noyo.carrier_requests_disconnection(
        carrier_id=GUARDIAN, group_id=str(uuid.uuid4()), group_name=name, effective_end_date="2026-12-31"
    )
    system.settle(30)
    return disconnection


def card(system: System, name: str) -> Any:
    cards = [
        message for message in system.slack.channel(DECISIONS) if f"Disconnect {name}" in system.slack.render(message)
    ]
    assert len(cards) == 1
    return cards[0]


def opens(system: System, name: str, act: str, user: str = ANA) -> str:
    system.slack.click(user, DECISIONS, card(system, name).ts, act)
    view = system.slack.view_of(user)
    assert view is not None
    return str(view.id)


def decisions_at_noyo(system: System, disconnection: dict[str, Any]) -> list[Any]:
    return [seen for seen in system.writes() if disconnection["id"] in seen.path]


def test_one_of_two_concurrent_decisions_reaches_noyo_and_the_card_shows_its_outcome(system: System) -> None:
    disconnection = asked(system, "Both Inc")
    anas, bens = opens(system, "Both Inc", "approve"), opens(system, "Both Inc", "reject", BEN)
    system.slack.submit(ANA, anas, {})
    system.slack.submit(BEN, bens, {"reason": "payment_reinstated"})
    assert "@Ana approved: sending." in window(system, BEN)
    system.notify()
    pending_text = system.slack.render(card(system, "Both Inc"))
    assert "@Ana approved: sending." in pending_text
    assert "Approve Disconnection…" not in pending_text
    system.settle(30)
    assert len(decisions_at_noyo(system, disconnection)) == 1
    assert system.noyo.disconnection(disconnection["id"])["status"] == "processing"
    after = system.slack.render(card(system, "Both Inc"))
    assert "Noyo confirmed @Ana's approval" in after
    assert "outside Switchboard" not in after
    assert "Noyo accepted your approval" in window(system)


def test_a_decision_made_at_noyo_removes_the_buttons_and_nothing_is_sent(system: System) -> None:
    disconnection = asked(system, "There Inc")
    view = opens(system, "There Inc", "approve")
    system.noyo.move_disconnection(disconnection["id"], "rejected")
    system.slack.submit(ANA, view, {})
    system.settle(30)
    assert system.operation(view).state is OperationState.CANCELLED
    assert decisions_at_noyo(system, disconnection) == []
    after = system.slack.render(card(system, "There Inc"))
    assert "Decided outside Switchboard" in after
    assert "Not sent: the request changed at Noyo before @Ana's approval was sent" in after
    assert "Approve Disconnection…" not in after


def entries(system: System, disconnection: dict[str, Any], action: str) -> list[AuditEntry]:
    audit_entries = system.bot.repositories.audit.entries(
        EntityRef(EntityKind.DISCONNECTION, disconnection["id"]), limit=50
    )
    return [entry for entry in audit_entries if entry.action == action]


def test_the_audit_log_records_the_origin_of_each_action(system: System) -> None:
    disconnection = asked(system, "Origin Inc")
    system.slack.click(GUS, DECISIONS, card(system, "Origin Inc").ts, "approve")
    system.slack.submit(ANA, opens(system, "Origin Inc", "approve"), {})
    system.settle(30)
    (denied,), (submitted,) = (
        entries(system, disconnection, "denied"),
        entries(system, disconnection, "operation_submitted"),
    )
    (settled,) = entries(system, disconnection, "operation_succeeded")
    assert (denied.actor, denied.origin) == (GUS, Origin("button", DECISIONS))
    assert (submitted.actor, submitted.origin.source) == (ANA, "form")
    assert settled.origin == WORKER


def test_the_submission_of_an_outdated_form_is_audited(system: System) -> None:
    disconnection = asked(system, "Stale Inc")
    view = opens(system, "Stale Inc", "reject")
    system.noyo.move_disconnection(disconnection["id"], "needs_review", effective_end_date="2027-01-31")
    system.settle(30)
    system.slack.submit(ANA, view, {"reason": "payment_reinstated"})
    assert "It changed" in window(system)
    (turned_away,) = entries(system, disconnection, "submission_conflict")
    details = dict(turned_away.details)
    assert (turned_away.actor, turned_away.origin.source) == (ANA, "form")
    assert (details["decision"], details["because"]) == ("reject", "changed")
    assert details["shown_version"] == disconnection["version"]
    assert details["version_now"] == system.noyo.disconnection(disconnection["id"])["version"]
    assert decisions_at_noyo(system, disconnection) == []
