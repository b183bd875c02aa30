"""Each step of a piece of work, told once for whoever watches Switchboard run, under the work's trace.

A step is a line in the log with its numbers; what is measured of it is decided where logs are written. What is told is
never a text from outside: words of our own, numbers, and ids that look like ids.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum

from bot.domain.entities import EntityKind, EntityRef
from bot.domain.masking import mask
from bot.domain.operations import Operation
from bot.domain.records import Record

LogValue = str | int | float | None

LOGGER = "switchboard.steps"
_steps = logging.getLogger(LOGGER)
_trace: ContextVar[str | None] = ContextVar("_trace", default=None)
_PLAIN = re.compile(r"[A-Za-z0-9#:._/-]{1,200}")
_OPERATION_NEWS = re.compile(r"operation_changed:(?P<operation>.+):[a-z_]+:\d+\.\d+")
_LATE_NEWS = re.compile(r"(?:record_changed|late_version):(?P<version>.+)")


class LogEvent(StrEnum):
    """What is told; each may happen many times on the way from a click to a card."""

    SLACK_ANSWERED = "slack answered"
    """The receiver answered Slack: `kind` of interaction, `cold` start or not, `milliseconds` since it arrived."""
    VIEW_OPENED = "opened"
    """A window, whose `view` is the trace of what will be submitted in it."""
    SIGNATURE_REJECTED = "refused unsigned"
    """A request at `door` whose signature did not fit."""
    OPERATION_SUBMITTED = "placed"
    """An operation was asked for; `came` says whether it is on its way, or what was in the way."""
    OPERATION_CLAIMED = "claimed"
    NOYO_CALLED = "sent"
    """A write left for Noyo; `status` is that of the answer, absent where none came."""
    OPERATION_SAVED = "kept"
    """An operation goes on in this `state`, due in `pause` seconds."""
    OPERATION_SETTLED = "settled"
    RECORD_CHANGED = "changed"
    """A record is new to us or has a new version."""
    LIST_POLLED = "polled"
    MESSAGE_SENT = "shown"
    """A message was posted, found or edited."""
    EVENT_PUBLISHED = "told"
    """All that a piece of news brings forth is in Slack, `lag` seconds after Noyo's `modified`."""
    EVENT_POSTPONED = "put off"
    """Something of a piece of news is not in Slack yet; `failed` unless it only waits for its turn."""
    OPERATION_BACKLOG = "operations stand"
    """After a scheduled run: how late the longest due one is, and which wait for a person."""
    OUTBOX_BACKLOG = "news stands"
    THROTTLED = "throttled"
    """Somebody (`by`) asked us to slow down."""
    CREDENTIALS_REJECTED = "not let in"
    """Somebody (`by`) does not accept our credentials."""


@contextmanager
def trace_context(work_id: str | None) -> Iterator[None]:
    """All that is logged inside carries the trace of this operation or piece of news."""
    token = _trace.set(trace_of(work_id) if work_id else None)
    try:
        yield
    finally:
        _trace.reset(token)


def trace() -> str | None:
    return _trace.get()


def trace_of(work_id: str) -> str:
    """An operation's own id, for the news of it as well; for a record's news its subject and version."""
    found = _OPERATION_NEWS.fullmatch(work_id) or _LATE_NEWS.fullmatch(work_id)
    return safe_label(found[1] if found else work_id)


def version_trace(entity: EntityRef, version: str) -> str:
    return f"{entity}:{version}"


def log_event(step: LogEvent, *, warn: bool = False, **facts: LogValue) -> None:
    """What is None is left out."""
    level = logging.WARNING if warn else logging.INFO
    if not _steps.isEnabledFor(level):
        return
    told = {
        name: safe_label(fact) if isinstance(fact, str) else fact
        for name, fact in facts.items()
        if fact is not None
    }
    _steps.log(level, step.value, extra={"step": step, "facts": told}, stacklevel=2)


def log_operation(operation: Operation, now: int, record: Record | None = None) -> None:
    """How an operation stands from now on, under its own trace. `record` is what the answer that settled it showed."""
    outcome = operation.outcome.kind.value if operation.outcome else None
    with trace_context(operation.id):
        if operation.state.settled:
            log_event(
                LogEvent.OPERATION_SETTLED,
                kind=operation.kind.value,
                entity=entity_label(record.entity if record is not None else operation.entity),
                state=operation.state.value,
                outcome=outcome,
                version=record.version if record is not None else None,
                seconds=now - operation.submitted_at,
            )
        else:
            pause = max(operation.due - now, 0) if operation.due is not None else None
            log_event(
                LogEvent.OPERATION_SAVED,
                kind=operation.kind.value,
                state=operation.state.value,
                outcome=outcome,
                pause=pause,
            )


def entity_label(entity: EntityRef) -> str:
    """A record by its id. What a request is about holds what somebody typed, so of that no more than the kind."""
    return (
        str(entity) if entity.kind in (EntityKind.CONNECTION, EntityKind.DISCONNECTION) else entity.kind.value
    )


def safe_label(text: str) -> str:
    """What looks like an id or a word of ours, as it is; of anything else a digest, which tells one from another."""
    if _PLAIN.fullmatch(text) and mask(text) == text:
        return text
    return f"~{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:16]}"
