"""Slack room tests: a decision through everything: from Noyo's request to the card that says how it ended."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from bot.domain.audit import WORKER, AuditEntry, Origin
from bot.domain.entities import EntityKind, EntityRef
from bot.domain.operations import OperationState
from tests.slack.incoming import begin, window
from tests.world import ANA, BEN, DECISIONS, GUARDIAN, GUS, World

SETTINGS = {"APPROVERS": f"{ANA},{BEN}"}


@pytest.fixture
def world(shared: World) -> World:
    begin(shared)
    shared.settle(30)
    return shared


def asked(world: World, name: str) -> dict[str, Any]:
    made = world.noyo.carrier_requests_disconnection(
        carrier_id=GUARDIAN, group_id=str(uuid.uuid4()), group_name=name, effective_end_date="2026-12-31"
    )
    world.settle(30)
    return made


def card(world: World, name: str) -> Any:
    cards = [one for one in world.slack.channel(DECISIONS) if f"Disconnect {name}" in world.slack.render(one)]
    assert len(cards) == 1
    return cards[0]


def opens(world: World, name: str, act: str, user: str = ANA) -> str:
    world.slack.click(user, DECISIONS, card(world, name).ts, act)
    view = world.slack.view_of(user)
    assert view is not None
    return str(view.id)


def decisions_at_noyo(world: World, made: dict[str, Any]) -> list[Any]:
    return [seen for seen in world.writes() if made["id"] in seen.path]


def test_of_two_who_decide_on_the_same_card_one_reaches_noyo_and_the_card_ends_true(world: World) -> None:
    made = asked(world, "Both Inc")
    anas, bens = opens(world, "Both Inc", "approve"), opens(world, "Both Inc", "reject", BEN)
    world.slack.submit(ANA, anas, {})
    world.slack.submit(BEN, bens, {"reason": "payment_reinstated"})
    assert "@Ana approved: sending." in window(world, BEN)
    world.notify()
    on_its_way = world.slack.render(card(world, "Both Inc"))
    assert "@Ana approved: sending." in on_its_way
    assert "Approve Disconnection…" not in on_its_way
    world.settle(30)
    assert len(decisions_at_noyo(world, made)) == 1
    assert world.noyo.disconnection(made["id"])["status"] == "processing"
    after = world.slack.render(card(world, "Both Inc"))
    assert "Noyo confirmed @Ana's approval" in after
    assert "outside Switchboard" not in after
    assert "Noyo accepted your approval" in window(world)


def test_what_is_decided_at_noyo_takes_the_buttons_away_and_nothing_is_sent(world: World) -> None:
    made = asked(world, "There Inc")
    view = opens(world, "There Inc", "approve")
    world.noyo.move_disconnection(made["id"], "rejected")
    world.slack.submit(ANA, view, {})
    world.settle(30)
    assert world.operation(view).state is OperationState.CANCELLED
    assert decisions_at_noyo(world, made) == []
    after = world.slack.render(card(world, "There Inc"))
    assert "Decided outside Switchboard" in after
    assert "Not sent: the request changed at Noyo before @Ana's approval was sent" in after
    assert "Approve Disconnection…" not in after


def entries(world: World, made: dict[str, Any], action: str) -> list[AuditEntry]:
    kept = world.bot.repositories.audit.entries(EntityRef(EntityKind.DISCONNECTION, made["id"]), limit=50)
    return [entry for entry in kept if entry.action == action]


def test_the_trail_says_whence_each_deed_came(world: World) -> None:
    made = asked(world, "Whence Inc")
    world.slack.click(GUS, DECISIONS, card(world, "Whence Inc").ts, "approve")
    world.slack.submit(ANA, opens(world, "Whence Inc", "approve"), {})
    world.settle(30)
    (denied,), (placed,) = entries(world, made, "denied"), entries(world, made, "operation_submitted")
    (settled,) = entries(world, made, "operation_succeeded")
    assert (denied.actor, denied.origin) == (GUS, Origin("button", DECISIONS))
    assert (placed.actor, placed.origin.source) == (ANA, "form")
    assert settled.origin == WORKER


def test_a_form_that_was_out_of_date_when_it_was_submitted_is_in_the_trail(world: World) -> None:
    made = asked(world, "Stale Inc")
    view = opens(world, "Stale Inc", "reject")
    world.noyo.move_disconnection(made["id"], "needs_review", effective_end_date="2027-01-31")
    world.settle(30)
    world.slack.submit(ANA, view, {"reason": "payment_reinstated"})
    assert "It changed" in window(world)
    (turned_away,) = entries(world, made, "submission_conflict")
    details = dict(turned_away.details)
    assert (turned_away.actor, turned_away.origin.source) == (ANA, "form")
    assert (details["decision"], details["because"]) == ("reject", "changed")
    assert details["shown_version"] == made["version"]
    assert details["version_now"] == world.noyo.disconnection(made["id"])["version"]
    assert decisions_at_noyo(world, made) == []
