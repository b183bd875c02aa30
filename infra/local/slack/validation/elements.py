"""Checks texts, options and the elements inside blocks."""

from typing import Any

from infra.local.slack.validation.rules import (
    Findings,
    Rule,
    add_finding,
    any_of,
    boolean,
    by_type,
    distinct,
    fields,
    formatted,
    integer,
    items,
    one_of,
    string,
    unchecked,
)

NAME = string(255, least=1)
URL = string(3000, least=1)


def plain(most: int, least: int = 1) -> Rule:
    return by_type({"plain_text": fields({"type": unchecked, "text": string(most, least)}, {"emoji": boolean})})


def text(most: int = 3000, least: int = 1) -> Rule:
    """mrkdwn, which may have `verbatim`, or plain_text, which may have `emoji`."""
    length = {"type": unchecked, "text": string(most, least)}
    return by_type({"mrkdwn": fields(length, {"verbatim": boolean}), "plain_text": fields(length, {"emoji": boolean})})


CONFIRM = fields(
    {"title": plain(100), "text": plain(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)


def option(label: Rule, with_url: bool = False) -> Rule:
    extra = {"description": text(75)}
    if with_url:
        extra["url"] = URL
    return fields({"text": label, "value": string(150, least=1)}, extra)


PLAIN_OPTION = option(plain(75))
RICH_OPTION = option(text(75))
GROUP = fields({"label": plain(75), "options": items(PLAIN_OPTION, 100, 1)})


def options_of(element: dict[str, Any]) -> list[Any]:
    """All options of an element, including those in groups."""
    groups = element.get("option_groups")
    options = [*_list(element.get("options"))]
    for group in _list(groups):
        options += _list(group.get("options")) if isinstance(group, dict) else []
    return options


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _initial_is_offered(findings: Findings, pointer: str, element: Any) -> None:
    chosen = _list(element.get("initial_options"))
    if "initial_option" in element:
        chosen = [element["initial_option"]]
    for option_ in chosen:
        if option_ not in options_of(element):
            add_finding(findings, pointer, "initial option does not match any option")


def _one_kind_of_options(findings: Findings, pointer: str, element: Any) -> None:
    if ("options" in element) == ("option_groups" in element):
        add_finding(findings, pointer, "exactly one of options or option_groups is required")


def _element(required: dict[str, Rule], optional: dict[str, Rule], *also: Rule) -> Rule:
    return fields({"type": unchecked, **required}, {"action_id": NAME, **optional}, *also)


_SOON = {"confirm": CONFIRM, "focus_on_load": boolean}
_MENU = {**_SOON, "placeholder": plain(150)}
_TYPED = {
    "placeholder": plain(150),
    "focus_on_load": boolean,
    "dispatch_action_config": fields(
        {}, {"trigger_actions_on": items(one_of("on_enter_pressed", "on_character_entered"), 2, 1)}
    ),
}


def _length_order(findings: Findings, pointer: str, element: Any) -> None:
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    initial = element.get("initial_value", "")
    if not (isinstance(least, int) and isinstance(most, int)):
        return
    if least > most:
        add_finding(findings, pointer, "min_length must not be more than max_length")
    if isinstance(initial, str) and initial and not least <= len(initial) <= most:
        add_finding(findings, f"{pointer}/initial_value", "must respect min and max length")


def _static(many: bool) -> Rule:
    offered: dict[str, Rule] = {"options": items(PLAIN_OPTION, 100, 1), "option_groups": items(GROUP, 100, 1), **_MENU}
    chosen: dict[str, Rule] = {"initial_option": PLAIN_OPTION}
    if many:
        chosen = {"initial_options": items(PLAIN_OPTION, 100, 1), "max_selected_items": integer(1, 1000)}
    return _element({}, {**offered, **chosen}, _one_kind_of_options, _initial_is_offered)


def _choice(initial: dict[str, Rule]) -> Rule:
    return _element({"options": items(RICH_OPTION, 10, 1)}, {**_SOON, **initial}, _initial_is_offered)


def _open_choice(single: str, many: str | None = None) -> Rule:
    """Selects of users, channels and conversations, whose options come from the workspace."""
    extra: dict[str, Rule] = {single: NAME}
    if many:
        extra = {many: items(NAME, 100, 1), "max_selected_items": integer(1, 1000)}
    return _element({}, {**_MENU, **extra})


_CONVERSATIONS: dict[str, Rule] = {**_MENU, "default_to_current_conversation": boolean, "filter": unchecked}
_DATE = formatted("YYYY-MM-DD", r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_TIME = formatted("HH:mm", r"([01]\d|2[0-3]):[0-5]\d")

ELEMENTS: dict[str, Rule] = {
    "button": _element(
        {"text": plain(75)},
        {
            "value": string(2000),
            "url": URL,
            "agent_prompt": string(4000),
            "style": one_of("primary", "danger"),
            "confirm": CONFIRM,
            "accessibility_label": string(75),
        },
    ),
    "image": fields(
        {"type": unchecked, "alt_text": string(2000, 1)},
        {"image_url": URL, "slack_file": unchecked},
        any_of("image_url", "slack_file"),
    ),
    "overflow": _element({"options": items(option(plain(75), with_url=True), 5, 1)}, {"confirm": CONFIRM}),
    "static_select": _static(many=False),
    "multi_static_select": _static(many=True),
    "external_select": _element({}, {**_MENU, "initial_option": PLAIN_OPTION, "min_query_length": integer(0, 255)}),
    "multi_external_select": _element(
        {},
        {
            **_MENU,
            "initial_options": items(PLAIN_OPTION, 100, 1),
            "min_query_length": integer(0, 255),
            "max_selected_items": integer(1, 1000),
        },
    ),
    "users_select": _open_choice("initial_user"),
    "multi_users_select": _open_choice("", "initial_users"),
    "channels_select": _open_choice("initial_channel"),
    "multi_channels_select": _open_choice("", "initial_channels"),
    "conversations_select": _element(
        {}, {**_CONVERSATIONS, "initial_conversation": NAME, "response_url_enabled": boolean}
    ),
    "multi_conversations_select": _element(
        {}, {**_CONVERSATIONS, "initial_conversations": items(NAME, 100, 1), "max_selected_items": integer(1, 1000)}
    ),
    "radio_buttons": _choice({"initial_option": RICH_OPTION}),
    "checkboxes": _choice({"initial_options": items(RICH_OPTION, 10, 1)}),
    "datepicker": _element({}, {**_MENU, "initial_date": _DATE}),
    "timepicker": _element({}, {**_MENU, "initial_time": _TIME, "timezone": string(100)}),
    "datetimepicker": _element({}, {**_SOON, "initial_date_time": integer(1_000_000_000, 9_999_999_999)}),
    "plain_text_input": _element(
        {},
        {
            **_TYPED,
            "initial_value": string(3000),
            "multiline": boolean,
            "min_length": integer(0, 3000),
            "max_length": integer(1, 3000),
        },
        _length_order,
    ),
    "email_text_input": _element({}, {**_TYPED, "initial_value": string(3000)}),
    "url_text_input": _element({}, {**_TYPED, "initial_value": string(3000)}),
    "number_input": _element(
        {"is_decimal_allowed": boolean},
        {**_TYPED, "initial_value": string(100), "min_value": string(100), "max_value": string(100)},
    ),
    "rich_text_input": _element({}, {**_TYPED, "initial_value": unchecked}),
    "file_input": _element({}, {"filetypes": items(string(20, 1), 100, 1), "max_files": integer(1, 10)}),
    "feedback_buttons": _element({"positive_button": unchecked, "negative_button": unchecked}, {}),
    "icon_button": _element(
        {"icon": string(255, 1), "text": plain(75)},
        {"value": string(2000), "confirm": CONFIRM, "accessibility_label": string(75)},
    ),
    "workflow_button": _element(
        {"text": plain(75), "workflow": unchecked},
        {"style": one_of("primary", "danger"), "accessibility_label": string(75)},
    ),
}

_MENUS = {
    f"{many}{kind}"
    for many in ("", "multi_")
    for kind in ("static_select", "external_select", "users_select", "channels_select", "conversations_select")
}
_PICKED = _MENUS | {"radio_buttons", "checkboxes", "datepicker", "timepicker"}
_TYPED_IN = {"plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input", "file_input"}

IN_ACTIONS = by_type(ELEMENTS, _PICKED | {"button", "overflow", "datetimepicker", "workflow_button"})
IN_SECTION = by_type(ELEMENTS, _PICKED | {"button", "overflow", "image", "workflow_button"})
IN_INPUT = by_type(ELEMENTS, _PICKED | _TYPED_IN | {"datetimepicker"})
IN_CONTEXT_ACTIONS = by_type(ELEMENTS, {"feedback_buttons", "icon_button"})
IN_CARD = by_type(ELEMENTS, {"button"})
IN_CONTEXT = by_type({"image": ELEMENTS["image"], "mrkdwn": text(), "plain_text": text()})

NO_SHARED_ACTION = distinct("elements", "action_id")
