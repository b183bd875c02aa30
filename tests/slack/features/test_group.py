"""The view of one group: all its connections and requests, what people said, and what happened to them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot import policies
from bot.domain.operations import Operation
from bot.domain.records import connection_ref, group_ref
from bot.domain.requests import Decision, DecisionReason
from bot.dynamodb import schema
from bot.slack.features.group import LATEST, click_ask_noyo, view
from bot.slack.views.buttons import MAX_VALUE, Action, ButtonValue, Page, ask_noyo_button, decode, show_buttons
from bot.usecases.notifications.read_model import group_records
from infra.local.gallery.samples import a_decision, a_pending_disconnection
from tests.aws import worker_client
from tests.slack.incoming import (
    Json,
    answer_text,
    context_of,
    modal_text,
    new_system,
    press_button,
    store_connection,
    store_disconnection_request,
    type_command,
)
from tests.system import ALERTS, ANA, BEN, CONNECTIONS, GUARDIAN, GUS, System

GROUP = "47c07963-2e34-4da2-86b4-cbc3c57111c1"
OTHER = "57c07963-2e34-4da2-86b4-cbc3c57111c2"
PRINCIPAL = "9d2c2b5e-0000-4000-8000-0000000000c2"
MOST_BLOCKS = 50


@pytest.fixture
def system() -> Iterator[System]:
    yield from new_system(APPROVERS=f"{ANA},{BEN}")


def shown(system: System) -> str:
    return str(system.slack.render(system.slack.ephemerals(ANA)[-1]))


def press(system: System, label: str) -> str:
    """Ana clicks this button in her newest answer."""
    answer = system.slack.ephemerals(ANA)[-1]
    blocks = [block for block in answer.blocks if block["type"] == "actions"]
    [(block, button)] = [(each, it) for each in blocks for it in each["elements"] if it["text"]["text"] == label]
    reply = system.slack.click_ephemeral(ANA, answer.ts, button["action_id"], block_id=block["block_id"])
    assert reply.error is None
    return shown(system)


def rows_of(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(("Connection · ", "Disconnection request · "))]


def test_a_group_shows_its_connections_and_open_requests_most_urgent_first(system: System) -> None:
    store_connection(system, "Harbor Foods", "completed", group_id=GROUP, error=None)
    store_connection(system, "Harbor Foods", "processing", group_id=GROUP, carrier_id=PRINCIPAL, error=None)
    store_connection(system, "Harbor Foods", "unable_to_connect", group_id=GROUP, carrier_id=PRINCIPAL)
    store_disconnection_request(system, "Harbor Foods", group_id=GROUP)
    store_disconnection_request(system, "Harbor Foods", "rejected", group_id=GROUP, carrier_id=PRINCIPAL)

    text = answer_text(system, type_command(system, "status harbor"))

    assert [row.split(". ")[0] for row in rows_of(text)] == [
        "Disconnection request · Guardian: **Needs review**",
        f"Connection · {PRINCIPAL}: **Unable to connect**",
        f"Connection · {PRINCIPAL}: **Processing**",
        "Connection · Guardian: **Completed**",
    ]
    assert "3 connections: 1 need action, 1 in progress, 1 connected." in text
    assert "1 open disconnection request." in text
    assert "Next:** Check the carrier group id" in text
    assert "Message from the carrier:** Group not found" in text
    for button in ("Approve Disconnection…", "Retry…", "Claim", "Details", "Add a Carrier…", "History"):
        assert f"[{button}]" in text


def test_a_group_of_200_connections_is_shown_in_pages_that_slack_accepts(system: System) -> None:
    name = "é" * 255
    for number in range(200):
        store_connection(system, name, group_id=GROUP, carrier_group_id=f"n{number:03}")

    first = answer_text(system, type_command(system, f"status {name[:60]}"))
    numbers = [row.split("Carrier group id:** ")[1] for row in rows_of(first)]
    for _ in range(24):
        numbers += [row.split("Carrier group id:** ")[1] for row in rows_of(press(system, "Next"))]
        answer = system.slack.ephemerals(ANA)[-1]
        assert len(answer.blocks) <= MOST_BLOCKS
        assert all(len(each.get("value", "")) <= MAX_VALUE for block in answer.blocks for each in elements(block))

    assert "200 connections: 200 need action." in first
    assert "1 to 8 of 200." in first
    assert sorted(numbers) == [f"n{number:03}" for number in range(200)]
    assert len(system.slack.ephemerals(ANA)) == 1, "pages replace each other"


def elements(block: Json) -> list[Json]:
    found: list[Json] = block.get("elements", [])
    return found if block["type"] == "actions" else []


@contextmanager
def table_calls() -> Iterator[list[str]]:
    calls: list[str] = []

    def count(model: Any, **_: Any) -> None:
        calls.append(model.name)

    client = worker_client("dynamodb")
    client.meta.events.register("before-call", count)
    try:
        yield calls
    finally:
        client.meta.events.unregister("before-call", count)


def test_the_number_of_table_calls_does_not_grow_with_each_connection(system: System) -> None:
    context = context_of(system, ANA)
    counts = []
    for number in range(60):
        store_connection(system, "Wide Inc", group_id=GROUP, carrier_group_id=str(number))
        if number in (9, 59):
            with table_calls() as calls:
                view(context, group_records(GROUP, context.deps.records))
            counts.append(len(calls))

    assert counts[0] == counts[1] <= 20


def test_two_groups_with_one_name_are_shown_as_two_groups_to_choose_from(system: System) -> None:
    for group in (GROUP, OTHER):
        for number in ("1", "2"):
            store_connection(system, "Twin Inc", group_id=group, carrier_group_id=f"{group[:2]}-{number}")

    text = answer_text(system, type_command(system, "status Twin Inc"))

    assert "Several match. Which one?" in text
    assert text.count("[Show Group]") == 2
    assert f"Group id:** {GROUP}" in text
    assert f"Group id:** {OTHER}" in text
    [button] = [
        each
        for block in system.slack.ephemerals(ANA)[-1].blocks
        for each in elements(block)
        if decode(each["value"]).page == Page(f"status {OTHER}")
    ]
    press_button(system, button)
    assert "57-1" in shown(system)
    assert "47-1" not in shown(system)


def test_a_record_without_a_group_is_not_taken_for_one_of_the_group(system: System) -> None:
    for group in (GROUP, GROUP, None):
        store_connection(system, "Loose Inc", group_id=group)

    text = answer_text(system, type_command(system, "status Loose"))

    assert "Several match. Which one?" in text
    assert text.count("[Show Group]") == 1
    assert text.count("[Retry…]") == 1


def test_the_only_connection_of_a_group_is_shown_as_its_card_with_its_history(system: System) -> None:
    store_connection(system, "Single Inc", group_id=GROUP)

    text = answer_text(system, type_command(system, "status Single"))

    assert "Single Inc · Guardian" in text
    assert "Latest:" in text
    assert "[History]" in text
    assert "[Show Group]" not in text
    assert "History of Single Inc, newest first:" in press(system, "History")
    assert "Single Inc · Guardian" in press(system, "Show Group")


def test_a_connection_that_is_found_by_its_id_leads_to_its_group(system: System) -> None:
    records = [store_connection(system, "Several Inc", group_id=GROUP, carrier_group_id=f"s{n}") for n in range(3)]

    text = answer_text(system, type_command(system, f"status {records[0].record.id}"))

    assert "Its group has 2 more records." in text
    assert "3 connections: 3 need action." in press(system, "Show Group")


def test_a_status_beside_the_name_lists_only_what_fits(system: System) -> None:
    store_connection(system, "Mixed Inc", group_id=GROUP)
    store_connection(system, "Mixed Inc", "completed", group_id=GROUP, error=None)
    store_connection(system, "Mixed Inc", group_id=GROUP)

    text = answer_text(system, type_command(system, "status mixed failed"))

    assert text.count("Unable to connect") == text.count("[Retry…]") == 2
    assert "Completed" not in text


def test_a_retry_in_progress_is_shown_and_offers_no_second_one(system: System) -> None:
    system.settle(20)
    for number in ("b1", "b2"):
        failed = {"group_id": GROUP, "group_name": "Busy Inc", "status": "unable_to_connect"}
        system.noyo.add_connection(**failed, carrier_group_id=number)
    system.settle(20)
    assert answer_text(system, type_command(system, "status Busy")).count("[Retry…]") == 2
    alert = next(each for each in system.slack.channel(ALERTS) if "Busy Inc" in system.slack.render(each))
    system.retry(ANA, ALERTS, alert.ts, carrier_group_id="right")

    text = answer_text(system, type_command(system, "status Busy"))

    assert text.count("[Retry…]") == 1
    assert "Now:** @Ana asked to retry with carrier group id right: sending." in text
    assert "@Ana: asked to retry" in text


def store_operation(system: System, operation: Operation) -> None:
    system.bot.repositories.operations.submit(operation, expected=None, events=(), audit=None)


def test_the_notes_for_noyo_are_shown_with_their_authors(system: System) -> None:
    store_connection(system, "Noted Inc", "completed", group_id=GROUP, error=None)
    asked = store_disconnection_request(system, "Noted Inc", group_id=GROUP)
    decision = a_decision(Decision.REJECT, {"reason": DecisionReason.OTHER, "context": "They paid <!channel>."})
    store_operation(system, replace(decision, entity=asked.entity, actor=BEN))
    waiting = a_pending_disconnection({"group_id": GROUP, "group_name": "Noted Inc", "context": "By phone."})
    pending = replace(waiting.entity, key=f"{GROUP}#{GUARDIAN}")
    due = int(system.clock()) + 3600
    store_operation(system, replace(waiting, entity=pending, actor=ANA, due=due))

    reply = type_command(system, "status Noted")
    text = answer_text(system, reply)

    assert "Note for Noyo:** They paid <!channel>. (@Ben's rejection)" in text
    assert "Note for Noyo:** By phone. (@Ana's disconnection request)" in text
    assert "Disconnection request · Guardian, not sent to Noyo yet" in text
    assert "[Confirm Disconnection…]" in text
    assert "2 open disconnection requests." in text
    assert [ping for ping in system.slack.mentions(reply.messages[0]) if "channel" in ping] == []


def test_a_disconnected_connection_is_not_counted_as_connected(system: System) -> None:
    store_connection(system, "Leaving Inc", "completed", group_id=GROUP, error=None)
    store_connection(system, "Leaving Inc", "completed", group_id=GROUP, error=None, carrier_id=PRINCIPAL)
    store_disconnection_request(
        system, "Leaving Inc", "processing", group_id=GROUP, effective_end_date=date(2026, 12, 31)
    )

    text = answer_text(system, type_command(system, "status Leaving"))

    assert "2 connections: 1 connected, 1 disconnecting or disconnected." in text
    assert text.count("[Disconnect…]") == 1


def test_the_history_merges_what_people_and_noyo_did_newest_first(system: System) -> None:
    system.noyo.script("first", [(2, "processing"), (10, "unable_to_connect", "No such group")])
    system.request_connection(ANA, group_name="Told Inc", carrier_group_id="first")
    system.settle(30)
    [state] = system.bot.repositories.records.find("Told Inc", limit=2)
    more = {"group_id": state.record.group_id, "carrier_id": PRINCIPAL, "modified": 5}
    store_connection(system, "Told Inc", "completed", error=None, **more)

    type_command(system, "status Told")
    latest = shown(system)
    lines = [line for line in press(system, "History").splitlines() if " · " in line]

    assert latest.count(" · Guardian · ") <= LATEST
    order = ["Noyo: Unable to connect, No such group", "request was confirmed by Noyo", "asked for this connection"]
    positions = [next(at for at, line in enumerate(lines) if text in line) for text in order]
    assert positions == sorted(positions)
    assert f"{PRINCIPAL} · Noyo: Completed" in lines[-1]


def test_a_history_names_which_record_an_entry_is_about_and_says_what_it_leaves_out(system: System) -> None:
    for number in range(14):
        store_connection(system, "Broad Inc", group_id=GROUP, carrier_group_id=str(number))

    text = answer_text(system, type_command(system, f"history {GROUP}"))

    assert text.count(" · Guardian · Noyo: Unable to connect") == 12
    assert "These are the 12 of its 14 records that changed last." in text


def test_hostile_names_mention_nobody_and_link_nowhere(system: System) -> None:
    hostile = "<!channel> *b* <https://evil.example|x> `c` \u202e" + "y" * 400
    for group in (GROUP, GROUP, OTHER, OTHER):
        store_connection(system, hostile, group_id=group, error=hostile, carrier_group_id=hostile[:50])
    for text in (f"status {GROUP}", f"history {GROUP}", "status channel evil"):
        reply = type_command(system, text)
        assert reply.error is None
        assert "yyy" in answer_text(system, reply)
        assert [ping for ping in system.slack.mentions(reply.messages[0]) if "channel" in ping] == []
        assert system.slack.links(reply.messages[0]) == []


def test_a_group_with_an_unreadable_record_says_so(system: System) -> None:
    states = [store_connection(system, "Torn Inc", group_id=GROUP) for _ in range(3)]
    [item] = [each for each in system.items() if each["pk"]["S"] == schema.state(states[0].entity).pk]
    newer: Any = item | {"schema": {"N": "99"}}
    worker_client("dynamodb").put_item(TableName=system.settings.aws.table, Item=newer)
    context = context_of(system, ANA)

    answer = json.dumps(view(context, group_records(GROUP, context.deps.records)))

    assert "This release cannot read 1 of them." in answer


def test_the_button_of_a_channel_message_answers_only_to_the_person_and_leaves_the_message(system: System) -> None:
    store_connection(system, "Posted Inc", group_id=GROUP)
    [button] = show_buttons("status Posted", "Show All")

    press_button(system, button)

    assert button["action_id"] == Action.SHOW
    assert "Posted Inc" in shown(system)
    [message] = [each for each in system.slack.channel(CONNECTIONS) if each.text == "buttons"]
    assert "Posted" not in system.slack.render(message)


def test_a_text_that_is_too_long_for_a_button_gets_none() -> None:
    assert show_buttons("status " + "x" * 2000, "Show All") == ()


# ---------------------------------------------------------------- Ask Noyo Again


def unseen_connection(system: System, **fields: Any) -> None:
    """A connection that no poll has shown yet."""
    system.noyo.add_connection(group_id=GROUP, group_name="Asked Inc", carrier_id=PRINCIPAL, **fields)


def refreshes(system: System) -> list[str]:
    return [each for each in system.open_operations() if system.operation(each).entity == group_ref(GROUP)]


def work(system: System) -> None:
    system.execute_due()
    system.notify()


def test_noyo_is_asked_for_a_group_once_for_several_people_and_the_first_person_is_told(system: System) -> None:
    system.noyo.add_connection(group_id=GROUP, group_name="Asked Inc", status="completed", carrier_id=GUARDIAN)
    system.settle(20)
    unseen_connection(system, status="unable_to_connect")
    answer_text(system, type_command(system, "status Asked"))

    asked = press(system, "Ask Noyo Again")
    for_ben = answer_text(system, type_command(system, "status Asked", BEN))

    for text in (asked, for_ben):
        assert "Noyo is being asked for all connections of the group, for @Ana." in text
        assert "[Ask Noyo Again]" not in text
    assert len(refreshes(system)) == 1
    assert not [seen for seen in system.noyo.requests if GROUP in seen.path], "the receiver does not call Noyo"

    work(system)
    [reply] = [each for each in system.slack.direct_messages(ANA) if "Asked Inc" in system.slack.render(each)]
    assert "At Noyo, this group has 2 connections, 1 of them new or changed." in system.slack.render(reply)
    assert "[Show Group]" in system.slack.render(reply)
    after = answer_text(system, type_command(system, "status Asked", BEN))
    assert "2 connections: 1 need action, 1 connected." in after
    assert "2 connections, 1 of them new or changed. @Ana asked." in after
    assert "@Ana: asked for a refresh from Noyo" in after


def ask_buttons(system: System) -> list[Json]:
    answer = system.slack.ephemerals(ANA)[-1]
    return [each for block in answer.blocks for each in elements(block) if each["action_id"] == Action.ASK_NOYO]


def test_an_old_button_asks_again_only_after_some_minutes(system: System) -> None:
    system.noyo.add_connection(group_id=GROUP, group_name="Asked Inc", status="completed")
    system.settle(20)
    answer_text(system, type_command(system, "status Asked"))
    [button] = ask_buttons(system)
    press_button(system, button)
    work(system)

    press_button(system, button, BEN)
    assert refreshes(system) == []
    assert "@Ana asked." in system.slack.render(system.slack.ephemerals(BEN)[-1])

    system.wait(policies.GROUP_REFRESH_SECONDS)
    press_button(system, button, BEN)
    assert len(refreshes(system)) == 1


def test_while_noyo_does_not_answer_it_is_asked_again_later(system: System) -> None:
    system.noyo.add_connection(group_id=GROUP, group_name="Asked Inc", status="completed")
    system.settle(20)
    answer_text(system, type_command(system, "status Asked"))
    press(system, "Ask Noyo Again")
    system.noyo.stop()
    try:
        work(system)
    finally:
        system.noyo.start()
    assert len(refreshes(system)) == 1
    assert "Noyo is being asked" in answer_text(system, type_command(system, "status Asked"))

    system.wait(120)
    work(system)

    assert refreshes(system) == []
    [reply] = [each for each in system.slack.direct_messages(ANA) if "Asked Inc" in system.slack.render(each)]
    assert "At Noyo, this group has 1 connection, none of them new or changed." in system.slack.render(reply)


def test_a_guest_cannot_have_noyo_asked(system: System) -> None:
    store_connection(system, "Asked Inc", group_id=GROUP)
    answer_text(system, type_command(system, "status Asked"))
    [button] = ask_buttons(system)

    press_button(system, button, GUS)

    assert "Guests cannot do this" in modal_text(system, GUS)
    assert refreshes(system) == []


def test_a_group_of_which_nothing_is_known_is_found_by_its_id(system: System) -> None:
    system.settle(20)
    unseen_connection(system, status="completed")

    text = answer_text(system, type_command(system, f"status {GROUP}"))
    work(system)

    assert "I do not know this id yet, so I am asking Noyo." in text
    [reply] = system.slack.direct_messages(ANA)
    assert "At Noyo, this group has 1 connection, 1 of them new or changed." in system.slack.render(reply)
    assert "Asked Inc · " in answer_text(system, type_command(system, f"status {GROUP}"))


def test_a_button_for_a_group_without_records_answers_too(system: System) -> None:
    button = ask_noyo_button(group_ref(OTHER), Page(f"status {OTHER}"), name="it")

    press_button(system, button)

    assert "Switchboard has no record of this group." in shown(system)


@pytest.mark.parametrize("value", [ButtonValue(page=Page("status")), ButtonValue(connection_ref(GROUP), "1")])
def test_a_button_for_anything_but_a_group_is_refused(system: System, value: ButtonValue) -> None:
    with pytest.raises(ValueError, match="not for a group"):
        click_ask_noyo(context_of(system, ANA), value)
