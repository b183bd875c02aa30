"""Pauses of sending: the notice in the channel, and the words wherever something waits for one."""

from __future__ import annotations

from bot.domain.content import PauseNotice
from bot.domain.pauses import Pause
from bot.slack.views import pauses
from bot.slack.views.message import DisplaySettings, Message, Paragraph
from bot.slack.views.rich_text import (
    RichText,
    Span,
    Timestamp,
    UntrustedText,
    UserMention,
    labelled,
    rich_text,
)

MAX_REASON = 300
WHILE_PAUSED = (
    "What people ask for meanwhile is kept and goes out, in its order and after another look, once sending is "
    "resumed. Reading goes on: cards and alerts are as ever."
)


def paused_since(pause: Pause) -> RichText:
    """`@Ana paused sending to Noyo <when>`, without a full stop."""
    if pause.by is None:
        so = "only watches" if pause.until is None else "only watched"
        return rich_text(f"Switchboard {so}, since ", Timestamp(pause.since))
    return rich_text(UserMention(pause.by), " paused sending to Noyo ", Timestamp(pause.since))


def reason_suffix(pause: Pause) -> RichText:
    """The reason that was given, in brackets; empty where none was."""
    return rich_text(" (", UntrustedText(pause.reason, MAX_REASON), ")") if pause.reason else ()


def pause_ended(pause: Pause) -> RichText:
    """How a pause that is over came to its end."""
    when: RichText = rich_text(Timestamp(pause.until)) if pause.until is not None else ()
    if pause.by is None:
        return rich_text("Switchboard acts again since ", *when)
    return rich_text(_mention(pause.ended_by), " resumed sending to Noyo ", *when)


def deferred(pause: Pause) -> RichText:
    """Where something stands that is kept. It stays true after the pause, until it is its turn."""
    goes_on = "when Switchboard acts again" if pause.by is None else "once sending is resumed"
    return rich_text(
        "kept, not sent yet: ",
        *paused_since(pause),
        *reason_suffix(pause),
        f". It goes out in its turn {goes_on}.",
    )


def _mention(user_id: str | None) -> Span | str:
    return UserMention(user_id) if user_id else "Somebody"


def pause_notice(shown: PauseNotice, display: DisplaySettings) -> Message:
    """The reader asks why nothing goes out, or whether it does again.

    What could mislead: a pause that is over and still reads as one. So this message is kept true, and says who ended
    it.
    """
    told = shown.pause
    if told.until is not None:
        lines = [
            rich_text(*pauses.pause_ended(told), "."),
            labelled("Before", *pauses.paused_since(told), "."),
        ]
        return Message(
            [Paragraph([*lines, *_reason(told)])], rich_text(_ended_title(told)), display.warning()
        )
    lines = [rich_text(*pauses.paused_since(told), "."), *_reason(told), rich_text(_explanation(told))]
    return Message(
        [Paragraph([*lines, *_how_to_resume(told, display)])],
        rich_text(_active_title(told)),
        display.warning(),
    )


def _active_title(told: Pause) -> str:
    return "Only watching" if told.by is None else "Sending to Noyo is paused"


def _ended_title(told: Pause) -> str:
    return "Acting again" if told.by is None else "Sending to Noyo goes on"


def _explanation(told: Pause) -> str:
    if told.by is None:
        return "Everything is shown as ever; nothing is sent to Noyo, and what waited to be sent is kept."
    return pauses.WHILE_PAUSED


def _reason(told: Pause) -> list[RichText]:
    return [labelled("Why", UntrustedText(told.reason, pauses.MAX_REASON))] if told.reason else []


def _how_to_resume(told: Pause, display: DisplaySettings) -> list[RichText]:
    return [rich_text(f"An admin resumes it with {display.command} resume.")] if told.by is not None else []
