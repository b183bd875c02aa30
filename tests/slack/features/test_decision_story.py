"""A decision end to end: from Noyo's request to the card with the outcome."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from bot.domain.operations import OperationState
from bot.domain.people import WORKER, AuditEntry, Origin
from bot.domain.records import EntityKind, EntityRef
from tests.slack.incoming import modal_text, reset_system
from tests.system import ANA, BEN, DECISIONS, GUARDIAN, GUS, System

SETTINGS = {"APPROVERS": f"{ANA},{BEN}"}


@pytest.fixture
def system(shared: System) -> System:
    reset_system(shared)
    shared.settle(30)
    return shared


def request_from_carrier(system: System, name: str) -> dict[str, Any]:
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


def open_form(system: System, name: str, action_id: str, user: str = ANA) -> str:
    system.slack.click(user, DECISIONS, card(system, name).ts, action_id)
    view = system.slack.view_of(user)
    assert view is not None
    return str(view.id)


def decisions_at_noyo(system: System, disconnection: dict[str, Any]) -> list[Any]:
    return [seen for seen in system.writes() if disconnection["id"] in seen.path]


def test_one_of_two_concurrent_decisions_reaches_noyo_and_the_card_shows_its_outcome(system: System) -> None:
    disconnection = request_from_carrier(system, "Both Inc")
    ana_view, ben_view = open_form(system, "Both Inc", "approve"), open_form(system, "Both Inc", "reject", BEN)
    system.slack.submit(ANA, ana_view, {})
    system.slack.submit(BEN, ben_view, {"reason": "payment_reinstated"})
    assert "@Ana approved: sending." in modal_text(system, BEN)
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
    assert "Noyo accepted your approval" in modal_text(system)


def test_a_decision_made_at_noyo_removes_the_buttons_and_nothing_is_sent(system: System) -> None:
    disconnection = request_from_carrier(system, "There Inc")
    view = open_form(system, "There Inc", "approve")
    system.noyo.move_disconnection(disconnection["id"], "rejected")
    system.slack.submit(ANA, view, {})
    system.settle(30)
    assert system.operation(view).state is OperationState.CANCELLED
    assert decisions_at_noyo(system, disconnection) == []
    after = system.slack.render(card(system, "There Inc"))
    assert "Decided outside Switchboard" in after
    assert "Not sent: the request changed at Noyo before @Ana's approval was sent" in after
    assert "Approve Disconnection…" not in after


def audit_entries(system: System, disconnection: dict[str, Any], action: str) -> list[AuditEntry]:
    all_entries = system.bot.repositories.audit.entries(
        EntityRef(EntityKind.DISCONNECTION, disconnection["id"]), limit=50
    )
    return [entry for entry in all_entries if entry.action == action]


def test_the_audit_log_records_the_origin_of_each_action(system: System) -> None:
    disconnection = request_from_carrier(system, "Origin Inc")
    system.slack.click(GUS, DECISIONS, card(system, "Origin Inc").ts, "approve")
    system.slack.submit(ANA, open_form(system, "Origin Inc", "approve"), {})
    system.settle(30)
    (denied,), (submitted,) = (
        audit_entries(system, disconnection, "denied"),
        audit_entries(system, disconnection, "operation_submitted"),
    )
    (settled,) = audit_entries(system, disconnection, "operation_succeeded")
    assert (denied.actor, denied.origin) == (GUS, Origin("button", DECISIONS))
    assert (submitted.actor, submitted.origin.source) == (ANA, "form")
    assert settled.origin == WORKER


def test_the_submission_of_an_outdated_form_is_audited(system: System) -> None:
    disconnection = request_from_carrier(system, "Stale Inc")
    view = open_form(system, "Stale Inc", "reject")
    system.noyo.move_disconnection(disconnection["id"], "needs_review", effective_end_date="2027-01-31")
    system.settle(30)
    system.slack.submit(ANA, view, {"reason": "payment_reinstated"})
    assert "It changed" in modal_text(system)
    (conflict,) = audit_entries(system, disconnection, "submission_conflict")
    details = dict(conflict.details)
    assert (conflict.actor, conflict.origin.source) == (ANA, "form")
    assert (details["decision"], details["because"]) == ("reject", "changed")
    assert details["shown_version"] == disconnection["version"]
    assert details["version_now"] == system.noyo.disconnection(disconnection["id"])["version"]
    assert decisions_at_noyo(system, disconnection) == []
