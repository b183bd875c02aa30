"""Where a message names only some of what there is, a button leads to the rest."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bot.domain.content import Content, NotMoving, NotMovingRecord, RecordCard, RelatedRecords, Summary
from bot.domain.record_states import RecordState
from bot.slack import commands
from bot.slack.views.buttons import Action, ButtonValue, Page, decode, page_buttons
from bot.slack.views.cards import no_links, render
from bot.slack.views.record_cards import EARLIER_SHOWN, OTHER_CARRIERS_SHOWN, earlier_requests_line
from bot.slack.views.rich_text import plain
from infra.local.gallery.samples import CHANGED, DISPLAY, GROUP_ID, GUARDIAN, ID, a_connection, a_disconnection
from infra.local.gallery.samples import a_record_state as state_of
from tests.slack.incoming import Json, context_of, press_button, store_connection
from tests.slack.rendering import buttons_of
from tests.system import ANA, CONNECTIONS, System


def shown_by(content: Content) -> dict[str, Json]:
    """The buttons that show the answer to a command, by their labels."""
    found = buttons_of(render(content, DISPLAY, no_links))
    return {label: button for label, button in found.items() if button["action_id"] == Action.SHOW}


def test_the_report_of_what_does_not_move_leads_to_the_list_for_the_person_alone(system: System) -> None:
    for number in range(12):
        store_connection(system, f"Stuck {number}", modified=int(system.clock()) - 9 * 86400)
    record = NotMovingRecord(state_of(), 6)

    [(label, button)] = shown_by(NotMoving(GUARDIAN, (record,), 12, 8, CHANGED)).items()
    reply = press_button(system, button)

    assert reply.error is None
    assert (label, decode(button["value"]).page) == ("Show All", Page("list Guardian older than 8 days"))
    assert "12 open records fit, most urgent first." in system.slack.render(system.slack.ephemerals(ANA)[-1])
    assert "12 open records" not in "".join(map(system.slack.render, system.slack.channel(CONNECTIONS)))


@pytest.mark.parametrize(("total", "labels"), [(1, []), (2, ["Show All"])])
def test_the_first_message_leads_to_all_that_need_action_if_it_names_only_some(total: int, labels: list[str]) -> None:
    found = shown_by(Summary(9, 1, (state_of(),), total, CHANGED))

    assert list(found) == labels
    assert all(decode(button["value"]).page == Page("status") for button in found.values())


@pytest.mark.parametrize(
    ("others", "earlier", "labels"),
    [
        (OTHER_CARRIERS_SHOWN, EARLIER_SHOWN, []),
        (OTHER_CARRIERS_SHOWN + 1, 0, ["Show Group"]),
        (0, EARLIER_SHOWN + 1, ["Show Group"]),
    ],
)
def test_a_card_that_cannot_name_everything_leads_to_the_group(others: int, earlier: int, labels: list[str]) -> None:
    related = RelatedRecords((a_connection(),) * others, (a_disconnection(status=a_disconnection().status),) * earlier)
    waits: RecordState = replace(state_of(a_disconnection(group_id=GROUP_ID)), requester=None)

    found = shown_by(RecordCard(waits, related=related))

    assert list(found) == labels
    assert all(decode(button["value"]).page == Page(f"status {GROUP_ID}") for button in found.values())


def test_a_form_says_how_to_see_all_earlier_requests_only_if_it_names_some() -> None:
    for number, is_cut in ((EARLIER_SHOWN, False), (EARLIER_SHOWN + 1, True)):
        line = earlier_requests_line([a_disconnection()] * number, how_to_see_all="/noyo history")
        assert plain(line, limit=1000).endswith(": /noyo history") is is_cut


def test_a_page_of_details_belongs_to_its_record() -> None:
    about = ButtonValue(a_connection().entity, "1")

    [button] = page_buttons(Page(""), 2, about)

    assert decode(button["value"]) == ButtonValue(a_connection().entity, "1", page=Page("", 1))


def test_the_message_of_a_large_group_leads_to_it(system: System) -> None:
    for number in range(9):
        store_connection(system, "Mentioned Brewery", group_id=GROUP_ID, carrier_group_id=f"{number}")
    asked = system.slack.say(ANA, CONNECTIONS, "What about Mentioned Brewery?")

    system.slack.message_shortcut(ANA, CONNECTIONS, asked, "find_connections")

    answer = system.slack.ephemerals(ANA)[-1]
    assert "[Show Group]" in system.slack.render(answer)
    assert f"status {GROUP_ID}" in json.dumps(answer.blocks)


@pytest.mark.parametrize("value", [ButtonValue(operation_id=ID), ButtonValue(page=Page("status"))])
def test_a_button_without_a_command_or_an_address_is_refused(system: System, value: ButtonValue) -> None:
    with pytest.raises(ValueError, match="shows no answer"):
        commands.show(context_of(system, ANA), value)
