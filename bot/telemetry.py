"""Log events: what happened, with its fields, under the trace of the operation or record that it belongs to.

`bot.logs` decides how an event is written and which of its numbers become metrics. No value from outside gets into a
log: fields hold our own words, numbers, and ids that look like ids. Any other text is replaced by a digest.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum, auto

from bot.domain.entities import EntityKind, EntityRef
from bot.domain.masking import mask
from bot.domain.operations import Operation
from bot.domain.records import Record

FieldValue = str | int | float | None

LOGGER = "switchboard.events"
_logger = logging.getLogger(LOGGER)
_trace: ContextVar[str | None] = ContextVar("_trace", default=None)
_PLAIN = re.compile(r"[A-Za-z0-9#:._/-]{1,200}")
_OPERATION_EVENT = re.compile(r"operation_changed:(?P<operation>.+):[a-z_]+:\d+\.\d+")
_RECORD_EVENT = re.compile(r"(?:record_changed|late_version):(?P<version>.+)")


class LogEvent(StrEnum):
    """The name is the message of the log line, in lower case. One click may cause several events of a kind."""

    SLACK_ANSWERED = auto()
    """The receiver answered Slack: `kind` of interaction, `cold` start or not, `milliseconds` since it arrived."""
    VIEW_OPENED = auto()
    """A modal was opened; its `view` id is the trace of what will be submitted in it."""
    SIGNATURE_REJECTED = auto()
    """The signature of a request to this `endpoint` is missing, too old or wrong."""
    OPERATION_SUBMITTED = auto()
    """`result` says whether the operation was accepted, or what it conflicts with."""
    OPERATION_CLAIMED = auto()
    """A worker holds the operation's lease and executes it."""
    NOYO_CALLED = auto()
    """A write was sent to Noyo; `status` is that of the response, absent if none arrived."""
    OPERATION_SAVED = auto()
    """The operation continues in this `state`, due in `due_in` seconds."""
    OPERATION_SETTLED = auto()
    """The operation has its final `outcome`, `seconds` after it was submitted."""
    RECORD_CHANGED = auto()
    """A record is new to us or has a new version."""
    LIST_POLLED = auto()
    """A poll of one of Noyo's lists ended, `age` seconds after the last complete one."""
    MESSAGE_SENT = auto()
    """A message was posted, found or edited."""
    EVENT_PUBLISHED = auto()
    """Slack shows everything that an outbox event changes, `lag` seconds after Noyo's `modified`."""
    EVENT_POSTPONED = auto()
    """Slack does not show all of an outbox event yet; `failed` is 0 if it only waits for its turn."""
    OPERATION_BACKLOG = auto()
    """After each scheduled run: seconds since the oldest due operation was due, and how many wait for what."""
    OUTBOX_BACKLOG = auto()
    """After each scheduled run: seconds since the oldest due outbox event was due."""
    THROTTLED = auto()
    """This `service` asked us to slow down."""
    CREDENTIALS_REJECTED = auto()
    """This `service` does not accept our credentials."""


@contextmanager
def trace_context(work_id: str | None) -> Iterator[None]:
    """All log lines inside carry the trace of this operation or outbox event."""
    token = _trace.set(trace_of(work_id) if work_id else None)
    try:
        yield
    finally:
        _trace.reset(token)


def trace() -> str | None:
    return _trace.get()


def trace_of(work_id: str) -> str:
    """The id of the operation, also for its outbox events; for a record's outbox events its reference and version."""
    event = _OPERATION_EVENT.fullmatch(work_id) or _RECORD_EVENT.fullmatch(work_id)
    return safe_label(event[1] if event else work_id)


def version_trace(entity: EntityRef, version: str) -> str:
    return f"{entity}:{version}"


def log_event(event: LogEvent, /, *, warn: bool = False, **fields: FieldValue) -> None:
    """Writes one log line. Fields whose value is None are left out."""
    level = logging.WARNING if warn else logging.INFO
    if not _logger.isEnabledFor(level):
        return
    safe = {
        name: safe_label(value) if isinstance(value, str) else value
        for name, value in fields.items()
        if value is not None
    }
    _logger.log(level, event.value, extra={"log_event": event, "fields": safe}, stacklevel=2)


def log_operation(operation: Operation, now: int, record: Record | None = None) -> None:
    """Logs the state of an operation under its own trace. `record`: what the response that settled it showed."""
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
            log_event(
                LogEvent.OPERATION_SAVED,
                kind=operation.kind.value,
                state=operation.state.value,
                outcome=outcome,
                due_in=max(operation.due - now, 0) if operation.due is not None else None,
            )


def entity_label(entity: EntityRef) -> str:
    """The reference of a record. That of a request contains what somebody typed, so only its kind is shown."""
    return str(entity) if entity.kind in (EntityKind.CONNECTION, EntityKind.DISCONNECTION) else entity.kind.value


def safe_label(text: str) -> str:
    """An id or a word of ours as it is; of any other text a digest, which is the same each time."""
    if _PLAIN.fullmatch(text) and mask(text) == text:
        return text
    return f"~{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:16]}"
