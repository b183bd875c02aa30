"""Checks the blocks of a message, a modal or a Home tab."""

import json
from typing import Any

from infra.local.slack.validation.elements import (
    ELEMENTS,
    IN_ACTIONS,
    IN_CARD,
    IN_CONTEXT,
    IN_CONTEXT_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    NAME,
    NO_SHARED_ACTION,
    URL,
    plain,
    text,
)
from infra.local.slack.validation.rich_text import RICH_TEXT
from infra.local.slack.validation.rules import (
    Findings,
    Rule,
    add_finding,
    any_of,
    boolean,
    by_type,
    check_unique,
    fields,
    integer,
    items,
    number,
    one_of,
    string,
    unchecked,
)

MESSAGE, MODAL, HOME = "message", "modal", "home"
MOST_BLOCKS = {MESSAGE: 50, MODAL: 100, HOME: 100}


def _block(required: dict[str, Rule], optional: dict[str, Rule], *also: Rule) -> Rule:
    return fields({"type": unchecked, **required}, {"block_id": NAME, **optional}, *also)


_IMAGE_URL: dict[str, Rule] = {"image_url": URL, "slack_file": unchecked}
_RAW_TEXT = fields({"type": unchecked, "text": string(10_000)})
_RAW_NUMBER = fields({"type": unchecked, "value": number}, {"text": string(10_000)})
_CELLS: dict[str, Rule] = {"raw_text": _RAW_TEXT, "raw_number": _RAW_NUMBER, "rich_text": RICH_TEXT}
_ROW = items(by_type(_CELLS), 20, 1)
_DATA_ROW = items(by_type({**_CELLS, "action_cell": unchecked}), 20, 1)
_TASK = _block(
    {"task_id": string(255, 1), "title": string(255, 1)},
    {
        "status": one_of("pending", "in_progress", "complete", "error"),
        "details": RICH_TEXT,
        "output": RICH_TEXT,
        "sources": items(unchecked, 50),
    },
)


def _same_width(findings: Findings, pointer: str, block: Any) -> None:
    rows = block.get("rows")
    widths = {len(row) for row in rows if isinstance(row, list)} if isinstance(rows, list) else set()
    if len(widths) > 1:
        add_finding(findings, f"{pointer}/rows", "rows must have the same number of cells")


def _one_head(findings: Findings, pointer: str, block: Any) -> None:
    if block.get("is_collapsible") and block.get("has_header_divider"):
        add_finding(findings, pointer, "has_header_divider does not go with is_collapsible")


def _no_shared_task(findings: Findings, pointer: str, block: Any) -> None:
    tasks = block.get("tasks")
    check_unique(findings, f"{pointer}/tasks", tasks if isinstance(tasks, list) else [], "task_id")


_CARD = _block(
    {},
    {
        "title": text(150),
        "subtitle": text(150),
        "body": text(200),
        "hero_image": ELEMENTS["image"],
        "icon": ELEMENTS["image"],
        "actions": items(IN_CARD, 3, 1),
    },
    any_of("hero_image", "title", "actions", "body"),
)

