"""The decisions and history commands."""

from __future__ import annotations

from datetime import date

from bot.domain.people import AuditEntry
from bot.slack import commands
from bot.slack.context import Actor
from bot.slack.views import record_facts
from bot.slack.views.buttons import Action
from tests.slack.incoming import (
    answer_text,
    context_of,
    modal_text,
    press_button,
    store_connection,
    store_disconnection_request,
    type_command,
    view_id,
)
from tests.system import ANA, BEN, System

SETTINGS = {"APPROVERS": f"{ANA},{BEN}"}


def test_requests_are_listed_by_their_last_day_and_those_being_sent_offer_no_buttons(system: System) -> None:
    assert "No request to disconnect waits for a decision." in answer_text(system, type_command(system, "decisions"))
    later = store_disconnection_request(system, "Later Inc", effective_end_date=date(2026, 11, 30))
    store_disconnection_request(system, "Sooner Inc", effective_end_date=date(2026, 10, 31))
    store_disconnection_request(system, "Done Inc", "completed")
    press_button(system, record_facts.record_button(Action.APPROVE, later.record))
    system.slack.submit(ANA, view_id(system), {})
    reply = type_command(system, "decisions")
    text = answer_text(system, reply)
    assert text.index("Sooner Inc") < text.index("Later Inc")
    assert "Last managed day:** 31 Oct 2026" in text
    assert "Done Inc" not in text
    assert "@Ana approved: sending." in text
    assert text.count("Approve Disconnection…") == 1
    message = reply.messages[0]
    block = next(block for block in message.blocks if block["type"] == "actions")
    system.slack.click_ephemeral(ANA, message.ts, "reject", block_id=block["block_id"])
    assert "This request does not disconnect Sooner Inc from Guardian" in modal_text(system)


def test_the_first_eight_requests_are_shown_and_the_rest_are_on_the_next_page(system: System) -> None:
    for number in range(10):
        store_disconnection_request(system, f"Many {number}", effective_end_date=date(2026, 1, 1 + number))
    text = answer_text(system, type_command(system, "decisions"))
    assert "Many 7" in text
    assert "Many 8" not in text
    assert "1 to 8 of " in text
    assert "[Next]" in text


def write_entry(system: System, record_state: object, action: str, at: int, **details: str) -> None:
    entity = record_state.entity  # type: ignore[attr-defined]
    system.bot.repositories.audit.append(AuditEntry(f"{action}{at}", entity, at, BEN, action, tuple(details.items())))


def test_history_shows_actors_and_actions_newest_first(system: System) -> None:
    record_state = store_disconnection_request(system, "Juliet Inc")
    write_entry(system, record_state, "denied", 1)
    decided = {"kind": "decide_disconnection", "decision": "reject"}
    write_entry(
        system, record_state, "operation_submitted", 2, **decided, reason="other", effective_end_date="2026-12-31"
    )
    write_entry(
        system, record_state, "operation_refused", 3, **decided, outcome="refused", message="No <!here> 123-45-6789"
    )
    write_entry(system, record_state, "operation_reconciling", 4, **decided)
    write_entry(system, record_state, "resolution_chosen", 5, resolution="close")
    write_entry(system, record_state, "operation_succeeded", 6, kind="retry_connection", outcome="confirmed")
    reply = type_command(system, "history Juliet")
    lines = [line.partition(" · ")[2] for line in answer_text(system, reply).splitlines() if "@Ben" in line]
    assert lines[0] == "@Ben: retry was confirmed by Noyo"
    assert lines[1] == "@Ben: closed it; its effect is unknown"
    assert lines[2] == "@Ben: rejection was not confirmed by Noyo; checking whether it arrived"
    assert lines[3].startswith("@Ben: rejection was refused by Noyo: No ")
    assert "123-45-6789" not in lines[3]
    assert lines[4] == "@Ben: rejected (last managed day 31 Dec 2026, other reason), to be sent to Noyo"
    assert lines[5] == "@Ben: was refused: they lack the right"
    assert system.slack.mentions(reply.messages[0]) == ["@Ben"]


