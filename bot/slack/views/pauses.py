"""Pauses of sending: the notice in the channel, and what is shown wherever an operation waits for the end of one."""

from __future__ import annotations

from bot.domain.content import PauseNotice
from bot.domain.pauses import Pause
from bot.slack.views.message import DisplaySettings, Message, Paragraph
from bot.slack.views.rich_text import RichText, Span, Timestamp, UntrustedText, UserMention, labelled, rich_text

MAX_REASON = 300
WHILE_PAUSED = (
    "New requests wait and are sent in order, after a fresh check, once sending resumes. "
    "Cards and alerts keep updating."
)


def paused_since(pause: Pause) -> RichText:
    """`@Ana paused sending to Noyo <when>`, without a full stop."""
    if pause.by is None:
        verb = "has been" if pause.until is None else "was"
        return rich_text(f"Switchboard {verb} in observe-only mode since ", Timestamp(pause.since))
    return rich_text(UserMention(pause.by), " paused sending to Noyo ", Timestamp(pause.since))


def reason_suffix(pause: Pause) -> RichText:
    """The reason in brackets; empty if none was given."""
    return rich_text(" (", UntrustedText(pause.reason, MAX_REASON), ")") if pause.reason else ()


def pause_ended(pause: Pause) -> RichText:
    """Who ended the pause, and when."""
    when: RichText = rich_text(Timestamp(pause.until)) if pause.until is not None else ()
    if pause.by is None:
        return rich_text("Switchboard left observe-only mode ", *when)
    return rich_text(_mention(pause.ended_by), " resumed sending to Noyo ", *when)


def deferred(pause: Pause) -> RichText:
    """The state of a deferred operation. It is correct after the pause too, until the operation is sent."""
    resumes = "when observe-only mode ends" if pause.by is None else "when sending resumes"
    since = rich_text(*paused_since(pause), *reason_suffix(pause))
    return rich_text("waiting while sending is paused. ", *since, f". It will be sent {resumes}.")


def pause_notice(content: PauseNotice, display: DisplaySettings) -> Message:
    """Answers: why is nothing sent to Noyo, or is it sent again?

    A pause that is over must not read like one that continues. So this message is updated when the pause ends, and
    names the person who ended it.
    """
    pause = content.pause
    if pause.until is not None:
        lines = [rich_text(*pause_ended(pause), "."), labelled("Before", *paused_since(pause), ".")]
        return Message([Paragraph([*lines, *_reason(pause)])], rich_text(_ended_title(pause)), display.warning())
    lines = [rich_text(*paused_since(pause), "."), *_reason(pause), rich_text(_explanation(pause))]
    lines += _how_to_resume(pause, display)
    return Message([Paragraph(lines)], rich_text(_active_title(pause)), display.warning())


def _active_title(pause: Pause) -> str:
    return "Observe-only mode" if pause.by is None else "Sending to Noyo is paused"


def _ended_title(pause: Pause) -> str:
    return "Observe-only mode ended" if pause.by is None else "Sending to Noyo resumed"


def _explanation(pause: Pause) -> str:
    if pause.by is None:
        return "Cards and alerts keep updating. Nothing is sent to Noyo; requests that were waiting stay deferred."
    return WHILE_PAUSED


def _reason(pause: Pause) -> list[RichText]:
    return [labelled("Reason", UntrustedText(pause.reason, MAX_REASON))] if pause.reason else []


def _how_to_resume(pause: Pause, display: DisplaySettings) -> list[RichText]:
    return [rich_text(f"An admin can resume it with {display.command} resume.")] if pause.by is not None else []


def _mention(user_id: str | None) -> Span | str:
    return UserMention(user_id) if user_id else "Someone"
