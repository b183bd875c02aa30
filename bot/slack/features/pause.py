"""*pause* and *resume*: something is wrong, and nothing more may be sent to Noyo until it is clear.

An admin is in a hurry, and later wants to be sure that sending continues. What can go wrong: two admins pause or resume
at once, a request of Slack's is delivered again after the other command, or somebody believes that nothing can be
requested meanwhile or that deferred requests are lost.
"""

from __future__ import annotations

from bot.domain.pauses import Pause
from bot.domain.people import Right
from bot.domain.records import SENDING_PAUSE
from bot.slack.context import RequestContext
from bot.slack.views import health, replies
from bot.slack.views.rich_text import ChannelMention, Json, RichText, rich_text
from bot.usecases.admin.pause import PauseChanged, PauseUnchanged, pause, resume


def start_pause(context: RequestContext, text: str) -> Json:
    """`/noyo pause [why]`"""
    permission = context.authorize(Right.ADMINISTER, SENDING_PAUSE)
    if not permission.allowed:
        return replies.ephemeral(replies.denial(permission))
    match pause(context.actor.user_id, text, context.deps, command_id=context.actor.trigger_id or None):
        case PauseChanged(change):
            return replies.ephemeral(
                rich_text(*health.paused_since(change), "."), health.WHILE_PAUSED, _announced_in(context)
            )
        case PauseUnchanged(repeated=True) as unchanged:
            return _repeated(unchanged)
        case PauseUnchanged(running):
            resumes = f"{context.command} resume ends the pause."
            return replies.ephemeral(rich_text("Already paused: ", *_since(running), "."), resumes)


def start_resume(context: RequestContext, _: str) -> Json:
    """`/noyo resume`"""
    permission = context.authorize(Right.ADMINISTER, SENDING_PAUSE)
    if not permission.allowed:
        return replies.ephemeral(replies.denial(permission))
    match resume(context.actor.user_id, context.deps, command_id=context.actor.trigger_id or None):
        case PauseChanged(change):
            return replies.ephemeral(
                rich_text(*health.pause_ended(change), "."),
                "Deferred requests are sent within a minute, in order. Requests whose record has changed are not sent, "
                "and their cards say so.",
                _announced_in(context),
                *_observes_only(context),
            )
        case PauseUnchanged(repeated=True) as unchanged:
            return _repeated(unchanged)
        case PauseUnchanged(_, last):
            return replies.ephemeral(_not_paused(last), *_observes_only(context))


def _repeated(unchanged: PauseUnchanged) -> Json:
    """For a request that Slack delivers again: the person may not have seen the first answer."""
    running = unchanged.pause
    now = rich_text(*_since(running), ".") if running is not None else _not_paused(unchanged.last)
    return replies.ephemeral("You already sent this command. Nothing was changed this time.", now)


def pause_lines(context: RequestContext) -> list[RichText]:
    """The first lines of an overview while nothing is sent; empty while sending is on."""
    pause_now = context.deps.sending_guard.active_pause()
    return [] if pause_now is None else [health.pause_line(pause_now)]


def _since(running: Pause | None) -> RichText:
    return rich_text(*health.paused_since(running), *health.reason_suffix(running)) if running is not None else ()


def _not_paused(last: Pause | None) -> RichText:
    """`last`: the latest pause that has ended."""
    before = rich_text(" ", *health.pause_ended(last), ".") if last is not None else ()
    return rich_text("Sending is not paused.", *before)


def _announced_in(context: RequestContext) -> RichText:
    return rich_text("This is announced in ", ChannelMention(context.display.alerts_channel), ".")


def _observes_only(context: RequestContext) -> list[str]:
    if not context.observes_only:
        return []
    return ["Switchboard is set to observe only, so nothing is sent to Noyo anyway."]
