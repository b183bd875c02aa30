"""Slack room: what every form has in common once it is submitted."""

from __future__ import annotations

from bot.domain.operations import Operation
from bot.errors import UnknownSchema
from bot.slack import buttons, pauses
from bot.slack.buttons import ButtonValue
from bot.slack.deeds import outcome, under_way
from bot.slack.modals import said
from bot.slack.phrases import Channel, Json, Line, line


def about(view: Json) -> ButtonValue:
    """The record in the version that the form showed."""
    try:
        shown = buttons.decode(view["private_metadata"])
        return ButtonValue(shown.record, shown.version)
    except (LookupError, TypeError, ValueError) as error:
        raise UnknownSchema(
            "This form cannot be read. Nothing was sent to Noyo. Please close it and start again."
        ) from error


def repeated(operation: Operation) -> Line:
    """The answer was shown when it came, and will not come again."""
    if operation.kept is not None:
        return line("It was asked for from this window before. ", *under_way(operation))
    if operation.open:
        return line("It was sent from this window before. ", *under_way(operation))
    return line("It was sent from this window before. ", *outcome(operation), ".")


def sending(what: Line, channel: str, operation: Operation) -> Json:
    """Shown at once; the answer takes its place as long as the window is open."""
    if operation.kept is not None:
        return said(
            "Kept, not sent yet",
            line(*what, ": ", *pauses.kept(operation.kept)),
            line(
                "There is nothing more to do: its card is in ", Channel(channel), ", and you get a message."
            ),
        )
    return said(
        "Sending to Noyo",
        line("Sending: ", *what, "."),
        "This window shows Noyo's answer as soon as it is here.",
        line(
            "You can close it: the card is in ",
            Channel(channel),
            ", and you get a message if it takes longer.",
        ),
    )
