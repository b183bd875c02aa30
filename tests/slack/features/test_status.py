"""The status command and the details of one record."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.records import EntityRef, Record
from bot.slack.context import Actor
from bot.slack.features.status import VERSIONS, click_details
from bot.slack.views import buttons, record_facts
from bot.slack.views.buttons import Action
from tests.slack.incoming import answer_text, context_of, known, moves, presses, receives_with, types, window
from tests.system import ANA, BEN, CONNECTIONS, GUS, System

UNHEARD = "0b1c7c5e-0000-4000-8000-000000000077"
HOSTILE = "<!channel> *b* <https://evil.example|x> `c` \u202e" + "y" * 5000


def details_of(system: System, name: str) -> str:
    (record_state,) = system.bot.repositories.records.find(name, limit=2)
    presses(system, record_facts.record_button(Action.DETAILS, record_state.record))
    return window(system)


def test_without_anything_that_waits_it_says_so_and_what_to_type(system: System) -> None:
    known(system, "Quiet Inc", "completed")
    read = answer_text(system, types(system, "status"))
    assert "Nothing needs our action." in read
    assert "/noyo status and a name shows one." in read


def test_nothing_found_says_what_can_be_tried(system: System) -> None:
    read = answer_text(system, types(system, "status Nowhere Inc"))
    assert "Nothing here matches “Nowhere Inc”" in read
    assert "the beginning of a Noyo id" in read
    assert "/noyo connect" in read


@pytest.mark.parametrize("by", ["One Match", "one", "id of One Match Inc"])
def test_one_match_is_shown_as_its_card(system: System, by: str) -> None:
    if not system.bot.repositories.records.find("One Match", limit=1):
        known(system, "One Match Inc", error="No such group")
    read = answer_text(system, types(system, f"status {by}"))
    assert "One Match Inc · Guardian" in read
    assert "No such group" in read
    assert "[Retry…]" in read
    assert "[Details]" in read


def test_the_beginning_of_an_id_and_an_id_in_capitals_find_it(system: System) -> None:
    record = known(system, "By Id Inc").record
    for typed in (record.id[:8], record.id.upper()):
        assert "By Id Inc" in answer_text(system, types(system, f"status {typed}"))


def test_several_matches_are_listed_with_what_tells_them_apart(system: System) -> None:
    for number in (1, 2):
        known(system, "Twin Inc", "completed" if number == 1 else "unable_to_connect", carrier_group_id=f"t-{number}")
    read = answer_text(system, types(system, "status Twin"))
    assert "Several match. Which one?" in read
    assert "t-1" in read
    assert "t-2" in read
    assert "Completed" in read
    assert read.count("[Retry…]") == 1


def test_more_matches_than_fit_are_named_as_more(system: System) -> None:
    for number in range(10):
        known(system, f"Many {number}", "completed")
    read = answer_text(system, types(system, "status Many"))
    assert read.count("[Details]") == 8
    assert "More match: add a word, or use an id." in read


def test_what_waits_for_us_is_listed_with_its_buttons(system: System) -> None:
    read = answer_text(system, types(system, "status"))
    assert "Needs our action: " in read
    assert "[Retry…]" in read


@pytest.mark.parametrize("text", ["x" * 3900, "é" * 1500, "<!channel>", "\x00", "\ud7ff" * 40, "#", "a b c d e f g"])
def test_whatever_is_asked_for_is_answered_and_pings_nobody(system: System, text: str) -> None:
    reply = types(system, f"status {text}")
    assert "matches" in answer_text(system, reply)
    assert system.slack.mentions(reply.messages[0]) == []


def test_an_id_we_never_saw_is_looked_up_and_the_answer_comes_as_a_message(system: System) -> None:
    connection = system.noyo.add_connection(group_name="Unseen Inc", status="completed")
    read = answer_text(system, types(system, f"status {connection['id'].upper()}"))
    assert "I do not know this id yet, so I am asking Noyo." in read
    system.execute_due()
    system.notify()
    message = system.slack.direct_messages(ANA)[-1]
    assert "Unseen Inc" in system.slack.render(message)


def test_a_refresh_waits_while_noyo_is_down(system: System) -> None:
    system.noyo.stop()
    try:
        assert "I am asking Noyo" in answer_text(system, types(system, f"status {UNHEARD}", BEN))
        system.execute_due()
    finally:
        system.noyo.start()
    assert [
        operation_id
        for operation_id in system.open_operations()
        if system.operation(operation_id).entity.key == UNHEARD
    ]
    system.wait(3600)
    system.execute_due()
    system.notify()
    assert "Noyo could not find" in system.slack.render(system.slack.direct_messages(BEN)[-1])


def test_details_tell_everything_and_each_version(system: System) -> None:
    record_state = moves(
        system, known(system, "Known Well Inc", "processing"), "unable_to_connect", error="No such group"
    )
    shown = details_of(system, "Known Well")
    for expected in (record_state.record.id, record_state.record.version, "No such group", "id of Known Well Inc"):
        assert expected in shown
    versions = shown[shown.index("Known versions") :]
    assert versions.index("Unable to connect") < versions.index("Processing")


def test_details_of_two_hundred_versions_fit_and_say_how_many_more(system: System) -> None:
    record_state = known(system, "Restless Inc", error=HOSTILE)
    context = context_of(system)

    class Long:
        """Records with a long history."""

        def __getattr__(self, name: str) -> object:
            return getattr(context.deps.records, name)

        def history(self, entity: EntityRef, *, since: int) -> list[Record]:
            return [
                replace(record_state.record, modified=record_state.record.modified - 200 + age) for age in range(200)
            ]

    receives_with(system, replace(context, deps=replace(context.deps, records=Long())))  # type: ignore[arg-type]
    shown = details_of(system, "Restless")
    assert f"and {200 - VERSIONS} earlier ones." in shown


def test_hostile_names_and_words_are_shown_as_data(system: System) -> None:
    record_state = known(system, HOSTILE, error=HOSTILE, carrier_group_id=HOSTILE[:60])
    for reply in (types(system, f"status {record_state.record.id}"), types(system, "status")):
        assert reply.error is None
        assert [ping for ping in system.slack.mentions(reply.messages[0]) if "channel" in ping] == []
        assert system.slack.links(reply.messages[0]) == []
    presses(system, record_facts.record_button(Action.DETAILS, record_state.record))
    assert "[[ Details ]]" in window(system)
    presses(system, record_facts.record_button(Action.RETRY, record_state.record))
    assert "[[ Retry a connection ]]" in window(system)


@pytest.mark.parametrize("text", ["status Private Inc", "status", f"status {UNHEARD}"])
def test_a_guest_sees_neither_a_group_nor_what_waits_and_asks_noyo_nothing(system: System, text: str) -> None:
    known(system, "Private Inc")
    before = system.open_operations()
    read = answer_text(system, types(system, text, GUS))
    assert "Guests cannot do this. Please ask a full member of this workspace." in read
    assert "Private" not in read
    assert system.open_operations() == before


def test_a_guest_opens_no_details(system: System) -> None:
    record_state = known(system, "Private Too Inc")
    presses(system, record_facts.record_button(Action.DETAILS, record_state.record), GUS)
    assert "Guests cannot do this" in window(system, GUS)
    assert "Private" not in window(system, GUS)


def test_details_of_what_is_gone_say_so(system: System) -> None:
    record_state = known(system, "Soon Gone Inc")
    gone = replace(record_state.record, id=UNHEARD).entity
    presses(system, buttons.record_button(Action.DETAILS, gone, "1", name="it"))
    assert "Switchboard no longer has this record." in window(system)


def test_details_open_one_window_and_place_nothing(system: System) -> None:
    record_state = known(system, "Looked At Inc")
    before = system.open_operations()
    ts = system.slack.workspace.new_trigger(ANA)
    click_details(
        context_of(system).for_actor(Actor(ANA, CONNECTIONS, ts)), buttons.ButtonValue(record_state.entity, "1")
    )
    assert "Looked At Inc" in window(system)
    assert system.open_operations() == before
