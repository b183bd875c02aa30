"""Slack room: *pause* and *resume*: something is wrong out there, and nothing more may go to Noyo until it is clear.

An admin is in a hurry, and later wants to be sure that everything goes on. What can go wrong: two admins turn the
switch at once, somebody believes that nothing can be asked for meanwhile, or that what was kept is lost.
"""

from __future__ import annotations

from bot.domain.entities import SENDING_PAUSE
from bot.domain.pauses import Pause
from bot.domain.people import Right
from bot.slack.context import RequestContext
from bot.slack.views import pauses, replies
from bot.slack.views.rich_text import ChannelMention, Json, RichText, rich_text
from bot.usecases.admin.pause import PauseChanged, PauseUnchanged, pause, resume


def start_pause(context: RequestContext, text: str) -> Json:
    """`/noyo pause [why]`"""
    permission = context.authorize(Right.ADMINISTER, SENDING_PAUSE)
    if not permission.allowed:
        return replies.ephemeral(replies.denial(permission))
    match pause(context.actor.user_id, text, context.deps):
        case PauseChanged(done):
            return replies.ephemeral(
                rich_text(*pauses.paused_since(done), "."), pauses.WHILE_PAUSED, _told_in(context)
            )
        case PauseUnchanged(running):
            return replies.ephemeral(
                rich_text("It is paused already: ", *_since(running), "."), _resumes(context)
            )


def start_resume(context: RequestContext, text: str) -> Json:
    """`/noyo resume`"""
    del text
    permission = context.authorize(Right.ADMINISTER, SENDING_PAUSE)
    if not permission.allowed:
        return replies.ephemeral(replies.denial(permission))
    match resume(context.actor.user_id, context.deps):
        case PauseChanged(done):
            return replies.ephemeral(
                rich_text(*pauses.pause_ended(done), "."),
                "What was kept begins to go out within a minute, in its order. What has changed meanwhile is not sent, "
                "and its card says so.",
                _told_in(context),
                *_still_watches(context),
            )
        case PauseUnchanged(_, last):
            before = rich_text(" ", *pauses.pause_ended(last), ".") if last is not None else ()
            return replies.ephemeral(rich_text("Sending is not paused.", *before), *_still_watches(context))


def standing(context: RequestContext) -> list[RichText]:
    """Said first by what tells how things stand, where nothing is sent; empty while sending is on."""
    shut = context.deps.sending_guard.active_pause()
    if shut is None:
        return []
    so = "nothing is sent to Noyo" if shut.by is None else "what people ask for is kept and not sent yet"
    return [rich_text(*pauses.paused_since(shut), *pauses.reason_suffix(shut), f": {so}.")]


def _since(running: Pause | None) -> RichText:
    return (
        rich_text(*pauses.paused_since(running), *pauses.reason_suffix(running))
        if running is not None
        else ()
    )


def _resumes(context: RequestContext) -> str:
    return f"{context.command} resume ends it."


def _told_in(context: RequestContext) -> RichText:
    return rich_text("Everybody is told in ", ChannelMention(context.display.alerts_channel), ".")


def _still_watches(context: RequestContext) -> list[str]:
    if not context.deps.sending_guard.observes_only:
        return []
    return ["Switchboard is set to watch only, so nothing is sent to Noyo all the same."]
