"""A form that corrects a refused request: filled in, with Noyo's words under the fields that they name.

Sensitive fields stay empty: Slack would show an initial value to everyone who looks at the screen.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.domain.corrections import field_messages
from bot.domain.operations import Operation
from bot.domain.requests import ConnectionOptions, ConnectionRequest
from bot.slack.views.connection_options import DATA_EXCHANGE, IGNORE_ELIGIBILITY, values_of_options
from bot.slack.views.message import Message, Paragraph, Part, Quote
from bot.slack.views.modals import checkbox_field
from bot.slack.views.operation_text import quoted
from bot.slack.views.rich_text import Json, rich_text

DISCARD = "discard_kept"
"""Action id of the checkbox by which a person does without the kept values."""
RETAINED = "Kept from before, encrypted. Leave this empty to use it, or type another value."
FORGOTTEN = (
    "The tax numbers and the email address that you typed before were deleted after 15 minutes. "
    "Enter those that are needed again."
)


def filled_in(blocks: Sequence[Json], refused: Operation, retained: Collection[str]) -> list[Json]:
    """These blocks with what was entered in the refused request. `retained`: sensitive fields that need no typing."""
    wanted, messages = refused.input, field_messages(refused)
    values = values_filled_in(wanted) if isinstance(wanted, ConnectionRequest) else {}
    shown = {block.get("block_id") for block in blocks}
    other = [*messages.other, *(text for name in messages.by_field.keys() - shown for text in messages.by_field[name])]
    filled = _about(refused, other)
    if isinstance(wanted, ConnectionRequest) and not retained and (wanted.typed or wanted.retained):
        filled += Message([Paragraph([rich_text(FORGOTTEN)])]).blocks()
    for block in blocks:
        name = block.get("block_id", "")
        filled.append(_without_typing(block) if name in retained else _with_value(block, values.get(name, "")))
        if name in messages.by_field:
            filled += _about(refused, messages.by_field[name])
    discard = checkbox_field(DISCARD, "Values kept from before", "Delete them, and send only what is typed here")
    return [*filled, discard] if retained else filled


def values_filled_in(wanted: ConnectionRequest) -> dict[str, str]:
    return {
        "group": wanted.group_id or "",
        "carrier_id": wanted.carrier_id,
        "group_name": wanted.group_name,
        "carrier_group_id": wanted.carrier_group_id,
        **values_of_options(wanted.options),
    }


def options_filled_in(refused: Operation, wanted: ConnectionRequest) -> ConnectionOptions | None:
    """What the advanced fields hold, if they were used or Noyo's words are about them; otherwise they stay hidden."""
    named = field_messages(refused).by_field.keys() & {IGNORE_ELIGIBILITY, DATA_EXCHANGE}
    return wanted.options if wanted.options.any_given or named else None


def _about(refused: Operation, words: Sequence[str]) -> list[Json]:
    parts: list[Part] = [Quote((quoted(refused, text),)) for text in words]
    return Message([Paragraph([rich_text("Message from Noyo:")]), *parts]).blocks() if words else []


def _without_typing(block: Json) -> Json:
    hint = {"type": "plain_text", "text": RETAINED, "emoji": False}
    return {**block, "optional": True, "hint": hint}


def _with_value(block: Json, value: str) -> Json:
    """A value that the field does not offer, such as a carrier that is no longer listed, is left to the person."""
    element = block.get("element", {})
    if element.get("type") == "plain_text_input" and value and "initial_value" not in element:
        return {**block, "element": {**element, "initial_value": value[: element["max_length"]]}}
    chosen = [option for option in element.get("options", ()) if option["value"] == value]
    if element.get("type") == "static_select" and chosen and "initial_option" not in element:
        return {**block, "element": {**element, "initial_option": chosen[0]}}
    return block
