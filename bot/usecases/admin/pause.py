"""Pause and resume sending to Noyo, and record when observe mode starts and ends."""

from __future__ import annotations

from dataclasses import dataclass

from bot import policies
from bot.domain import outbox
from bot.domain.pauses import Mode, Pause, PauseHistory
from bot.domain.people import WORKER, AuditEntry, Origin
from bot.domain.records import SENDING_PAUSE
from bot.errors import TableUnavailable
from bot.telemetry import mask
from bot.usecases.dependencies import Dependencies

MAX_REASON_LENGTH = 300


@dataclass(frozen=True, slots=True)
class PauseChanged:
    """The pause was started or ended by this call."""

    pause: Pause


@dataclass(frozen=True, slots=True)
class PauseUnchanged:
    """Nothing was done: sending is already paused, or there is no pause to end (None)."""

    pause: Pause | None
    last: Pause | None = None
    """The latest pause that has ended, if none is active."""


def pause(actor: str, reason_text: str, deps: Dependencies) -> PauseChanged | PauseUnchanged:
    """Pause sending. If two admins do so at once, the second is told who was first."""
    for _ in range(policies.PAUSE_ATTEMPTS):
        before = deps.pauses.history()
        if before.active_pause is not None:
            return PauseUnchanged(before.active_pause)
        now = int(deps.clock())
        new_pause = Pause(since=now, by=actor, reason=mask(reason_text.strip())[:MAX_REASON_LENGTH] or None)
        if _save(before, before.with_started(new_pause), new_pause, "sending_paused", actor, deps):
            return PauseChanged(new_pause)
    raise TableUnavailable("The pause kept changing while it was saved. Please try again.")


def resume(actor: str, deps: Dependencies) -> PauseChanged | PauseUnchanged:
    """Resume sending. Deferred operations are sent in order, each after its record was read again."""
    for _ in range(policies.PAUSE_ATTEMPTS):
        before = deps.pauses.history()
        open_pause = before.active_pause
        if open_pause is None:
            return PauseUnchanged(None, _last_ended(before))
        after = before.with_ended(open_pause, int(deps.clock()), actor)
        if _save(before, after, open_pause, "sending_resumed", actor, deps):
            return PauseChanged(_same_pause(after, open_pause))
    raise TableUnavailable("The pause kept changing while it was saved. Please try again.")


def record_mode(deps: Dependencies) -> None:
    """Record when observe mode starts and ends, since operations do not age in between.

    If another run was first, nothing is done.
    """
    mode, before = deps.mode, deps.pauses.history()
    open_pause, now = before.observe_pause, int(deps.clock())
    if mode is Mode.OBSERVE and open_pause is None:
        new_pause = Pause(since=now)
        _save(before, before.with_started(new_pause), new_pause, "observe_mode_started", None, deps)
    elif mode is Mode.ACT and open_pause is not None:
        _save(before, before.with_ended(open_pause, now, None), open_pause, "observe_mode_ended", None, deps)


def _save(
    before: PauseHistory, after: PauseHistory, about: Pause, action: str, actor: str | None, deps: Dependencies
) -> bool:
    now = int(deps.clock())
    details = (("since", str(about.since)), *((("reason", about.reason),) if about.reason else ()))
    audit = AuditEntry(
        deps.new_id(), SENDING_PAUSE, now, actor, action, details, Origin("command") if actor else WORKER
    )
    event = outbox.sending_changed(about, before.revision + 1, now)
    return deps.pauses.save(before, after, event=event, audit=audit)


def _same_pause(sending: PauseHistory, open_pause: Pause) -> Pause:
    return next(other for other in sending.pauses if other.name == open_pause.name)


def _last_ended(sending: PauseHistory) -> Pause | None:
    ended = [other for other in sending.pauses if other.by is not None and other.until is not None]
    return max(ended, key=lambda other: other.until or 0, default=None)