def test_an_entry_of_an_unknown_kind_is_shown_as_stored(system: System) -> None:
    record_state = store_disconnection_request(system, "Oscar Inc")
    write_entry(system, record_state, "teleported <!here>", 1, outcome="odd")
    write_entry(system, record_state, "operation_submitted", 2)
    text = answer_text(system, type_command(system, "history Oscar"))
    assert "teleported" in text
    assert "odd" in text
    assert "asked for something" in text


def test_history_shows_conflicts_and_their_reasons(system: System) -> None:
    record_state = store_disconnection_request(system, "Second Inc")
    decided = {"kind": "decide_disconnection", "decision": "approve"}
    write_entry(
        system, record_state, "submission_conflict", 1, **decided, because="already_submitted", first="V1", first_by=ANA
    )
    write_entry(system, record_state, "submission_conflict", 2, **decided, because="changed")
    write_entry(system, record_state, "resolution_conflict", 3, resolution="close")
    write_entry(system, record_state, "operation_sending", 4, **decided, attempt="1")
    write_entry(system, record_state, "confirmation_conflict", 5, state="cancelled")
    reply = type_command(system, "history Second")
    lines = [line.partition(" · ")[2] for line in answer_text(system, reply).splitlines() if "@Ben" in line]
    assert lines == [
        "@Ben: tried to confirm the disconnection request, but it was no longer waiting",
        "@Ben: approval was picked up to be sent to Noyo",
        "@Ben: tried to resolve it, but someone else acted first",
        "@Ben: tried to approve, but it had changed in the meantime; nothing was sent for them",
        "@Ben: tried to approve, but @Ana was faster; nothing was sent for them",
    ]


def test_a_long_history_has_pages_of_twenty_entries(system: System) -> None:
    record_state = store_disconnection_request(system, "Lima Inc")
    for at in range(24):
        write_entry(system, record_state, "denied", at)
    text = answer_text(system, type_command(system, "history Lima"))
    assert "Noyo: Needs review" in text
    assert text.count("was refused: they lack the right") == 19
    assert "1 to 20 of 25." in text
    assert "[Next]" in text


def test_a_history_that_is_too_long_says_that_it_was_cut(system: System) -> None:
    record_state = store_disconnection_request(system, "Xray Partners")
    for at in range(320):
        write_entry(system, record_state, "denied", at)
    assert "not shown here" not in answer_text(system, type_command(system, "history Xray"))
    context = context_of(system, ANA).for_actor(Actor(ANA, None, "1.2.3"))
    last = commands.answer(context, "history Xray", 99)
    assert "Older entries are not shown here." in str(last["blocks"])
    assert "301 to 301 of 301" in str(last["blocks"])


def test_the_history_of_a_connection_begins_with_the_request_for_it(system: System) -> None:
    system.request_connection(ANA, group_name="Mike Inc", carrier_group_id="mike")
    system.settle(30)
    text = answer_text(system, type_command(system, "history Mike"))
    assert "@Ana: asked for this connection" in text
    assert "request was confirmed by Noyo" in text


def test_history_explains_when_no_record_several_records_or_no_actions_match(system: System) -> None:
    assert "Whose history? Find it here, or type /noyo history" in answer_text(system, type_command(system, "history"))
    assert "Nothing here matches" in answer_text(system, type_command(system, "history Nobody"))
    first = store_connection(system, "November One")
    store_disconnection_request(system, "November Two")
    text = answer_text(system, type_command(system, "history November"))
    assert "Several match. Type /noyo history and the id of one:" in text
    assert first.record.id in text
    text = answer_text(system, type_command(system, f"history {first.record.id}"))
    assert "Noyo: Unable to connect, Group not found" in text
    assert "Nobody has done anything about it in Switchboard." in text
