"""Slack room: the message that tells a channel that sending to Noyo was paused, or goes on."""

from __future__ import annotations

from bot.domain.sending import Pause
from bot.domain.showing import SwitchNotice
from bot.slack import pauses
from bot.slack.look import Look
from bot.slack.message import Message, Paragraph
from bot.slack.phrases import Foreign, Line, labelled, line


def switch_notice(shown: SwitchNotice, look: Look) -> Message:
    """The reader asks why nothing goes out, or whether it does again.

    What could mislead: a pause that is over and still reads as one. So this message is kept true, and says who ended
    it.
    """
    told = shown.pause
    if told.until is not None:
        lines = [line(*pauses.ended(told), "."), labelled("Before", *pauses.paused_since(told), ".")]
        return Message([Paragraph([*lines, *_why(told)])], line(_over(told)), look.warning())
    lines = [line(*pauses.paused_since(told), "."), *_why(told), line(_meaning(told))]
    return Message([Paragraph([*lines, *_way_back(told, look)])], line(_begun(told)), look.warning())


def _begun(told: Pause) -> str:
    return "Only watching" if told.by is None else "Sending to Noyo is paused"


def _over(told: Pause) -> str:
    return "Acting again" if told.by is None else "Sending to Noyo goes on"


def _meaning(told: Pause) -> str:
    if told.by is None:
        return "Everything is shown as ever; nothing is sent to Noyo, and what waited to be sent is kept."
    return pauses.MEANWHILE


def _why(told: Pause) -> list[Line]:
    return [labelled("Why", Foreign(told.why, pauses.WHY))] if told.why else []


def _way_back(told: Pause, look: Look) -> list[Line]:
    return [line(f"An admin resumes it with {look.command} resume.")] if told.by is not None else []