BLOCKS: dict[str, Rule] = {
    "section": _block(
        {},
        {"text": text(3000), "fields": items(text(2000), 10, 1), "accessory": IN_SECTION, "expand": boolean},
        any_of("text", "fields"),
    ),
    "header": _block({"text": plain(150)}, {}),
    "divider": _block({}, {}),
    "context": _block({"elements": items(IN_CONTEXT, 10, 1)}, {}),
    "actions": _block({"elements": items(IN_ACTIONS, 25, 1)}, {}, NO_SHARED_ACTION),
    "image": _block(
        {"alt_text": string(2000, 1)}, {**_IMAGE_URL, "title": plain(2000)}, any_of("image_url", "slack_file")
    ),
    "input": _block(
        {"label": plain(2000), "element": IN_INPUT},
        {"hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "rich_text": RICH_TEXT,
    "markdown": _block({"text": string(12_000, 1)}, {}),
    "table": _block({"rows": items(_ROW, 100, 1)}, {"column_settings": items(unchecked, 20)}, _same_width),
    "data_table": _block(
        {"rows": items(_DATA_ROW, 201, 1), "caption": string(3000, 1)},
        {"page_size": integer(1, 100), "row_header_column_index": integer(0, 19)},
        _same_width,
    ),
    "data_visualization": _block({"title": string(50, 1), "chart": unchecked}, {}),
    "card": _CARD,
    "carousel": _block({"elements": items(by_type({"card": _CARD}), 10, 1)}, {}),
    "alert": _block({"text": text(200)}, {"level": one_of("default", "info", "warning", "error", "success")}),
    "context_actions": _block({"elements": items(IN_CONTEXT_ACTIONS, 5, 1)}, {}, NO_SHARED_ACTION),
    "task_card": _TASK,
    "plan": _block({"title": string(255, 1)}, {"tasks": items(by_type({"task_card": _TASK}), 50)}, _no_shared_task),
    "video": _block(
        {"title": plain(199), "video_url": URL, "thumbnail_url": URL, "alt_text": string(2000, 1)},
        {
            "author_name": string(49),
            "title_url": URL,
            "description": plain(200),
            "provider_name": string(49),
            "provider_icon_url": URL,
        },
    ),
    "file": _block({"external_id": NAME, "source": one_of("remote")}, {}),
    "call": _block({"call_id": NAME}, {}),
}
_IN_CONTAINER = {
    *("actions", "context", "divider", "file", "header", "image", "input"),
    *("rich_text", "section", "table", "video"),
}
BLOCKS["container"] = _block(
    {"child_blocks": items(by_type(BLOCKS, _IN_CONTAINER), 10, 1)},
    {
        "title": text(150),
        "subtitle": text(150),
        "icon": ELEMENTS["image"],
        "width": one_of("narrow", "standard", "wide", "full"),
        "is_collapsible": boolean,
        "default_collapsed": boolean,
        "has_header_divider": boolean,
    },
    _one_head,
)

_EVERYWHERE = "section header divider context image actions rich_text input video card"
_WIDE = " table carousel container data_table data_visualization"
ALLOWED = {
    MESSAGE: (_EVERYWHERE + _WIDE + " file call markdown context_actions task_card plan").split(),
    MODAL: (_EVERYWHERE + " alert").split(),
    HOME: (_EVERYWHERE + _WIDE).split(),
}


def check_blocks(blocks: Any, surface: str = MESSAGE, pointer: str = "/blocks") -> Findings:
    """Everything that Slack would report; empty if Slack would accept the blocks."""
    findings: Findings = []
    if surface != MESSAGE and blocks == []:
        add_finding(findings, pointer, "no less than 1 items allowed")
    items(by_type(BLOCKS, ALLOWED[surface]), MOST_BLOCKS[surface])(findings, pointer, blocks)
    if isinstance(blocks, list):
        check_unique(findings, pointer, blocks, "block_id")
        _across(findings, pointer, [b for b in blocks if isinstance(b, dict)])
        _check_fields(findings, pointer, blocks, surface)
    return findings


def _check_fields(findings: Findings, pointer: str, blocks: list[Any], surface: str) -> None:
    """One field at most has the focus, and files are uploaded in modals only."""
    focused = 0
    for index, block in enumerate(blocks):
        for element in _elements(block):
            focused += element.get("focus_on_load") is True
            if element.get("type") == "file_input" and surface != MODAL:
                add_finding(findings, f"{pointer}/{index}/element/type", "unsupported type: file_input")
    if focused > 1:
        add_finding(findings, pointer, "only one element may have focus_on_load")


def _elements(block: Any) -> list[dict[str, Any]]:
    if not isinstance(block, dict):
        return []
    several = block.get("elements")
    found = [block.get("element"), block.get("accessory"), *(several if isinstance(several, list) else [])]
    return [element for element in found if isinstance(element, dict)]


def _across(findings: Findings, pointer: str, blocks: list[dict[str, Any]]) -> None:
    """Checks that concern all blocks together."""
    kinds = [block.get("type") for block in blocks]
    if kinds.count("table") > 1:
        add_finding(findings, pointer, "only_one_table_allowed")
    if kinds.count("data_visualization") > 2:
        add_finding(findings, pointer, "no more than 2 data_visualization blocks allowed")
    for kind, most in (("table", 10_000), ("data_table", 20_000), ("markdown", 12_000)):
        length = sum(_visible_length(b) for b in blocks if b.get("type") == kind)
        if length > most:
            add_finding(findings, pointer, f"{kind} must be less than {most + 1} characters")


def _visible_length(value: Any) -> int:
    """The number of visible characters in a block's cells or text."""
    if isinstance(value, dict):
        own = value.get("text")
        rest = (v for k, v in value.items() if k != "text")
        return (len(own) if isinstance(own, str) else _visible_length(own)) + sum(map(_visible_length, rest))
    if isinstance(value, list):
        return sum(map(_visible_length, value))
    return len(json.dumps(value)) if isinstance(value, float) else 0
