"""Each limit on blocks: at the limit and over it."""

import copy
from typing import Any

import pytest

from infra.local.slack.validation.blocks import HOME, MESSAGE, MODAL, check_blocks


def plain(length: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": "x" * length}


def mrkdwn(length: int) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": "x" * length}


def option(number: int = 1, text: int = 5, value: int | None = None) -> dict[str, Any]:
    return {"text": plain(text), "value": str(number) if value is None else "v" * value}


def options(count: int) -> list[dict[str, Any]]:
    return [option(n) for n in range(count)]


def button(**more: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain(5), "action_id": "go", **more}


def buttons(count: int) -> list[dict[str, Any]]:
    return [button(action_id=f"go{n}") for n in range(count)]


def actions(*elements: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements), **more}


def section(**more: Any) -> dict[str, Any]:
    return {"type": "section", **more}


def select(**more: Any) -> dict[str, Any]:
    return actions({"type": "static_select", "action_id": "s", "options": options(1), **more})


def input_block(element: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "input", "label": plain(5), "element": {"action_id": "i", **element}, **more}


def confirmed(**more: Any) -> dict[str, Any]:
    confirm = {"title": plain(5), "text": plain(5), "confirm": plain(5), "deny": plain(5)}
    return actions(button(confirm={**confirm, **more}))


def table(rows: int, columns: int, letters: int = 1) -> dict[str, Any]:
    cell = {"type": "raw_text", "text": "x" * letters}
    return {"type": "table", "rows": [[cell] * columns] * rows}


def card(**more: Any) -> dict[str, Any]:
    return {"type": "card", "title": plain(5), **more}


