"""How Noyo is to connect a group: the advanced fields of the form, which few requests need, and the words for them.

What could mislead: an option that was chosen once and is sent unseen later, or one whose effect a person does not know.
So the fields stay hidden until somebody asks for them, each says what it does, and whatever was chosen is shown.
Both are required choices: Slack reports a filled-in checkbox as blank until it is changed (`modals.values_of`).
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.operations import Operation
from bot.domain.records import DataExchange
from bot.domain.requests import ConnectionOptions, ConnectionRequest
from bot.slack.views.message import plain_text
from bot.slack.views.modals import choice_field
from bot.slack.views.rich_text import Json, RichText, labelled

ADVANCED = "show_advanced"
"""Action id of the button that adds the fields to the form."""
IGNORE_ELIGIBILITY = "ignore_eligibility"
DATA_EXCHANGE = "data_exchange_configuration"
CHECKED, IGNORED = "checked", "ignored"
NOYO_CHOOSES = "noyo_chooses"
_EXCHANGES = {DataExchange.API: "API", DataExchange.EDI: "EDI"}


def option_fields(options: ConnectionOptions | None) -> list[Json]:
    """The fields, or the button that adds them: Slack's forms have no part that can be opened.

    `options`: what the fields hold; None if they are not shown.
    """
    if options is None:
        button: Json = {"type": "button", "action_id": ADVANCED, "text": plain_text("Advanced…")}
        return [{"type": "actions", "block_id": ADVANCED, "elements": [button]}]
    return [_eligibility_field(options), _data_exchange_field(options)]


def _eligibility_field(options: ConnectionOptions) -> Json:
    return choice_field(
        IGNORE_ELIGIBILITY,
        "Eligibility",
        [(CHECKED, "Checked by Noyo"), (IGNORED, "Ignored")],
        hint="If it is ignored, Noyo does not check whether this group can be connected to the carrier, and uses the "
        "best data exchange that is available. Ignore it only if Noyo or the carrier told you to.",
        chosen=values_of_options(options)[IGNORE_ELIGIBILITY],
    )


def _data_exchange_field(options: ConnectionOptions) -> Json:
    return choice_field(
        DATA_EXCHANGE,
        "Data exchange",
        [(NOYO_CHOOSES, "Chosen by Noyo"), *((each.value, name) for each, name in _EXCHANGES.items())],
        hint="How the carrier exchanges data with Noyo. Noyo uses what you choose without checking eligibility.",
        chosen=values_of_options(options)[DATA_EXCHANGE],
    )


def values_of_options(options: ConnectionOptions) -> dict[str, str]:
    """The values of the fields that hold these options."""
    return {
        IGNORE_ELIGIBILITY: IGNORED if options.ignore_eligibility else CHECKED,
        DATA_EXCHANGE: options.data_exchange.value if options.data_exchange else NOYO_CHOOSES,
    }


def options_of(values: Mapping[str, str]) -> ConnectionOptions | None:
    """What the fields hold; None if the form does not show them."""
    if DATA_EXCHANGE not in values:
        return None
    chosen = values[DATA_EXCHANGE]
    exchange = DataExchange(chosen) if chosen in set(DataExchange) else None
    return ConnectionOptions(ignore_eligibility=values.get(IGNORE_ELIGIBILITY) == IGNORED, data_exchange=exchange)


def options_text(options: ConnectionOptions) -> str:
    """Empty if Noyo decides."""
    ignored = ["eligibility ignored"] if options.ignore_eligibility else []
    exchange = [f"data exchange {_EXCHANGES[options.data_exchange]}"] if options.data_exchange else []
    return ", ".join([*ignored, *exchange])


def options_lines(operation: Operation | None) -> list[RichText]:
    """How a connection was requested, as one line; Noyo's records do not show it. None if Noyo decided."""
    request = operation.input if operation is not None else None
    text = options_text(request.options) if isinstance(request, ConnectionRequest) else ""
    return [labelled("Options", text)] if text else []
