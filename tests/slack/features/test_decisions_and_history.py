"""Slack room tests: what waits for a decision, and what was done."""

from __future__ import annotations

from datetime import date

from bot.domain.audit import AuditEntry
from bot.slack.views import buttons
from tests.slack.incoming import (
    asked_to_disconnect,
    known,
    presses,
    told,
    types,
    view_id,
    window,
)
from tests.world import ANA, BEN, World

SETTINGS = {"APPROVERS": f"{ANA},{BEN}"}


def test_what_waits_is_listed_by_its_last_day_and_what_is_on_its_way_offers_nothing(world: World) -> None:
    assert "No request to disconnect waits for a decision." in told(world, types(world, "decisions"))
    later = asked_to_disconnect(world, "Later Inc", effective_end_date=date(2026, 11, 30))
    asked_to_disconnect(world, "Sooner Inc", effective_end_date=date(2026, 10, 31))
    asked_to_disconnect(world, "Done Inc", "completed")
    presses(world, buttons.approve(later.entity, later.record.version, name="it"))
    world.slack.submit(ANA, view_id(world), {})
    reply = types(world, "decisions")
    read = told(world, reply)
    assert read.index("Sooner Inc") < read.index("Later Inc")
    assert "Last managed day:** 31 Oct 2026" in read
    assert "Done Inc" not in read
    assert "@Ana approved: sending." in read
    assert read.count("Approve Disconnection…") == 1
    message = reply.messages[0]
    block = next(block for block in message.blocks if block["type"] == "actions")
    world.slack.click_ephemeral(ANA, message.ts, "reject", block_id=block["block_id"])
    assert "Sooner Inc stays connected to Guardian" in window(world)


def test_of_many_the_first_eight_are_shown_and_the_rest_are_counted(world: World) -> None:
    for number in range(10):
        asked_to_disconnect(world, f"Many {number}", effective_end_date=date(2026, 1, 1 + number))
    read = told(world, types(world, "decisions"))
    assert "Many 7" in read
    assert "Many 8" not in read
    assert "more. Open one by name: /noyo approve, reject or disconnect" in read


def writes(world: World, record_state: object, action: str, at: int, **details: str) -> None:
    entity = record_state.entity  # type: ignore[attr-defined]
    world.bot.repositories.audit.append(
        AuditEntry(f"{action}{at}", entity, at, BEN, action, tuple(details.items()))
    )


def test_history_tells_who_did_what_the_newest_first(world: World) -> None:
    record_state = asked_to_disconnect(world, "Juliet Inc")
    writes(world, record_state, "denied", 1)
    decided = {"kind": "decide_disconnection", "decision": "reject"}
    writes(
        world,
        record_state,
        "operation_submitted",
        2,
        **decided,
        reason="other",
        effective_end_date="2026-12-31",
    )
    writes(
        world,
        record_state,
        "operation_refused",
        3,
        **decided,
        outcome="refused",
        message="No <!here> 123-45-6789",
    )
    writes(world, record_state, "operation_reconciling", 4, **decided)
    writes(world, record_state, "resolution_chosen", 5, resolution="close")
    writes(world, record_state, "operation_succeeded", 6, kind="retry_connection", outcome="confirmed")
    reply = types(world, "history Juliet")
    lines = [one.partition(" · ")[2] for one in told(world, reply).splitlines() if "@Ben" in one]
    assert lines[0] == "@Ben: retry was confirmed by Noyo"
    assert lines[1] == "@Ben: closed it without anybody knowing whether it took effect"
    assert lines[2] == "@Ben: rejection got no answer; checking whether it arrived"
    assert lines[3].startswith("@Ben: rejection was refused by Noyo: No ")
    assert "123-45-6789" not in lines[3]
    assert lines[4] == "@Ben: rejected (last managed day 31 Dec 2026, other reason), to be sent to Noyo"
    assert lines[5] == "@Ben: was refused: they lack the right"
    assert world.slack.mentions(reply.messages[0]) == ["@Ben"]


def test_an_entry_of_another_version_is_shown_as_it_came(world: World) -> None:
    record_state = asked_to_disconnect(world, "Kilo Inc")
    writes(world, record_state, "teleported <!here>", 1, outcome="odd")
    writes(world, record_state, "operation_submitted", 2)
    read = told(world, types(world, "history Kilo"))
    assert "teleported" in read
    assert "odd" in read
    assert "asked for something" in read


def test_history_tells_who_came_second_and_why(world: World) -> None:
    record_state = asked_to_disconnect(world, "Second Inc")
    decided = {"kind": "decide_disconnection", "decision": "approve"}
    writes(
        world,
        record_state,
        "submission_conflict",
        1,
        **decided,
        because="somebody_was_first",
        first="V1",
        first_by=ANA,
    )
    writes(world, record_state, "submission_conflict", 2, **decided, because="changed")
    writes(world, record_state, "resolution_conflict", 3, resolution="close")
    writes(world, record_state, "operation_sending", 4, **decided, attempt="1")
    writes(world, record_state, "confirmation_conflict", 5, state="cancelled")
    reply = types(world, "history Second")
    lines = [one.partition(" · ")[2] for one in told(world, reply).splitlines() if "@Ben" in one]
    assert lines == [
        "@Ben: wanted to confirm the request to disconnect, but it was no longer waiting",
        "@Ben: approval was sent to Noyo",
        "@Ben: wanted to resolve it, but somebody else was faster",
        "@Ben: wanted to approve, but it had changed since they looked; nothing was sent for them",
        "@Ben: wanted to approve, but @Ana was faster; nothing was sent for them",
    ]


def test_of_a_long_history_twenty_entries_are_shown(world: World) -> None:
    record_state = asked_to_disconnect(world, "Lima Inc")
    for at in range(25):
        writes(world, record_state, "denied", at)
    read = told(world, types(world, "history Lima"))
    assert read.count("was refused: they lack the right") == 20
    assert "There is more, longer ago." in read


def test_the_history_of_a_connection_begins_with_the_request_for_it(world: World) -> None:
    world.asks(ANA, group_name="Mike Inc", carrier_group_id="mike")
    world.settle(30)
    read = told(world, types(world, "history Mike"))
    assert "@Ana: asked for this connection" in read
    assert "request was confirmed by Noyo" in read


def test_history_of_nobody_of_several_or_of_nothing_done_says_so(world: World) -> None:
    assert "Whose? Type /noyo history" in told(world, types(world, "history"))
    assert "Nothing here matches" in told(world, types(world, "history Nobody"))
    first = known(world, "November One")
    asked_to_disconnect(world, "November Two")
    read = told(world, types(world, "history November"))
    assert "Several match. Type /noyo history and the id of one:" in read
    assert first.record.id in read
    assert "Nothing, through Switchboard." in told(world, types(world, f"history {first.record.id}"))
