"""An admin pauses sending to Noyo, and resumes it; the settings have Switchboard watch, or act again."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain import outbox as telling
from bot.domain.audit import WORKER, AuditEntry, Origin
from bot.domain.entities import SENDING_PAUSE
from bot.domain.masking import mask
from bot.domain.pauses import Mode, Pause, PauseHistory
from bot.errors import TableUnavailable
from bot.usecases.dependencies import Dependencies

ROUNDS = 5
LONGEST_WHY = 300


@dataclass(frozen=True, slots=True)
class PauseChanged:
    """It was done just now, to this pause."""

    pause: Pause


@dataclass(frozen=True, slots=True)
class PauseUnchanged:
    """Nothing was done: it is paused already, by somebody who was first, or there is no pause to end (None)."""

    pause: Pause | None
    last: Pause | None = None
    """The pause that ended last, where none goes on."""


def pause(actor: str, why: str, deps: Dependencies) -> PauseChanged | PauseUnchanged:
    """From now on everything is kept and nothing is sent. Of two at once one is told who was first."""
    for _ in range(ROUNDS):
        before = deps.pauses.history()
        if before.active_pause is not None:
            return PauseUnchanged(before.active_pause)
        now = int(deps.clock())
        begun = Pause(since=now, by=actor, reason=mask(why.strip())[:LONGEST_WHY] or None)
        if _turn(before, before.with_started(begun), begun, "sending_paused", actor, deps):
            return PauseChanged(begun)
    raise TableUnavailable("The switch moved faster than it could be turned. Please try again.")


def resume(actor: str, deps: Dependencies) -> PauseChanged | PauseUnchanged:
    """What was kept is sent from now on, in its order, each looked at again first."""
    for _ in range(ROUNDS):
        before = deps.pauses.history()
        running = before.active_pause
        if running is None:
            return PauseUnchanged(None, _last_ended(before))
        after = before.with_ended(running, int(deps.clock()), actor)
        if _turn(before, after, running, "sending_resumed", actor, deps):
            return PauseChanged(_the_same(after, running))
    raise TableUnavailable("The switch moved faster than it could be turned. Please try again.")


def record_mode(deps: Dependencies) -> None:
    """Notes when Switchboard was set to watch only, and when it acts again: clocks stand still in between.

    Who loses a race leaves it to the winner, or to the next run.
    """
    mode, before = deps.mode, deps.pauses.history()
    running, now = before.observe_pause, int(deps.clock())
    if mode is Mode.OBSERVE and running is None:
        begun = Pause(since=now)
        _turn(before, before.with_started(begun), begun, "observe_mode_started", None, deps)
    elif mode is Mode.ACT and running is not None:
        _turn(before, before.with_ended(running, now, None), running, "observe_mode_ended", None, deps)


def _turn(
    before: PauseHistory,
    after: PauseHistory,
    about: Pause,
    action: str,
    actor: str | None,
    deps: Dependencies,
) -> bool:
    now = int(deps.clock())
    details = (("since", str(about.since)), *((("reason", about.reason),) if about.reason else ()))
    audit = AuditEntry(
        deps.new_id(), SENDING_PAUSE, now, actor, action, details, Origin("command") if actor else WORKER
    )
    event = telling.sending_changed(about, before.revision + 1, now)
    return deps.pauses.save(before, after, event=event, audit=audit)


def _the_same(sending: PauseHistory, running: Pause) -> Pause:
    return next(one for one in sending.pauses if one.name == running.name)


def _last_ended(sending: PauseHistory) -> Pause | None:
    ended = [one for one in sending.pauses if one.by is not None and one.until is not None]
    return max(ended, key=lambda one: one.until or 0, default=None)
