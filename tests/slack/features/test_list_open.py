"""`/noyo list`: what is open, most urgent first, by the words that a person types, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from bot.domain.outbox import RecordChange
from bot.domain.record_states import advance
from bot.domain.records import UnknownValue
from bot.dynamodb import schema
from bot.slack.features import list_open
from bot.slack.views.record_facts import claim_buttons
from tests.aws import worker_client
from tests.slack.incoming import (
    answer_text,
    change_status,
    new_system,
    press_button,
    store_connection,
    store_disconnection_request,
    type_command,
)
from tests.system import ANA, BEN, GUS, System

DAY = 86400
BEAM = "a84e6b90-2c37-4d15-8f6a-0b9d4e7c3a21"


@pytest.fixture
def system() -> Iterator[System]:
    yield from new_system()


def listed(system: System, text: str = "", user: str = ANA) -> str:
    system.slack.workspace.ephemerals.clear()
    return answer_text(system, type_command(system, f"list {text}", user))


def names_in(text: str) -> list[str]:
    """The groups of the rows, in order."""
    rows = [line for line in text.splitlines() if line.startswith(("Connection · ", "Disconnection request · "))]
    return [row.split(" · ")[1] for row in rows]


def press(system: System, label: str, user: str = ANA) -> str:
    """Clicks the button in the only answer that the person sees, and returns what it shows then."""
    [answer] = system.slack.ephemerals(user)
    elements = [each for block in answer.blocks if block["type"] == "actions" for each in block["elements"]]
    [button] = [element for element in elements if element["text"]["text"] == label]
    block = next(block for block in answer.blocks if button in block.get("elements", ()))
    reply = system.slack.click_ephemeral(user, answer.ts, button["action_id"], block_id=block["block_id"])
    assert reply.error is None
    [answer] = system.slack.ephemerals(user)
    return system.slack.render(answer)


def store_all(system: System) -> None:
    now = int(system.clock())
    store_connection(system, "New Inc", "created")
    store_connection(system, "Slow Inc", "waiting_on_carrier", modified=now - 6 * DAY)
    store_connection(system, "Failed Inc", modified=now - 2 * DAY)
    store_connection(system, "Failed Long Ago Inc", modified=now - 9 * DAY, carrier_id=BEAM)
    store_connection(system, "Done Inc", "completed")
    store_disconnection_request(system, "Later Inc", effective_end_date=date(2026, 12, 30))
    store_disconnection_request(system, "Sooner Inc", effective_end_date=date(2026, 12, 1))


def test_everything_open_is_listed_most_urgent_first(system: System) -> None:
    store_all(system)

    text = listed(system)

    assert names_in(text) == ["Sooner Inc", "Later Inc", "Failed Long Ago Inc", "Failed Inc", "Slow Inc", "New Inc"]
    assert "6 open records fit, most urgent first." in text
    assert "Unchanged for 9 days" in text
    assert "[Retry…]" in text
    assert "[Approve Disconnection…]" in text


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("failed", ["Failed Long Ago Inc", "Failed Inc"]),
        ("failed beam", ["Failed Long Ago Inc"]),
        ("guardian failed", ["Failed Inc"]),
        ("older than 5 days", ["Failed Long Ago Inc", "Slow Inc"]),
        ("connections older than 1 week", ["Failed Long Ago Inc"]),
        ("decisions", ["Sooner Inc", "Later Inc"]),
        ("needs action beam dental", ["Failed Long Ago Inc"]),
    ],
)
def test_words_choose_what_is_listed(system: System, words: str, names: list[str]) -> None:
    store_all(system)

    assert names_in(listed(system, words)) == names


def test_mine_is_what_the_person_requested_or_claimed(system: System) -> None:
    store_connection(system, "Of Others Inc")
    system.request_connection(ANA, group_name="Of Ana Inc", carrier_group_id="ana-1")
    system.settle(30)
    claimed = store_disconnection_request(system, "Claimed Inc")
    store_disconnection_request(system, "Unclaimed Inc")
    for button in claim_buttons(claimed):
        press_button(system, button)

    text = listed(system, "mine")

    assert names_in(text) == ["Claimed Inc", "Of Ana Inc"]
    assert "Requested by @Ana" in text
    assert "Claimed by:** @Ana" in text
    assert "Nothing open fits." in listed(system, "mine", BEN)


def test_mine_is_complete_however_much_is_open(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ana has claimed what is less urgent than all that can be searched."""
    for number in range(4):
        store_disconnection_request(system, f"Urgent {number}")
    claimed = store_connection(system, "Claimed Inc", "action_required")
    for button in claim_buttons(claimed):
        press_button(system, button)
    monkeypatch.setattr(list_open, "MOST_READ", 3)

    text = listed(system, "mine")

    assert names_in(text) == ["Claimed Inc"]
    assert "were not" not in text


