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
    """Nothing was done: sending is already paused, there is no pause to end (None), or the command is `repeated`."""

    pause: Pause | None
    last: Pause | None = None
    """The latest pause that has ended, if none is active."""
    repeated: bool = False
    """Whether the same command was answered before."""


def pause(
    actor: str, reason_text: str, deps: Dependencies, *, command_id: str | None = None
) -> PauseChanged | PauseUnchanged:
    """Pause sending. If two admins do so at once, the second is told who was first.

    A command with the `command_id` of an earlier one changes nothing, so that a request which is delivered twice does
    not pause again after sending was resumed. What changed nothing is remembered too, which takes a write.
    """
    for _ in range(policies.PAUSE_ATTEMPTS):
        before = deps.pauses.history()
        if before.active_pause is not None or before.was_handled(command_id):
            if _remember(before, command_id, deps):
                return _unchanged(before, command_id)
            continue
        now = int(deps.clock())
        new_pause = before.next_pause(now, actor, mask(reason_text.strip())[:MAX_REASON_LENGTH] or None)
        after = before.with_started(new_pause).with_handled(command_id, now)
        if _save(before, after, new_pause, "sending_paused", actor, deps):
            return PauseChanged(new_pause)
    raise TableUnavailable("The pause kept changing while it was saved. Please try again.")


def resume(actor: str, deps: Dependencies, *, command_id: str | None = None) -> PauseChanged | PauseUnchanged:
    """Resume sending. Deferred operations are sent in order, each after its record was read again.

    As for `pause`, a repeated command changes nothing: it must not end a later pause.
    """
    for _ in range(policies.PAUSE_ATTEMPTS):
        before = deps.pauses.history()
        open_pause = before.active_pause
        if open_pause is None or before.was_handled(command_id):
            if _remember(before, command_id, deps):
                return _unchanged(before, command_id)
            continue
        now = int(deps.clock())
        after = before.with_ended(open_pause, now, actor).with_handled(command_id, now)
        if _save(before, after, open_pause, "sending_resumed", actor, deps):
            return PauseChanged(_same_pause(after, open_pause))
    raise TableUnavailable("The pause kept changing while it was saved. Please try again.")


def _remember(before: PauseHistory, command_id: str | None, deps: Dependencies) -> bool:
    """Save that this command was answered, although it changes nothing. False if the pause changed meanwhile."""
    if command_id is None or before.was_handled(command_id):
        return True
    return deps.pauses.save(before, before.with_handled(command_id, int(deps.clock())))


def _unchanged(before: PauseHistory, command_id: str | None) -> PauseUnchanged:
    last = _last_ended(before) if before.active_pause is None else None
    return PauseUnchanged(before.active_pause, last, repeated=before.was_handled(command_id))


def record_mode(deps: Dependencies) -> None:
    """Record when observe mode starts and ends, since operations do not age in between.

    If another run was first, nothing is done.
    """
    mode, before = deps.mode, deps.pauses.history()
    open_pause, now = before.observe_pause, int(deps.clock())
    if mode is Mode.OBSERVE and open_pause is None:
        new_pause = before.next_pause(now)
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
