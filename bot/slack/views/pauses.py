"""Pauses in words, wherever something waits because nothing is sent to Noyo."""

from __future__ import annotations

from bot.domain.pauses import Pause
from bot.slack.views.rich_text import RichText, Span, Timestamp, UntrustedText, UserMention, rich_text

WHY = 300
MEANWHILE = (
    "What people ask for meanwhile is kept and goes out, in its order and after another look, once sending is "
    "resumed. Reading goes on: cards and alerts are as ever."
)


def paused_since(pause: Pause) -> RichText:
    """`@Ana paused sending to Noyo <when>`, without a full stop."""
    if pause.by is None:
        so = "only watches" if pause.until is None else "only watched"
        return rich_text(f"Switchboard {so}, since ", Timestamp(pause.since))
    return rich_text(UserMention(pause.by), " paused sending to Noyo ", Timestamp(pause.since))


def because(pause: Pause) -> RichText:
    """The reason that was given, in brackets; empty where none was."""
    return rich_text(" (", UntrustedText(pause.reason, WHY), ")") if pause.reason else ()


def ended(pause: Pause) -> RichText:
    """How a pause that is over came to its end."""
    when: RichText = rich_text(Timestamp(pause.until)) if pause.until is not None else ()
    if pause.by is None:
        return rich_text("Switchboard acts again since ", *when)
    return rich_text(_who(pause.ended_by), " resumed sending to Noyo ", *when)


def kept(pause: Pause) -> RichText:
    """Where something stands that is kept. It stays true after the pause, until it is its turn."""
    goes_on = "when Switchboard acts again" if pause.by is None else "once sending is resumed"
    return rich_text(
        "kept, not sent yet: ", *paused_since(pause), *because(pause), f". It goes out in its turn {goes_on}."
    )


def _who(user_id: str | None) -> Span | str:
    return UserMention(user_id) if user_id else "Somebody"
