"""Use case: an admin pauses sending to Noyo, and resumes it; the settings have Switchboard watch, or act again."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain import news as telling
from bot.domain.masking import mask
from bot.domain.sending import Mode, Pause, Sending
from bot.domain.subjects import SENDING
from bot.errors import TableUnavailable
from bot.ports import WORKER, AuditEntry, Clock, KeepsSwitches, NewId, Origin

ROUNDS = 5
LONGEST_WHY = 300


@dataclass(frozen=True, slots=True)
class Tools:
    """What the switch touches."""

    switches: KeepsSwitches
    clock: Clock
    new_id: NewId


@dataclass(frozen=True, slots=True)
class Turned:
    """It was done just now, to this pause."""

    pause: Pause


@dataclass(frozen=True, slots=True)
class AsItWas:
    """Nothing was done: it is paused already, by somebody who was first, or there is no pause to end (None)."""

    pause: Pause | None
    last: Pause | None = None
    """The pause that ended last, where none goes on."""


def pause(actor: str, why: str, tools: Tools) -> Turned | AsItWas:
    """From now on everything is kept and nothing is sent. Of two at once one is told who was first."""
    for _ in range(ROUNDS):
        before = tools.switches.sending()
        if before.paused is not None:
            return AsItWas(before.paused)
        now = int(tools.clock())
        begun = Pause(since=now, by=actor, why=mask(why.strip())[:LONGEST_WHY] or None)
        if _turn(before, before.began(begun), begun, "sending_paused", actor, tools):
            return Turned(begun)
    raise TableUnavailable("The switch moved faster than it could be turned. Please try again.")


def resume(actor: str, tools: Tools) -> Turned | AsItWas:
    """What was kept is sent from now on, in its order, each looked at again first."""
    for _ in range(ROUNDS):
        before = tools.switches.sending()
        running = before.paused
        if running is None:
            return AsItWas(None, _last_ended(before))
        after = before.ended(running, int(tools.clock()), actor)
        if _turn(before, after, running, "sending_resumed", actor, tools):
            return Turned(_the_same(after, running))
    raise TableUnavailable("The switch moved faster than it could be turned. Please try again.")


def mind_the_mode(mode: Mode, tools: Tools) -> None:
    """Notes when Switchboard was set to watch only, and when it acts again: clocks stand still in between.

    Who loses a race leaves it to the winner, or to the next run.
    """
    before = tools.switches.sending()
    running, now = before.watching, int(tools.clock())
    if mode is Mode.OBSERVE and running is None:
        begun = Pause(since=now)
        _turn(before, before.began(begun), begun, "watching_began", None, tools)
    elif mode is Mode.ACT and running is not None:
        _turn(before, before.ended(running, now, None), running, "watching_ended", None, tools)


def _turn(before: Sending, after: Sending, about: Pause, deed: str, actor: str | None, tools: Tools) -> bool:
    now = int(tools.clock())
    details = (("since", str(about.since)), *((("why", about.why),) if about.why else ()))
    audit = AuditEntry(
        tools.new_id(), SENDING, now, actor, deed, details, Origin("command") if actor else WORKER
    )
    news = telling.of_sending(about, before.revision + 1, now)
    return tools.switches.turn(before, after, news=news, audit=audit)


def _the_same(sending: Sending, running: Pause) -> Pause:
    return next(one for one in sending.pauses if one.name == running.name)


def _last_ended(sending: Sending) -> Pause | None:
    ended = [one for one in sending.pauses if one.by is not None and one.until is not None]
    return max(ended, key=lambda one: one.until or 0, default=None)
