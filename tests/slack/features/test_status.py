"""The status command and the details of one record."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.records import EntityRef, Record
from bot.slack.context import Actor
from bot.slack.features.status import VERSIONS, click_details
from bot.slack.views import buttons, record_facts
from bot.slack.views.buttons import Action
from tests.slack.incoming import (
    answer_text,
    change_status,
    context_of,
    handle_requests_with,
    modal_text,
    press_button,
    store_connection,
    type_command,
)
from tests.system import ANA, BEN, CONNECTIONS, GUS, System

UNKNOWN_ID = "0b1c7c5e-0000-4000-8000-000000000077"
HOSTILE = "<!channel> *b* <https://evil.example|x> `c` \u202e" + "y" * 5000


def details_of(system: System, name: str) -> str:
    (record_state,) = system.bot.repositories.records.find(name, limit=2)
    press_button(system, record_facts.record_button(Action.DETAILS, record_state.record))
    return modal_text(system)


def test_status_without_open_work_says_so_and_explains_its_usage(system: System) -> None:
    store_connection(system, "Quiet Inc", "completed")
    text = answer_text(system, type_command(system, "status"))
    assert "Nothing needs our action." in text
    assert "/noyo status and a name shows one." in text


def test_status_without_a_match_suggests_what_to_try(system: System) -> None:
    text = answer_text(system, type_command(system, "status Nowhere Inc"))
    assert "Nothing here matches “Nowhere Inc”" in text
    assert "the beginning of a Noyo id" in text
    assert "/noyo connect" in text


@pytest.mark.parametrize("by", ["One Match", "one", "id of One Match Inc"])
def test_one_match_is_shown_as_its_card(system: System, by: str) -> None:
    if not system.bot.repositories.records.find("One Match", limit=1):
        store_connection(system, "One Match Inc", error="No such group")
    text = answer_text(system, type_command(system, f"status {by}"))
    assert "One Match Inc · Guardian" in text
    assert "No such group" in text
    assert "[Retry…]" in text
    assert "[Details]" in text


def test_a_record_is_found_by_an_id_prefix_and_by_an_upper_case_id(system: System) -> None:
    record = store_connection(system, "By Id Inc").record
    for typed in (record.id[:8], record.id.upper()):
        assert "By Id Inc" in answer_text(system, type_command(system, f"status {typed}"))


def test_several_matches_are_listed_with_their_differences(system: System) -> None:
    for number in (1, 2):
        store_connection(
            system, "Twin Inc", "completed" if number == 1 else "unable_to_connect", carrier_group_id=f"t-{number}"
        )
    text = answer_text(system, type_command(system, "status Twin"))
    assert "Several match. Which one?" in text
    assert "t-1" in text
    assert "t-2" in text
    assert "Completed" in text
    assert text.count("[Retry…]") == 1


def test_matches_beyond_the_limit_are_mentioned(system: System) -> None:
    for number in range(10):
        store_connection(system, f"Many {number}", "completed")
    text = answer_text(system, type_command(system, "status Many"))
    assert text.count("[Details]") == 8
    assert "1 to 8 of 10." in text


def test_records_that_need_action_are_listed_with_buttons(system: System) -> None:
    text = answer_text(system, type_command(system, "status"))
    assert "Needs our action: " in text
    assert "[Retry…]" in text


@pytest.mark.parametrize("text", ["x" * 3900, "é" * 1500, "<!channel>", "\x00", "\ud7ff" * 40, "#", "a b c d e f g"])
def test_any_search_text_gets_an_answer_that_mentions_nobody(system: System, text: str) -> None:
    reply = type_command(system, f"status {text}")
    assert "matches" in answer_text(system, reply)
    assert system.slack.mentions(reply.messages[0]) == []


def test_an_unknown_id_is_read_from_noyo_and_answered_by_direct_message(system: System) -> None:
    connection = system.noyo.add_connection(group_name="Unseen Inc", status="completed")
    text = answer_text(system, type_command(system, f"status {connection['id'].upper()}"))
    assert "I do not know this id yet, so I am asking Noyo." in text
    system.execute_due()
    system.notify()
    message = system.slack.direct_messages(ANA)[-1]
    assert "Unseen Inc" in system.slack.render(message)


def test_a_refresh_waits_while_noyo_is_down(system: System) -> None:
    system.noyo.stop()
    try:
        assert "I am asking Noyo" in answer_text(system, type_command(system, f"status {UNKNOWN_ID}", BEN))
        system.execute_due()
    finally:
        system.noyo.start()
    assert [
        operation_id
        for operation_id in system.open_operations()
        if system.operation(operation_id).entity.key == UNKNOWN_ID
    ]
    system.wait(3600)
    system.execute_due()
    system.notify()
    assert "Noyo could not find" in system.slack.render(system.slack.direct_messages(BEN)[-1])


def test_details_show_all_fields_and_all_versions(system: System) -> None:
    record_state = change_status(
        system, store_connection(system, "Known Well Inc", "processing"), "unable_to_connect", error="No such group"
    )
    shown = details_of(system, "Known Well")
    for expected in (record_state.record.id, record_state.record.version, "No such group", "id of Known Well Inc"):
        assert expected in shown
    versions = shown[shown.index("Known versions") :]
    assert versions.index("Unable to connect") < versions.index("Processing")


def test_details_of_many_versions_show_the_newest_and_count_the_others(system: System) -> None:
    record_state = store_connection(system, "Restless Inc", error=HOSTILE)
    context = context_of(system)

    class LongHistory:
        """Records with a long history."""

        def __getattr__(self, name: str) -> object:
            return getattr(context.deps.records, name)

        def history(self, entity: EntityRef, *, since: int) -> list[Record]:
            return [
                replace(record_state.record, modified=record_state.record.modified - 200 + age) for age in range(200)
            ]

    handle_requests_with(system, replace(context, deps=replace(context.deps, records=LongHistory())))  # type: ignore[arg-type]
    shown = details_of(system, "Restless")
    assert f"1 to {VERSIONS} of 200." in shown
    view = system.slack.view_of(ANA)
    assert view is not None
    for _ in range(200 // VERSIONS):
        assert system.slack.click_in_view(ANA, view.id, "next_page").error is None
    assert "196 to 200 of 200." in modal_text(system)
    assert "[Previous]" in modal_text(system)
    assert "[Next]" not in modal_text(system)


def test_hostile_names_and_messages_are_shown_as_plain_text(system: System) -> None:
    record_state = store_connection(system, HOSTILE, error=HOSTILE, carrier_group_id=HOSTILE[:60])
    for reply in (type_command(system, f"status {record_state.record.id}"), type_command(system, "status")):
        assert reply.error is None
        assert [ping for ping in system.slack.mentions(reply.messages[0]) if "channel" in ping] == []
        assert system.slack.links(reply.messages[0]) == []
    press_button(system, record_facts.record_button(Action.DETAILS, record_state.record))
    assert "[[ Details ]]" in modal_text(system)
    press_button(system, record_facts.record_button(Action.RETRY, record_state.record))
    assert "[[ Retry a connection ]]" in modal_text(system)


@pytest.mark.parametrize("text", ["status Private Inc", "status", f"status {UNKNOWN_ID}"])
def test_a_guest_sees_no_records_and_causes_no_refresh(system: System, text: str) -> None:
    store_connection(system, "Private Inc")
    before = system.open_operations()
    answer = answer_text(system, type_command(system, text, GUS))
    assert "Guests cannot do this. Please ask a full member of this workspace." in answer
    assert "Private" not in answer
    assert system.open_operations() == before


def test_a_guest_cannot_open_details(system: System) -> None:
    record_state = store_connection(system, "Private Too Inc")
    press_button(system, record_facts.record_button(Action.DETAILS, record_state.record), GUS)
    assert "Guests cannot do this" in modal_text(system, GUS)
    assert "Private" not in modal_text(system, GUS)


def test_details_of_a_missing_record_say_so(system: System) -> None:
    record_state = store_connection(system, "Soon Gone Inc")
    missing = replace(record_state.record, id=UNKNOWN_ID).entity
    press_button(system, buttons.record_button(Action.DETAILS, missing, "1", name="it"))
    assert "Switchboard no longer has this record." in modal_text(system)


def test_details_open_a_modal_and_submit_nothing(system: System) -> None:
    record_state = store_connection(system, "Looked At Inc")
    before = system.open_operations()
    ts = system.slack.workspace.new_trigger(ANA)
    click_details(
        context_of(system).for_actor(Actor(ANA, CONNECTIONS, ts)), buttons.ButtonValue(record_state.entity, "1")
    )
    assert "Looked At Inc" in modal_text(system)
    assert system.open_operations() == before
