"""Log events: what happened, with its fields, under the trace of the operation or record that it belongs to.

`bot.logs` decides how an event is written and which of its numbers become metrics. No value from outside gets into a
log: fields hold our own words, numbers, and ids that look like ids. Any other text is replaced by a digest. Text that
is shown to people passes `mask`, which hides tax numbers (SSN or EIN) and email addresses.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum, auto
from functools import cache
from typing import NamedTuple

from bot.domain.operations import Operation
from bot.domain.records import EntityKind, EntityRef, Record

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
    CARRIERS_FILE_CHANGED = auto()
    """The carriers file has another content: `result` says whether it is in use, has mistakes or is unreadable."""
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


class _Characters(NamedTuple):
    """Classes of characters, as in a regular expression."""

    digit: str
    unseen: str
    """Invisible between two digits: control and format characters, and combining marks."""
    between: str
    """What separates the groups of a number."""


_ASCII_BETWEEN = r"\s.,/_:\-()\[\];|"
_ASCII = _Characters("[0-9]", r"[\x00-\x08\x0e-\x1b\x7f]", f"[{_ASCII_BETWEEN}]")
_ANY = _Characters(
    # Digits of every script, and what looks like digits: superscript, circled, in parentheses, with a full stop.
    r"[\d\u00b2\u00b3\u00b9\u2070\u2074-\u2079\u2080-\u2089\u2460-\u2468\u2474-\u247c\u2488-\u2490\u24ea"
    r"\u24f5-\u24fd\u24ff\u2776-\u277e\u2780-\u2788\u278a-\u2792\U0001f100-\U0001f10a]",
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u0300-\u036f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20d0-\u20f0\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    r"\U000e0000-\U000e0fff]",
    rf"[{_ASCII_BETWEEN}"
    r"\u00b7\u02d7\u058a\u05be\u1400\u1806\u2010-\u2015\u2022\u2027\u2043\u2044\u207b\u208b\u2212\u2215"
    r"\u2219\u22c5\u2e3a\u2e3b\u2e40\u2796\u2800\u301c\u3030\u30a0\u30fb\u30fc\ufe31\ufe32\ufe58\ufe63\uff0d\uff0e\uff0f"
    r"\uff3f\uff65]",
)


@cache
def _sensitive(characters: _Characters) -> re.Pattern[str]:
    """What is masked, and as the group `spared` what looks like it and is not.

    Compiled on first use: it takes about 10 ms, and less than half of that for ASCII.
    """
    digit, unseen, between = characters
    # A separator as it is, or as percent-encoding or JSON writes it.
    code = r"(?:20|2[89CDEFcdef]|3[ABab]|5[BDFbdf]|7[Cc])"
    separator = rf"(?:{between}|%(?:{code}|[Cc]2%[Aa]0)|\\(?:[nrt]|u00(?:{code}|[Aa]0)))"
    gap = rf"(?:{unseen}*+{separator}){{1,3}}{unseen}*+"

    def run(length: int) -> str:
        return rf"{digit}(?:{unseen}*+{digit}){{{length - 1}}}"

    # Other digits that follow may belong to the number in place of the first ones, so they are masked with it.
    nine_digits = (
        rf"{digit}(?:(?:{unseen}*+{separator})?+{unseen}*+{digit}){{8}}"
        rf"(?:{unseen}*+{separator}{unseen}*+{digit}++)*+"
    )
    email = (
        rf"(?<![\w.+'~-])(?<!{unseen})(?:[\w.+'~-]|{unseen})++(?:[@\ufe6b\uff20]|%40|\\u0040){unseen}*+"
        rf"(?:(?:[\w-]|{unseen})++[.\uff0e\u3002])+[^\W\d_]{{2,}}+"
    )
    # Also as the end of a shortened text.
    uuid = r"(?<!\w)[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-(?:[0-9a-fA-F]{12}(?!\w)|[0-9a-fA-F]{0,11}…)"
    # Beside other digits, a date or a telephone number could be read as part of a number with nine digits.
    phone = r"(?<![0-9])\(?[0-9]{3}\)?[ .-][0-9]{3}[ .-][0-9]{4}(?![0-9])"
    iso_date = r"(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    any_date = (
        rf"(?<![0-9])(?:{iso_date}|[0-9]{{1,2}}/[0-9]{{1,2}}/(?:19|20)[0-9]{{2}})(?![-/]?{digit})(?!{gap}{run(5)})"
    )
    # Adjacent letters do not change a number ("SSN123456789"), adjacent digits do.
    return re.compile(
        rf"(?P<spared>{uuid}|{phone}|{any_date})|{email}|"
        rf"(?<!{digit})(?:{run(3)}{gap}{run(2)}{gap}{run(4)}|{run(2)}{gap}{run(7)}|{run(9)}|{nine_digits})"
        rf"(?!{unseen}*+{digit})"
    )


_MASK = "•••"


def mask(text: str, *, keep: str | None = None) -> str:
    """Replace tax numbers and email addresses by dots, except in UUIDs and in `keep` (the carrier group id).

    A tax number is nine digits, of any script, that have at most one separator between two of them; in the usual
    groups of an SSN (3-2-4) or EIN (2-7) up to three. A separator may be percent-encoded or escaped as in JSON.
    Telephone numbers (3-3-4) and dates (2025-01-31, 1/31/2025) are shown.
    """
    kept_ranges = _positions(text, keep) if keep else []

    def masked(found: re.Match[str]) -> str:
        spared = found["spared"] or any(begin <= found.start() and found.end() <= end for begin, end in kept_ranges)
        return found.group() if spared else _MASK

    return _sensitive(_ASCII if text.isascii() else _ANY).sub(masked, text)


def _positions(text: str, keep: str) -> list[tuple[int, int]]:
    """The positions of `keep` as a whole word. Numbers within them are not masked."""
    return [found.span() for found in re.finditer(rf"(?<!\w){re.escape(keep)}(?!\w)", text)]
