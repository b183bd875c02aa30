"""Whether anything is sent to Noyo, and the periods in which nothing was.

An admin may pause sending, and the settings may switch on observe mode. Either way operations are deferred, and the
time does not count against their deadlines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from bot import policies


class Mode(StrEnum):
    ACT = "act"
    OBSERVE = "observe"
    """Records are shown; nothing is sent to Noyo."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A period in which nothing was sent (Unix seconds); `until` is None while it lasts.

    `by` is the admin who paused; None for observe mode. `number` counts the pauses that they began in the same second,
    from 0.
    """

    since: int
    by: str | None = None
    reason: str | None = None
    until: int | None = None
    ended_by: str | None = None
    number: int = 0

    @property
    def name(self) -> str:
        """Identifies this pause."""
        number = f".{self.number}" if self.number else ""
        return f"{self.since}{number}-{self.by or ''}"


@dataclass(frozen=True, slots=True)
class HandledCommand:
    """A command that was answered `at` (Unix seconds). `id` is Slack's trigger id, the same if it is repeated."""

    id: str
    at: int


@dataclass(frozen=True, slots=True)
class PauseHistory:
    """The stored pauses, in the order they started. `revision` prevents concurrent changes."""

    pauses: tuple[Pause, ...] = ()
    revision: int = 0
    handled: tuple[HandledCommand, ...] = ()
    """Recent commands to pause and resume, so that one that is delivered again changes nothing."""

    @property
    def active_pause(self) -> Pause | None:
        """The pause that an admin started and that has not ended."""
        return next((pause for pause in self._open() if pause.by is not None), None)

    @property
    def observe_pause(self) -> Pause | None:
        """The time since which Switchboard has been in observe mode."""
        return next((pause for pause in self._open() if pause.by is None), None)

    def next_pause(self, now: int, by: str | None = None, reason: str | None = None) -> Pause:
        """A pause that starts now, not in the history yet."""
        number = sum((pause.since, pause.by) == (now, by) for pause in self.pauses)
        return Pause(now, by, reason, number=number)

    def with_started(self, pause: Pause) -> PauseHistory:
        return replace(self, pauses=(*self._recent(pause.since), pause))

    def with_ended(self, pause: Pause, now: int, by: str | None) -> PauseHistory:
        ended_pause = replace(pause, until=max(now, pause.since), ended_by=by)
        others = self._recent(now)
        return replace(self, pauses=tuple(ended_pause if other == pause else other for other in others))

    def was_handled(self, command_id: str | None) -> bool:
        """Whether this command was answered before. One without an id never was."""
        return any(command.id == command_id for command in self.handled)

    def with_handled(self, command_id: str | None, now: int) -> PauseHistory:
        oldest = now - policies.SLACK_REQUEST_MEMORY_SECONDS
        recent = tuple(command for command in self.handled if command.at >= oldest)
        return replace(self, handled=(*recent, HandledCommand(command_id, now)) if command_id else recent)

    def active_seconds(self, since: int, now: int) -> int:
        """Seconds between `since` and `now` during which sending was allowed."""
        return max(now - since, 0) - sum(end - begin for begin, end in self._pauses_between(since, now))

    def _open(self) -> Iterator[Pause]:
        return (pause for pause in self.pauses if pause.until is None)

    def _recent(self, now: int) -> tuple[Pause, ...]:
        oldest = now - policies.PAUSE_RETENTION_SECONDS
        return tuple(pause for pause in self.pauses if pause.until is None or pause.until > oldest)

    def _pauses_between(self, since: int, now: int) -> Iterator[tuple[int, int]]:
        """The paused intervals within these bounds, merged where pauses overlap."""
        reached = since
        for pause in sorted(self.pauses, key=lambda pause: pause.since):
            begin = max(pause.since, reached)
            end = min(now if pause.until is None else pause.until, now)
            if begin < end:
                yield begin, end
                reached = end
