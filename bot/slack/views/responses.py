"""What a listener gives back, and the one place that speaks errors to people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.people import Permission
from bot.errors import (
    DeadlineExceeded,
    ObserveOnly,
    SlackError,
    SlackRefused,
    SwitchboardError,
    UnknownSchema,
)
from bot.slack.views.message import Message, Paragraph, Part
from bot.slack.views.modals import said
from bot.slack.views.rich_text import Json, RichText, rich_text, with_mentions

TRIGGER_GONE = frozenset(
    {
        "expired_trigger_id",
        "trigger_expired",
        "exchanged_trigger_id",
        "trigger_exchanged",
        "invalid_trigger_id",
    }
)
NOT_DONE = "Nothing was sent to Noyo."
KEPT = "What you typed is kept: close this window and submit again. The same request is never sent twice."
_AFTER_ALL = {
    "view_submission": f"It may be on its way all the same. {KEPT}",
    "block_actions": "It may have been done all the same: look at the card before you click again.",
}
"""What may have been done by an interaction whose time was up; a command opens and shows, and does nothing."""


def only_you(*parts: Part | RichText | str) -> Json:
    """An answer to a command, seen by the person who typed it alone."""
    return from_message(Message([_part(part) for part in parts]))


def from_message(message: Message) -> Json:
    return {
        "response_type": "ephemeral",
        "text": message.rendered().text,
        "blocks": message.blocks(),
    }


def headed(first: Sequence[RichText], answer: Json) -> Json:
    """The same answer with these lines before everything else; blocks and the text beside them."""
    if not first:
        return answer
    before = from_message(Message([Paragraph(list(first))]))
    return answer | {
        "text": f"{before['text']}\n{answer['text']}",
        "blocks": [*before["blocks"], *answer["blocks"]],
    }


def errors(found: Mapping[str, str]) -> Json:
    """An answer to a submission: the form stays, with what is wrong under each field."""
    return {"response_action": "errors", "errors": dict(found)}


def shows(view: Json) -> Json:
    """An answer to a submission: this view takes the form's place."""
    return {"response_action": "update", "view": view}


def over_it(view: Json) -> Json:
    """An answer to a submission: this view lies over the form, which keeps what was typed."""
    return {"response_action": "push", "view": view}


def refusal(permission: Permission) -> RichText:
    """Why not; it may name who may."""
    return with_mentions(permission.reason)


def words_for(error: Exception, error_id: str, *, after: str = "") -> RichText:
    """Known errors in their own words; any other as an apology with the id under which it is in the log.

    `after` is the type of the interaction, as Slack names it.
    """
    if isinstance(error, SlackRefused) and error.code in TRIGGER_GONE:
        return rich_text(f"That took too long for Slack to open a window. {NOT_DONE} Please try again.")
    if isinstance(error, SlackError):
        return rich_text(
            f"Slack did not open a window for this just now. {NOT_DONE} Please try again in a minute; "
            f"if it goes on, tell whoever runs Switchboard that it was error {error_id}."
        )
    if isinstance(error, DeadlineExceeded):
        return rich_text(f"{error} {_AFTER_ALL.get(after, f'{NOT_DONE} Please try again.')}")
    if isinstance(error, SwitchboardError):
        kept = after == "view_submission" and not isinstance(error, UnknownSchema | ObserveOnly)
        return rich_text(*with_mentions(str(error)), *([f" {KEPT}"] if kept else []))
    return rich_text(
        f"Something went wrong on our side, sorry. Please try again; if it goes on, tell whoever runs Switchboard "
        f"that it was error {error_id}."
    )


def failed(body: Mapping[str, Any], words: RichText) -> Json | None:
    """The answer to this kind of interaction that shows `words` to the person alone; None where there is none."""
    if "command" in body:
        return only_you(words)
    if body.get("type") == "view_submission":
        return over_it(said("That did not work", words))
    if body.get("type") == "block_suggestion":
        return {"options": []}
    return None


def _part(part: Part | RichText | str) -> Part:
    if isinstance(part, str):
        return Paragraph([rich_text(part)])
    return Paragraph([part]) if isinstance(part, tuple) else part