def test_a_status_that_this_release_does_not_know_is_listed(system: System) -> None:
    store_connection(system, "Odd Inc", "processing")
    state = store_connection(system, "Teleported Inc", "processing")
    newer = replace(state.record, status=UnknownValue("teleported"), version="newer", modified=int(system.clock()))
    after = advance(state, newer, int(system.clock()))
    system.bot.repositories.records.write(RecordChange(state.entity, state, after, newer))

    assert names_in(listed(system)) == ["Teleported Inc", "Odd Inc"]


def test_pages_replace_each_other_in_place(system: System) -> None:
    now = int(system.clock())
    for number in range(18):
        store_connection(system, f"Number {number:02}", modified=now - 100 + number)
    first = listed(system, "failed")
    assert names_in(first) == [f"Number {number:02}" for number in range(8)]
    assert "1 to 8 of 18." in first
    assert "[Previous]" not in first

    second = press(system, "Next")
    third = press(system, "Next")

    assert names_in(second) == [f"Number {number:02}" for number in range(8, 16)]
    assert names_in(third) == ["Number 16", "Number 17"]
    assert "17 to 18 of 18." in third
    assert "[Next]" not in third
    assert names_in(press(system, "Previous")) == names_in(second)


def test_a_page_shows_what_is_true_when_it_is_turned_and_the_last_one_if_the_list_became_shorter(
    system: System,
) -> None:
    states = [store_connection(system, f"Number {number:02}") for number in range(18)]
    listed(system, "failed")
    press(system, "Next")
    for state in states[:9]:
        change_status(system, state, "completed")

    text = press(system, "Next")

    assert "9 to 9 of 9." in text
    assert len(names_in(text)) == 1


def test_another_person_lists_what_is_theirs_on_every_page(system: System) -> None:
    """The page is made for the person who clicks."""
    for number in range(9):
        system.request_connection(BEN, group_name=f"Of Ben {number}", carrier_group_id=f"ben-{number}")
    system.settle(60)
    listed(system, "mine", BEN)

    assert "9 to 9 of 9." in press(system, "Next", BEN)


@pytest.mark.parametrize("text", ["harbor foods", "failed in paris", "completed", "<!channel> @here `x`", "é" * 900])
def test_words_that_mean_nothing_are_named_and_nothing_is_listed(system: System, text: str) -> None:
    store_all(system)

    answer = listed(system, text)

    assert "I do not understand:" in answer
    assert "/noyo status and the name" in answer
    assert names_in(answer) == []


def as_by_an_earlier_release(system: System) -> None:
    """Takes the carrier out of the index of open records."""
    for item in system.items():
        if "open_kind" in item:
            item["open_order"] = {"S": item["open_order"]["S"].partition("@")[0]}
            worker_client("dynamodb").put_item(TableName=system.settings.aws.table, Item=item)


def test_the_index_finds_one_carrier_among_more_than_can_be_searched(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_all(system)
    monkeypatch.setattr(list_open, "MOST_READ", 3)

    text = listed(system, "beam")

    assert len(names_in(text)) == 1
    assert "searched" not in text


def test_more_than_can_be_searched_is_said(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    store_all(system)
    as_by_an_earlier_release(system)
    monkeypatch.setattr(list_open, "MOST_READ", 3)

    found, nothing = listed(system, "guardian"), listed(system, "principal")

    assert names_in(found) == ["Sooner Inc", "Later Inc"]
    assert "Only the 3 most urgent were searched, 3 were not." in found
    assert (
        "Only the 3 most urgent were searched, 3 were not. Add a status, such as failed.\nNone of those searched fits."
        in nothing
    )
    assert "Nothing open" not in nothing


@pytest.mark.parametrize("words", ["failed", "failed guardian"])
def test_a_record_that_cannot_be_read_is_counted(system: System, words: str) -> None:
    state = store_connection(system, "Newer Inc")
    store_connection(system, "Known Inc")
    key = schema.state(state.entity)
    [item] = [item for item in system.items() if item["pk"]["S"] == key.pk]
    item["schema"] = {"N": "99"}
    worker_client("dynamodb").put_item(TableName=system.settings.aws.table, Item=item)

    text, other_carrier = listed(system, words), listed(system, "failed principal")
    as_by_an_earlier_release(system)
    nothing = listed(system, "failed principal")

    assert "Nothing open fits." in other_carrier, "the index names the carrier of the unreadable one"
    assert names_in(text) == ["Known Inc"]
    assert "This release cannot read 1 of them." in text
    assert "None of those searched fits." in nothing


def test_a_guest_sees_no_list_and_turns_no_page(system: System) -> None:
    for number in range(9):
        store_connection(system, f"Number {number}")
    assert names_in(listed(system, "failed", GUS)) == []
    listed(system, "failed")
    [answer] = system.slack.ephemerals(ANA)
    buttons = next(block for block in answer.blocks if str(block.get("elements")).count("next_page"))

    assert press_button(system, buttons["elements"][0], GUS).error is None

    [answered] = [call for call in system.slack.calls if call.method == "response_url"]
    assert "Guests cannot do this." in str(answered.args)
    assert "Number" not in str(answered.args)
