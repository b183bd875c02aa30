"""A record that Noyo no longer has waits for nobody, and only a clear answer to a read by its id says so."""

from __future__ import annotations

import pytest

from infra.local.noyo import Fault
from tests.scenarios.test_truth import card_with, decide, request_disconnection, unclear_retry
from tests.system import ALERTS, ANA, CONNECTIONS, DECISIONS, System, blocks_of

SWEEP = 25 * 3600
DELETED = "Deleted at Noyo"


def sweep(system: System) -> None:
    system.wait(SWEEP)
    system.settle(60)


def offered(system: System, channel: str) -> set[str]:
    actions = ("approve", "reject", "claim", "retry", "resolve_send_again")
    shown = [blocks_of(message) for message in system.slack.channel(channel)]
    return {action for action in actions if any(f'"{action}"' in blocks for blocks in shown)}


def answer(system: System, text: str) -> str:
    return "\n".join(
        system.slack.render(message) for message in system.slack.command(ANA, DECISIONS, "/noyo", text).messages
    )


def test_a_deleted_connection_is_shown_as_deleted_after_a_sweep(system: System) -> None:
    record = system.noyo.add_connection(group_name="Gone Company", status="processing")
    system.settle(30)
    system.noyo.remove(record["id"])
    sweep(system)

    assert f"Processing → **{DELETED}**" in system.read_channel(CONNECTIONS)
    assert f"**Status:** {DELETED}, noticed" in system.read_channel(CONNECTIONS)


def test_a_deleted_failed_connection_needs_no_action_anymore(system: System) -> None:
    record = system.noyo.add_connection(group_name="Gone Company", status="unable_to_connect")
    system.settle(30)
    assert offered(system, ALERTS) == {"claim", "retry"}
    system.noyo.remove(record["id"])
    sweep(system)

    assert offered(system, ALERTS) | offered(system, CONNECTIONS) == set()
    assert "No longer needs action: Gone Company" in system.read_channel(ALERTS)
    assert "Nothing needs our action" in answer(system, "status")


def test_an_approval_that_waits_ends_when_its_request_was_deleted(system: System) -> None:
    """It is deferred by a pause when Noyo deletes the request; nothing was ever sent."""
    request = request_disconnection(system, "2027-12-31")
    system.slack.command(ANA, DECISIONS, "/noyo", "pause maintenance")
    system.settle(30)
    decide(system, "approve")
    system.settle(30)
    system.noyo.remove(request["id"])
    sweep(system)

    seen = system.read_channel(DECISIONS)
    assert "@Ana's approval had no effect: the request was deleted at Noyo" in seen
    assert f"**Status:** {DELETED}" in seen
    assert offered(system, DECISIONS) == set()
    assert "No request to disconnect waits" in answer(system, "decisions")
    assert system.writes() == []
    assert system.open_operations() == []


def test_an_approval_with_an_unknown_effect_says_so_when_its_request_was_deleted(system: System) -> None:
    request = request_disconnection(system)
    system.noyo.faults.add(Fault("reset_before", method="PUT"))
    decide(system, "approve")
    system.execute_due()
    system.noyo.remove(request["id"])
    system.settle(120)

    seen = system.read_channel(DECISIONS)
    assert "It is unknown whether @Ana's approval took effect: the request was deleted at Noyo" in seen
    assert f"**Status:** {DELETED}" in seen
    assert len(system.writes()) == 1
    assert system.open_operations() == []


def test_a_question_about_a_deleted_connection_is_closed(system: System) -> None:
    """Nobody could find out any more whether the retry arrived."""
    record = unclear_retry(system)
    assert offered(system, ALERTS) == {"resolve_send_again"}
    system.noyo.remove(record["id"])
    sweep(system)

    assert offered(system, ALERTS) == set()
    assert "It is unknown whether @Ana's retry took effect: the connection was deleted" in system.read_channel(
        CONNECTIONS
    )