LIMITS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "section text of 3000": (section(text=mrkdwn(3000)), section(text=mrkdwn(3001))),
    "10 fields": (section(fields=[mrkdwn(1)] * 10), section(fields=[mrkdwn(1)] * 11)),
    "field text of 2000": (section(fields=[mrkdwn(2000)]), section(fields=[mrkdwn(2001)])),
    "empty text": (section(text=mrkdwn(1)), section(text=mrkdwn(0))),
    "header of 150": ({"type": "header", "text": plain(150)}, {"type": "header", "text": plain(151)}),
    "header in plain text": ({"type": "header", "text": plain(5)}, {"type": "header", "text": mrkdwn(5)}),
    "10 in a context": (
        {"type": "context", "elements": [mrkdwn(1)] * 10},
        {"type": "context", "elements": [mrkdwn(1)] * 11},
    ),
    "25 actions": (actions(*buttons(25)), actions(*buttons(26))),
    "at least 1 action": (actions(*buttons(1)), actions()),
    "button text of 75": (actions(button(text=plain(75))), actions(button(text=plain(76)))),
    "button in plain text": (actions(button()), actions(button(text=mrkdwn(5)))),
    "button value of 2000": (actions(button(value="v" * 2000)), actions(button(value="v" * 2001))),
    "button url of 3000": (actions(button(url="u" * 3000)), actions(button(url="u" * 3001))),
    "button style": (actions(button(style="danger")), actions(button(style="loud"))),
    "button without a disabled state": (actions(button()), actions(button(disabled=True))),
    "accessibility label of 75": (
        actions(button(accessibility_label="x" * 75)),
        actions(button(accessibility_label="x" * 76)),
    ),
    "100 options": (select(options=options(100)), select(options=options(101))),
    "at least 1 option": (select(options=options(1)), select(options=[])),
    "option text of 75": (select(options=[option(text=75)]), select(options=[option(text=76)])),
    "option value of 150": (select(options=[option(value=150)]), select(options=[option(value=151)])),
    "placeholder of 150": (select(placeholder=plain(150)), select(placeholder=plain(151))),
    "initial option that is offered": (select(initial_option=option(0)), select(initial_option=option(7))),
    "100 option groups": (
        actions({"type": "static_select", "option_groups": [{"label": plain(5), "options": options(1)}] * 100}),
        actions({"type": "static_select", "option_groups": [{"label": plain(5), "options": options(1)}] * 101}),
    ),
    "5 in an overflow": (
        actions({"type": "overflow", "options": options(5)}),
        actions({"type": "overflow", "options": options(6)}),
    ),
    "10 checkboxes": (
        actions({"type": "checkboxes", "options": options(10)}),
        actions({"type": "checkboxes", "options": options(11)}),
    ),
    "10 radio buttons": (
        actions({"type": "radio_buttons", "options": options(10)}),
        actions({"type": "radio_buttons", "options": options(11)}),
    ),
    "confirm title of 100": (confirmed(title=plain(100)), confirmed(title=plain(101))),
    "confirm text of 300": (confirmed(text=plain(300)), confirmed(text=plain(301))),
    "confirm button of 30": (confirmed(confirm=plain(30)), confirmed(confirm=plain(31))),
    "deny button of 30": (confirmed(deny=plain(30)), confirmed(deny=plain(31))),
    "block_id of 255": ({"type": "divider", "block_id": "b" * 255}, {"type": "divider", "block_id": "b" * 256}),
    "action_id of 255": (actions(button(action_id="a" * 255)), actions(button(action_id="a" * 256))),
    "image alt text of 2000": (
        {"type": "image", "image_url": "u", "alt_text": "x" * 2000},
        {"type": "image", "image_url": "u", "alt_text": "x" * 2001},
    ),
    "100 table rows": (table(100, 1), table(101, 1)),
    "20 table columns": (table(1, 20), table(1, 21)),
    "10,000 letters in a table": (table(10, 1, 1000), table(10, 1, 1001)),
    "rows of one width": (table(2, 2), {"type": "table", "rows": [*table(1, 2)["rows"], *table(1, 1)["rows"]]}),
    "a caption on a data table": (
        {"type": "data_table", "caption": "c", "rows": table(1, 1)["rows"]},
        {"type": "data_table", "rows": table(1, 1)["rows"]},
    ),
    "201 data table rows": (
        {"type": "data_table", "caption": "c", "rows": table(201, 1)["rows"]},
        {"type": "data_table", "caption": "c", "rows": table(202, 1)["rows"]},
    ),
    "12,000 letters of markdown": (
        {"type": "markdown", "text": "x" * 12_000},
        {"type": "markdown", "text": "x" * 12_001},
    ),
    "card body of 200": (card(body=mrkdwn(200)), card(body=mrkdwn(201))),
    "3 card buttons": (card(actions=buttons(3)), card(actions=buttons(4))),
    "10 cards in a carousel": (
        {"type": "carousel", "elements": [card()] * 10},
        {"type": "carousel", "elements": [card()] * 11},
    ),
    "no card in a container": (
        {"type": "container", "child_blocks": [{"type": "divider"}]},
        {"type": "container", "child_blocks": [card()]},
    ),
    "a header divider only where nothing collapses": (
        {"type": "container", "child_blocks": [{"type": "divider"}], "has_header_divider": True},
        {
            "type": "container",
            "child_blocks": [{"type": "divider"}],
            "has_header_divider": True,
            "is_collapsible": True,
        },
    ),
    "agent prompt of 4000": (actions(button(agent_prompt="x" * 4000)), actions(button(agent_prompt="x" * 4001))),
    "known rich text": (
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]},
        {"type": "rich_text", "elements": [{"type": "rich_text_poem", "elements": []}]},
    ),
    "no unknown property": (section(text=mrkdwn(1)), section(text=mrkdwn(1), colour="red")),
    "no emoji flag on mrkdwn": (
        section(text={**plain(1), "emoji": False}),
        section(text={**mrkdwn(1), "emoji": False}),
    ),
    "text or fields": (section(fields=[mrkdwn(1)]), section()),
    "an object as a text": (section(text=mrkdwn(1)), section(text="bare")),
    "an element that fits its block": (actions(button()), actions({"type": "plain_text_input", "action_id": "i"})),
    "no second action_id in a block": (actions(button(), button(action_id="other")), actions(button(), button())),
}

