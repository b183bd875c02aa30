"""The message that tells a channel that sending to Noyo was paused, or goes on."""

from __future__ import annotations

from bot.domain.content import PauseNotice
from bot.domain.pauses import Pause
from bot.slack.views import pauses
from bot.slack.views.display_settings import DisplaySettings
from bot.slack.views.message import Message, Paragraph
from bot.slack.views.rich_text import RichText, UntrustedText, labelled, rich_text


def pause_notice(shown: PauseNotice, look: DisplaySettings) -> Message:
    """The reader asks why nothing goes out, or whether it does again.

    What could mislead: a pause that is over and still reads as one. So this message is kept true, and says who ended
    it.
    """
    told = shown.pause
    if told.until is not None:
        lines = [rich_text(*pauses.ended(told), "."), labelled("Before", *pauses.paused_since(told), ".")]
        return Message([Paragraph([*lines, *_why(told)])], rich_text(_over(told)), look.warning())
    lines = [rich_text(*pauses.paused_since(told), "."), *_why(told), rich_text(_meaning(told))]
    return Message([Paragraph([*lines, *_way_back(told, look)])], rich_text(_begun(told)), look.warning())


def _begun(told: Pause) -> str:
    return "Only watching" if told.by is None else "Sending to Noyo is paused"


def _over(told: Pause) -> str:
    return "Acting again" if told.by is None else "Sending to Noyo goes on"


def _meaning(told: Pause) -> str:
    if told.by is None:
        return "Everything is shown as ever; nothing is sent to Noyo, and what waited to be sent is kept."
    return pauses.MEANWHILE


def _why(told: Pause) -> list[RichText]:
    return [labelled("Why", UntrustedText(told.reason, pauses.WHY))] if told.reason else []


def _way_back(told: Pause, look: DisplaySettings) -> list[RichText]:
    return [rich_text(f"An admin resumes it with {look.command} resume.")] if told.by is not None else []
