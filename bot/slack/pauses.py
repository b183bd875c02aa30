"""Slack room: pauses in words, wherever something waits because nothing is sent to Noyo."""

from __future__ import annotations

from bot.domain.sending import Pause
from bot.slack.phrases import Foreign, Line, Moment, Person, Run, line

WHY = 300
MEANWHILE = (
    "What people ask for meanwhile is kept and goes out, in its order and after another look, once sending is "
    "resumed. Reading goes on: cards and alerts are as ever."
)


def paused_since(pause: Pause) -> Line:
    """`@Ana paused sending to Noyo <when>`, without a full stop."""
    if pause.by is None:
        so = "only watches" if pause.until is None else "only watched"
        return line(f"Switchboard {so}, since ", Moment(pause.since))
    return line(Person(pause.by), " paused sending to Noyo ", Moment(pause.since))


def because(pause: Pause) -> Line:
    """The reason that was given, in brackets; empty where none was."""
    return line(" (", Foreign(pause.why, WHY), ")") if pause.why else ()


def ended(pause: Pause) -> Line:
    """How a pause that is over came to its end."""
    when: Line = line(Moment(pause.until)) if pause.until is not None else ()
    if pause.by is None:
        return line("Switchboard acts again since ", *when)
    return line(_who(pause.ended_by), " resumed sending to Noyo ", *when)


def kept(pause: Pause) -> Line:
    """Where something stands that is kept. It stays true after the pause, until it is its turn."""
    goes_on = "when Switchboard acts again" if pause.by is None else "once sending is resumed"
    return line(
        "kept, not sent yet: ", *paused_since(pause), *because(pause), f". It goes out in its turn {goes_on}."
    )


def _who(user_id: str | None) -> Run | str:
    return Person(user_id) if user_id else "Somebody"