def test_an_approval_of_a_deleted_request_marks_it_at_once(system: System) -> None:
    request = request_disconnection(system)
    system.noyo.remove(request["id"])
    decide(system, "approve")
    system.settle(30)

    seen = system.read_channel(DECISIONS)
    assert "@Ana's approval had no effect: the request was deleted at Noyo" in seen
    assert f"**Status:** {DELETED}" in seen
    assert offered(system, DECISIONS) == set()


def test_an_old_button_of_a_deleted_request_explains(system: System) -> None:
    request = request_disconnection(system)
    old = card_with(system, DECISIONS, "approve")
    system.slack.click(ANA, DECISIONS, old.ts, "approve")
    form = system.slack.view_of(ANA)
    assert form is not None
    system.noyo.remove(request["id"])
    sweep(system)
    system.slack.submit(ANA, form.id, {})
    view = system.slack.view_of(ANA)

    assert view is not None
    assert DELETED in system.slack.render(view)
    assert "nothing was sent to Noyo" in system.slack.render(view)
    assert system.writes() == []


@pytest.mark.parametrize("status", [403, 500])
def test_a_failed_read_changes_nothing(system: System, status: int) -> None:
    record = system.noyo.add_connection(group_name="Gone Company", status="unable_to_connect")
    system.settle(30)
    system.noyo.remove(record["id"])
    system.wait(60)
    system.noyo.add_connection(group_name="Newer Company", status="completed")
    system.settle(30)
    path = f"/group_connections/{record['id']}"
    system.noyo.faults.add(Fault("error_before", method="GET", path_contains=path, status=status, times=None))
    sweep(system)

    assert DELETED not in system.read_channel(CONNECTIONS)
    assert offered(system, ALERTS) == {"claim", "retry"}


def test_a_record_that_a_list_leaves_out_is_not_deleted(system: System) -> None:
    """Noyo does not list it, although it has it."""
    record = system.noyo.add_connection(group_name="Hidden Company", status="processing")
    system.settle(30)
    system.noyo.corrupt(record["id"], "id missing")
    sweep(system)

    assert DELETED not in system.read_channel(CONNECTIONS)


@pytest.mark.parametrize("changes", [True, False])
def test_a_record_that_returns_is_followed_again(system: System, changes: bool) -> None:
    request = request_disconnection(system, "2027-12-31")
    system.noyo.remove(request["id"])
    sweep(system)
    assert offered(system, DECISIONS) == set()
    system.noyo.restore(request["id"])
    if changes:
        system.noyo.move_disconnection(request["id"], "needs_review", effective_end_date="2027-11-30")
        system.settle(60)
    sweep(system)

    assert "It exists at Noyo again: **Needs review**" in system.read_channel(DECISIONS)
    assert {"approve", "reject"} <= offered(system, DECISIONS)
    assert "These disconnection requests need a decision" in answer(system, "decisions")
    decide(system, "approve")
    system.settle(60)
    assert system.noyo.disconnection(request["id"])["status"] == "processing"


def test_a_request_whose_connection_was_deleted_is_not_sent_again(system: System) -> None:
    """A poll finds the connection of an unanswered request; Noyo deletes it before the request is reconciled."""
    system.noyo.faults.add(Fault("reset_after", method="POST", path_contains="group_connections"))
    system.request_connection()
    system.execute_due()
    system.poll()
    [created] = system.noyo.connections()
    system.noyo.remove(created["id"])
    system.settle(300)

    assert len(system.writes()) == 1
    assert system.noyo.connections() == []


def test_a_status_that_noyo_names_like_ours_is_an_unknown_one(system: System) -> None:
    """Only a 404 to a read by its id says that a record is deleted."""
    record = system.noyo.add_connection(group_name="Present Company", status="processing")
    system.settle(30)
    system.noyo.move_connection(record["id"], "deleted_at_noyo")
    system.settle(30)

    seen = system.read_channel(CONNECTIONS) + answer(system, f"status {record['id']}")
    assert DELETED not in seen
    assert 'Processing → "deleted_at_noyo"' in seen
    assert "Unknown status. If it stays, ask Noyo what it means." in seen

    system.noyo.move_connection(record["id"], "completed")
    system.settle(30)
    assert "It exists at Noyo again" not in system.read_channel(CONNECTIONS)
