"""The state of form fields, and the checks that a Slack client makes before it submits a form."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from infra.local.slack.validation.elements import options_of
from infra.local.slack.workspace import Json, NotPossible, interactive_elements, leaf_blocks

REQUIRED = "This is a required field"
_TEXT = ("plain_text_input", "email_text_input", "url_text_input", "number_input")
_PICKED = {
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "users_select": ("selected_user", "initial_user"),
    "channels_select": ("selected_channel", "initial_channel"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
}
ONE_OPTION = ("static_select", "external_select", "radio_buttons")
MANY_OPTIONS = ("multi_static_select", "multi_external_select", "checkboxes")


def input_elements(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Each field with its block. Buttons and overflow menus have no state."""
    for block in leaf_blocks(blocks):
        for element in interactive_elements(block):
            kind = element["type"]
            if kind in (*_TEXT, *_PICKED, *ONE_OPTION, *MANY_OPTIONS):
                yield block, element


def initial_values(blocks: list[Json], previous: Json) -> Json:
    values: Json = {}
    for block, element in input_elements(blocks):
        state = previous.get(block["block_id"], {}).get(element["action_id"])
        if state is None or state["type"] != element["type"]:
            state = _initial(element)
        values.setdefault(block["block_id"], {})[element["action_id"]] = state
    return values


def _initial(element: Json) -> Json:
    kind = element["type"]
    if kind in _TEXT:
        return {"type": kind, "value": element.get("initial_value") or None}
    if kind in ONE_OPTION:
        return {"type": kind, "selected_option": element.get("initial_option")}
    if kind in MANY_OPTIONS:
        return {"type": kind, "selected_options": element.get("initial_options", [])}
    name, initial = _PICKED[kind]
    return {"type": kind, name: element.get(initial)}


def field_state(element: Json, wanted: Any, offered: list[Json] | None = None) -> Json:
    """The state after a user entered this. Options are named by value or by text."""
    kind = element["type"]
    choices = options_of(element) if offered is None else offered
    if kind in _TEXT:
        return {"type": kind, "value": str(wanted) or None}
    if kind in ONE_OPTION:
        chosen = chosen_option(choices, wanted) if wanted else None
        return {"type": kind, "selected_option": chosen}
    if kind in MANY_OPTIONS:
        names = [wanted] if isinstance(wanted, str) else list(wanted)
        chosen_all = [chosen_option(choices, name) for name in names if name]
        return {"type": kind, "selected_options": chosen_all}
    if kind in _PICKED:
        return {"type": kind, _PICKED[kind][0]: _picked(kind, wanted)}
    raise NotPossible(f"a {kind} takes no input")


def _picked(kind: str, wanted: Any) -> Any:
    if not wanted:
        return None
    if kind == "datepicker":
        try:
            return date.fromisoformat(wanted).isoformat()
        except ValueError as error:
            raise NotPossible(f"{wanted!r} is not a date") from error
    if kind == "timepicker" and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", wanted):
        raise NotPossible(f"{wanted!r} is not a time")
    return wanted


def chosen_option(choices: list[Json], wanted: str) -> Json:
    for option in choices:
        if wanted in (option["value"], option["text"]["text"]):
            return option
    raise NotPossible(f"{wanted!r} is not among the options")


def problems(blocks: list[Json], values: Json) -> dict[str, str]:
    """The errors that the client shows before it submits, by block_id."""
    found: dict[str, str] = {}
    for block in blocks:
        if block["type"] == "input":
            element = block["element"]
            state = values.get(block["block_id"], {}).get(element["action_id"], {})
            problem = _problem(element, state, block.get("optional", False))
            if problem:
                found[block["block_id"]] = problem
    return found


def _problem(element: Json, state: Json, optional: bool) -> str | None:
    value = next((v for k, v in state.items() if k != "type"), None)
    if value in (None, "", []) or (isinstance(value, str) and not value.strip()):
        return None if optional else REQUIRED
    rule = _TYPING_RULES.get(element["type"])
    return rule(element, value) if rule else None


def _length_problem(element: Json, value: str) -> str | None:
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if len(value) > most:
        return f"This field can be at most {most} characters"
    if len(value) < least:
        return f"This field must be at least {least} characters"
    return None


def _email_problem(_: Json, value: str) -> str | None:
    good = re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value)
    return None if good else "Enter a valid email address"


def _url_problem(_: Json, value: str) -> str | None:
    return None if re.fullmatch(r"https?://\S+", value) else "Enter a valid URL"


def _number_problem(element: Json, value: str) -> str | None:
    pattern = r"-?\d+(\.\d+)?" if element["is_decimal_allowed"] else r"-?\d+"
    if not re.fullmatch(pattern, value):
        return "Enter a number"
    if "min_value" in element and float(value) < float(element["min_value"]):
        return f"Enter a number that is at least {element['min_value']}"
    if "max_value" in element and float(value) > float(element["max_value"]):
        return f"Enter a number that is at most {element['max_value']}"
    return None


_TYPING_RULES = {
    "plain_text_input": _length_problem,
    "email_text_input": _email_problem,
    "url_text_input": _url_problem,
    "number_input": _number_problem,
}
