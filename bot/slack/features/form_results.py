"""What every form has in common once it is submitted."""

from __future__ import annotations

from bot.domain.operations import Operation
from bot.errors import UnknownSchema
from bot.slack.views import buttons, pauses
from bot.slack.views.buttons import ButtonValue
from bot.slack.views.modals import notice
from bot.slack.views.operation_text import in_progress, outcome
from bot.slack.views.rich_text import ChannelMention, Json, RichText, rich_text


def about(view: Json) -> ButtonValue:
    """The record in the version that the form showed."""
    try:
        shown = buttons.decode(view["private_metadata"])
        return ButtonValue(shown.record, shown.version)
    except (LookupError, TypeError, ValueError) as error:
        raise UnknownSchema(
            "This form cannot be read. Nothing was sent to Noyo. Please close it and start again."
        ) from error


def repeated(operation: Operation) -> RichText:
    """The answer was shown when it came, and will not come again."""
    if operation.deferred_by is not None:
        return rich_text("It was asked for from this window before. ", *in_progress(operation))
    if operation.is_open:
        return rich_text("It was sent from this window before. ", *in_progress(operation))
    return rich_text("It was sent from this window before. ", *outcome(operation), ".")


def sending(what: RichText, channel: str, operation: Operation) -> Json:
    """Shown at once; the answer takes its place as long as the window is open."""
    if operation.deferred_by is not None:
        return notice(
            "Kept, not sent yet",
            rich_text(*what, ": ", *pauses.deferred(operation.deferred_by)),
            rich_text(
                "There is nothing more to do: its card is in ",
                ChannelMention(channel),
                ", and you get a message.",
            ),
        )
    return notice(
        "Sending to Noyo",
        rich_text("Sending: ", *what, "."),
        "This window shows Noyo's answer as soon as it is here.",
        rich_text(
            "You can close it: the card is in ",
            ChannelMention(channel),
            ", and you get a message if it takes longer.",
        ),
    )