MODAL_LIMITS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "label of 2000": (
        input_block({"type": "plain_text_input"}, label=plain(2000)),
        input_block({"type": "plain_text_input"}, label=plain(2001)),
    ),
    "hint of 2000": (
        input_block({"type": "plain_text_input"}, hint=plain(2000)),
        input_block({"type": "plain_text_input"}, hint=plain(2001)),
    ),
    "max_length of 3000": (
        input_block({"type": "plain_text_input", "max_length": 3000}),
        input_block({"type": "plain_text_input", "max_length": 3001}),
    ),
    "min_length below max_length": (
        input_block({"type": "plain_text_input", "min_length": 2, "max_length": 2}),
        input_block({"type": "plain_text_input", "min_length": 3, "max_length": 2}),
    ),
    "an initial value that fits": (
        input_block({"type": "plain_text_input", "max_length": 2, "initial_value": "xx"}),
        input_block({"type": "plain_text_input", "max_length": 2, "initial_value": "xxx"}),
    ),
    "no button as an input": (input_block({"type": "datepicker"}), input_block({"type": "button", "text": plain(1)})),
    "an initial date": (
        input_block({"type": "datepicker", "initial_date": "2026-12-31"}),
        input_block({"type": "datepicker", "initial_date": "31.12.2026"}),
    ),
    "an initial time": (
        input_block({"type": "timepicker", "initial_time": "23:59"}),
        input_block({"type": "timepicker", "initial_time": "24:00"}),
    ),
    "one focused element": (
        actions(button(), {"type": "datepicker", "focus_on_load": True}),
        actions({"type": "datepicker", "focus_on_load": True}, {"type": "timepicker", "focus_on_load": True}),
    ),
    "a selection of several conversations": (
        input_block({"type": "multi_conversations_select", "initial_conversations": ["C1"]}),
        input_block({"type": "multi_conversations_select", "response_url_enabled": True}),
    ),
    "alert text of 200": ({"type": "alert", "text": plain(200)}, {"type": "alert", "text": plain(201)}),
    "alert level": (
        {"type": "alert", "text": plain(1), "level": "error"},
        {"type": "alert", "text": plain(1), "level": "fatal"},
    ),
}


@pytest.mark.parametrize("limit", LIMITS)
def test_a_message_at_the_limit_is_accepted_and_one_over_it_is_refused(limit: str) -> None:
    inside, outside = LIMITS[limit]
    assert check_blocks([inside], MESSAGE) == []
    assert check_blocks([outside], MESSAGE) != []


@pytest.mark.parametrize("limit", MODAL_LIMITS)
def test_a_modal_at_the_limit_is_accepted_and_one_over_it_is_refused(limit: str) -> None:
    inside, outside = MODAL_LIMITS[limit]
    assert check_blocks([inside], MODAL) == []
    assert check_blocks([outside], MODAL) != []


def test_a_finding_has_a_json_pointer() -> None:
    assert check_blocks([section(text=mrkdwn(3001))]) == [
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    ]


@pytest.mark.parametrize(("surface", "most"), [(MESSAGE, 50), (MODAL, 100), (HOME, 100)])
def test_each_surface_has_its_number_of_blocks(surface: str, most: int) -> None:
    assert check_blocks([{"type": "divider"}] * most, surface) == []
    assert check_blocks([{"type": "divider"}] * (most + 1), surface) == [
        f"no more than {most} items allowed [json-pointer:/blocks]"
    ]


def test_two_blocks_do_not_share_a_block_id() -> None:
    block = {"type": "divider", "block_id": "same"}
    assert "already exists" in check_blocks([block, copy.deepcopy(block)])[0]


@pytest.mark.parametrize(
    ("block", "allowed"),
    [
        ({"type": "alert", "text": plain(1)}, {MODAL}),
        (input_block({"type": "file_input"}), {MODAL}),
        (table(1, 1), {MESSAGE, HOME}),
        ({"type": "markdown", "text": "x"}, {MESSAGE}),
        ({"type": "data_visualization", "title": "x", "chart": {}}, {MESSAGE, HOME}),
        ({"type": "hologram"}, set()),
    ],
)
def test_a_block_is_refused_on_a_surface_that_does_not_show_it(block: dict[str, Any], allowed: set[str]) -> None:
    accepted = {surface for surface in (MESSAGE, MODAL, HOME) if check_blocks([block], surface) == []}
    assert accepted == allowed


def test_a_second_table_or_a_third_chart_in_a_message_is_refused() -> None:
    chart = {"type": "data_visualization", "title": "x", "chart": {}}
    assert check_blocks([table(1, 1), chart, chart]) == []
    assert "only_one_table_allowed" in check_blocks([table(1, 1)] * 2)[0]
    assert check_blocks([chart] * 3) != []


@pytest.mark.parametrize("blocks", ["text", {}, [None], [[]], ["x"], [{"type": 5}], [{}]])
def test_invalid_lists_of_blocks_are_refused(blocks: Any) -> None:
    assert check_blocks(blocks) != []


def test_malformed_parts_are_refused_and_do_not_break_the_check() -> None:
    assert check_blocks([{"type": "table", "rows": 5}]) != []
    assert check_blocks([actions(*[None])]) != []  # type: ignore[list-item]
    assert check_blocks([{"type": "actions", "elements": "x"}]) != []
    assert check_blocks([section(text=None)]) != []
