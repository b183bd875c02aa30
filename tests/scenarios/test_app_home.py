"""Somebody opens Switchboard in Slack, sees what needs the team, and acts there."""

from __future__ import annotations

import pytest

from infra.local.slack.faults import Fault, Kind
from tests.scenarios.test_repeated_clicks import asks_to_disconnect
from tests.scenarios.test_truth import request_disconnection
from tests.system import ANA, BEN, GUS, System


def open_home(system: System, user: str = ANA) -> str:
    assert system.slack.open_home(user).status == 200
    system.notify()
    return home(system, user)


def home(system: System, user: str = ANA) -> str:
    view = system.slack.home_of(user)
    return system.slack.render(view) if view is not None else ""


def click(system: System, action: str, about: str = "", user: str = ANA) -> str:
    """Clicks this button, of the row with `about` in it, and returns what the Home shows then."""
    view = system.slack.home_of(user)
    assert view is not None
    blocks = [block for block in view.blocks if f"'action_id': '{action}'" in str(block) and about in str(block)]
    reply = system.slack.click_in_view(user, view.id, action, block_id=blocks[0]["block_id"])
    assert reply.error is None
    system.notify()
    return home(system, user)


def modal(system: System, user: str = ANA) -> str:
    view = system.slack.view_of(user)
    return system.slack.render(view) if view is not None else ""


def test_a_person_sees_what_needs_the_team_and_goes_through_it(system: System) -> None:
    for number in range(12):
        system.noyo.add_connection(group_name=f"Failed {number}", status="unable_to_connect")
    request_disconnection(system)
    system.settle(20)

    assert "**13 need the team** · 1 decision" in open_home(system)
    assert "All: 1 to 10 of 13" in home(system)
    assert "All: 11 to 13 of 13" in click(system, "home_next")
    decisions = click(system, "home_decisions")
    assert "Decisions: 1" in decisions
    assert "Failed" not in decisions
    assert "None of these is yours" in click(system, "home_mine")
    assert "None of these is yours" in open_home(system), "it opens with the same filter"


def test_a_claim_and_its_release_are_shown_at_once(system: System) -> None:
    system.noyo.add_connection(group_name="Failed Inc", status="unable_to_connect")
    system.settle(20)
    open_home(system)

    claimed = click(system, "claim")

    assert "1 is yours" in claimed
    assert "**Claimed by:** " in claimed
    assert "You are checking this until" in modal(system)
    released = click(system, "release")
    assert "Claimed by" not in released


def test_a_retry_from_the_home_is_sent_and_the_home_follows_it(system: System) -> None:
    system.noyo.add_connection(group_name="Failed Inc", status="unable_to_connect")
    system.settle(20)
    open_home(system)
    click(system, "retry")
    view = system.slack.view_of(ANA)
    assert view is not None
    system.slack.submit(ANA, view.id, {"carrier_group_id": "00110022"})

    system.notify()
    assert "**Now:** " in home(system)
    assert "[Retry…]" not in home(system)
    system.settle(30)

    assert len(system.writes()) == 1
    assert "Nothing needs the team" in home(system)


def test_a_home_that_nobody_has_used_lately_is_left_alone(system: System) -> None:
    open_home(system)
    system.wait(601)
    before = [call.method for call in system.slack.calls].count("views.publish")

    system.request_connection(ANA)
    system.settle(30)

    assert [call.method for call in system.slack.calls].count("views.publish") == before


@pytest.mark.parametrize("kind", [Kind.RATE_LIMITED, Kind.API_ERROR, Kind.SERVER_ERROR])
def test_a_home_that_is_not_updated_delays_no_card(system: System, kind: Kind) -> None:
    system.noyo.add_connection(group_name="Failed Inc", status="unable_to_connect")
    system.settle(20)
    open_home(system)
    system.slack.faults.add(Fault(kind, "views.publish", times=9, seconds=3))
    click(system, "retry")
    view = system.slack.view_of(ANA)
    assert view is not None
    system.slack.submit(ANA, view.id, {})

    system.notify()

    assert "asked to retry" in system.read_channel("C0CONNECTIONS")
    due = system.bot.repositories.outbox.due(int(system.clock()) + 3600, limit=99)
    assert [each for each in due if each.startswith("operation_changed")] == []


def test_a_decision_is_made_from_the_home(system: System) -> None:
    request_disconnection(system)
    open_home(system, BEN)
    click(system, "approve", user=BEN)
    view = system.slack.view_of(BEN)
    assert view is not None
    assert "Approve" in modal(system, BEN)
    reply = system.slack.submit(BEN, view.id, {})
    assert reply.errors == {}
    system.settle(30)
    assert len(system.writes()) == 1
    assert "Nothing needs the team" in home(system, BEN)


def test_a_disconnection_is_confirmed_from_the_home(system: System) -> None:
    asks_to_disconnect(system)
    assert "**Requested by:** " in open_home(system, BEN)
    assert "1 decision, next ends in" in home(system, BEN)
    click(system, "confirm_disconnection", user=BEN)
    view = system.slack.view_of(BEN)
    assert view is not None
    assert system.slack.submit(BEN, view.id, {}).errors == {}
    system.settle(30)

    assert len(system.writes()) == 1
    assert "confirm_disconnection" not in str(system.slack.home_of(BEN).blocks)  # type: ignore[union-attr]


def test_a_disconnection_is_withdrawn_from_the_home(system: System) -> None:
    asks_to_disconnect(system)
    open_home(system)

    assert "Nothing needs the team" in click(system, "withdraw_disconnection")
    assert "Withdrawn" in modal(system)
    system.settle(30)
    assert system.writes() == []


def test_a_guest_sees_no_record_and_learns_why(system: System) -> None:
    system.noyo.add_connection(group_name="Failed Inc", status="unable_to_connect")
    system.settle(20)

    shown = open_home(system, GUS)

    assert "Guests cannot do this." in shown
    assert "Failed Inc" not in shown
    assert "Failed Inc" in open_home(system, ANA)


def test_an_empty_home_says_what_to_type(system: System) -> None:
    shown = open_home(system)
    assert "Nothing needs the team" in shown
    assert "/noyo connect" in shown


def test_many_openings_are_one_publication(system: System) -> None:
    for _ in range(10):
        assert system.slack.open_home(ANA).status == 200
    system.notify()
    assert [call.method for call in system.slack.calls].count("views.publish") == 1


@pytest.mark.parametrize("error", ["not_enabled", "user_not_found", "hash_conflict"])
def test_a_refusal_of_slack_stops_nothing_else(system: System, error: str) -> None:
    system.slack.faults.add(Fault(Kind.API_ERROR, "views.publish", error=error))
    system.slack.open_home(ANA)
    system.noyo.add_connection(group_name="Failed Inc", status="unable_to_connect")

    system.settle(20)

    assert home(system) == ""
    assert "Failed Inc" in system.read_channel("C0CONNECTIONS")
    assert "Failed Inc" in open_home(system), "opening it again asks again"


def test_an_outage_of_slack_delays_a_home_and_nothing_else(system: System) -> None:
    system.slack.faults.add(Fault(Kind.RATE_LIMITED, "views.publish", seconds=30))
    system.slack.open_home(ANA)
    system.noyo.add_connection(group_name="Failed Inc", status="unable_to_connect")
    system.settle(10)
    assert home(system) == ""
    assert "Failed Inc" in system.read_channel("C0CONNECTIONS")

    system.settle(60)

    assert "Failed Inc" in home(system)
