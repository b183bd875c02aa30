"""Modals: the views people fill in, and the notices that answer them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bot.slack.views.blocks import plain_text
from bot.slack.views.formatting import cut
from bot.slack.views.message import Message, Paragraph
from bot.slack.views.replies import view
from bot.slack.views.rich_text import Json, RichText, rich_text

TITLE = 24
OPTION = 75
HINT = 2000
STATIC_OPTIONS = 100


def form(title: str, submit: str, callback_id: str, blocks: Sequence[Json], *, about: str = "") -> Json:
    """A modal that can be submitted; `about` comes back with it (ids only, at most 3,000 characters)."""
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain_text(cut(title, TITLE)),
        "submit": plain_text(submit),
        "close": plain_text("Cancel"),
        "private_metadata": about,
        "blocks": list(blocks),
    }


def said(title: str, *lines: RichText | str) -> Json:
    """A notice of a few lines."""
    return view(
        title, Message([Paragraph([rich_text(one) if isinstance(one, str) else one]) for one in lines])
    )


def text_field(
    name: str,
    label: str,
    *,
    hint: str = "",
    placeholder: str = "",
    initial: str = "",
    longest: int,
    optional: bool = False,
    lines: bool = False,
) -> Json:
    """Text; block and action id are the name of the field, so that typed input outlives an update."""
    element: Json = {"type": "plain_text_input", "action_id": name, "max_length": longest}
    if lines:
        element["multiline"] = True
    if placeholder:
        element["placeholder"] = plain_text(placeholder)
    if initial:
        element["initial_value"] = initial[:longest]
    return _field(name, label, element, hint, optional)


def choice_field(name: str, label: str, options: Sequence[tuple[str, str]], *, hint: str = "") -> Json:
    """One of (value, label); more than Slack shows at once are searched as the person types."""
    if len(options) > STATIC_OPTIONS:
        element: Json = {"type": "external_select", "action_id": name, "min_query_length": 1}
    else:
        element = {"type": "static_select", "action_id": name, "options": choices(options)}
    element["placeholder"] = plain_text("Choose one")
    return _field(name, label, element, hint, optional=False)


def date_field(name: str, label: str, *, hint: str, initial: date | None) -> Json:
    element: Json = {"type": "datepicker", "action_id": name}
    if initial is not None:
        element["initial_date"] = initial.isoformat()
    return _field(name, label, element, hint, optional=False)


def tick_field(name: str, label: str, words: str) -> Json:
    """A box that may be left open."""
    element: Json = {"type": "checkboxes", "action_id": name, "options": choices([("yes", words)])}
    return _field(name, label, element, "", optional=True)


def choices(options: Sequence[tuple[str, str]]) -> list[Json]:
    return [{"text": plain_text(cut(label, OPTION)), "value": value} for value, label in options]


def _field(name: str, label: str, element: Json, hint: str, optional: bool) -> Json:
    block: Json = {
        "type": "input",
        "block_id": name,
        "label": plain_text(label),
        "element": element,
        "optional": optional,
    }
    if hint:
        block["hint"] = plain_text(cut(hint, HINT))
    return block


def values_of(view: Json) -> dict[str, str]:
    """What was typed or chosen, by field; fields left blank are empty text."""
    found: dict[str, str] = {}
    for name, actions in view.get("state", {}).get("values", {}).items():
        for held in actions.values():
            found[name] = _given(held).replace("\u00a0", " ").strip()
    return found


def _given(held: Json) -> str:
    """Of a field that has been ticked, the values of its ticks."""
    option = held.get("selected_option") or {}
    ticks = ",".join(tick["value"] for tick in held.get("selected_options") or ())
    return held.get("value") or option.get("value") or held.get("selected_date") or ticks
