"""Slack room: *pause* and *resume*: something is wrong out there, and nothing more may go to Noyo until it is clear.

An admin is in a hurry, and later wants to be sure that everything goes on. What can go wrong: two admins turn the
switch at once, somebody believes that nothing can be asked for meanwhile, or that what was kept is lost.
"""

from __future__ import annotations

from bot.domain.people import Right
from bot.domain.sending import Pause
from bot.domain.subjects import SENDING
from bot.slack import pauses, replies
from bot.slack.office import Asker, Office
from bot.slack.phrases import Channel, Json, Line, line
from bot.usecases.pause import AsItWas, Turned, pause, resume


def start_pause(office: Office, asker: Asker, text: str) -> Json:
    """`/noyo pause [why]`"""
    permission = office.permits(Right.ADMINISTER, asker, SENDING)
    if not permission.allowed:
        return replies.only_you(replies.refusal(permission))
    match pause(asker.user_id, text, office.switching):
        case Turned(done):
            return replies.only_you(line(*pauses.paused_since(done), "."), pauses.MEANWHILE, _told_in(office))
        case AsItWas(running):
            return replies.only_you(line("It is paused already: ", *_since(running), "."), _resumes(office))


def start_resume(office: Office, asker: Asker, text: str) -> Json:
    """`/noyo resume`"""
    del text
    permission = office.permits(Right.ADMINISTER, asker, SENDING)
    if not permission.allowed:
        return replies.only_you(replies.refusal(permission))
    match resume(asker.user_id, office.switching):
        case Turned(done):
            return replies.only_you(
                line(*pauses.ended(done), "."),
                "What was kept begins to go out within a minute, in its order. What has changed meanwhile is not sent, "
                "and its card says so.",
                _told_in(office),
                *_still_watches(office),
            )
        case AsItWas(_, last):
            before = line(" ", *pauses.ended(last), ".") if last is not None else ()
            return replies.only_you(line("Sending is not paused.", *before), *_still_watches(office))


def standing(office: Office) -> list[Line]:
    """Said first by what tells how things stand, where nothing is sent; empty while sending is on."""
    shut = office.placing.gate.shut()
    if shut is None:
        return []
    so = "nothing is sent to Noyo" if shut.by is None else "what people ask for is kept and not sent yet"
    return [line(*pauses.paused_since(shut), *pauses.because(shut), f": {so}.")]


def _since(running: Pause | None) -> Line:
    return line(*pauses.paused_since(running), *pauses.because(running)) if running is not None else ()


def _resumes(office: Office) -> str:
    return f"{office.command} resume ends it."


def _told_in(office: Office) -> Line:
    return line("Everybody is told in ", Channel(office.look.alerts_channel), ".")


def _still_watches(office: Office) -> list[str]:
    if not office.placing.gate.watches:
        return []
    return ["Switchboard is set to watch only, so nothing is sent to Noyo all the same."]
