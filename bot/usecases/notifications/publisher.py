"""Make one message in Slack exist once and say what is so, whatever order things happen in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from bot.domain.content import Content, MessageLink, Rendered
from bot.domain.messages import MessageKey, MessageRecord, PostedMessage
from bot.errors import LeaseLost, SlackBusy, SlackNoAnswer, SlackRefused
from bot.telemetry import LogEvent, log_event
from bot.usecases.dependencies import Dependencies

LEASE_SECONDS = 60
"""Longer than Slack's slowest answer and the time a message takes to show in a channel's history."""
SLACK_SECONDS = 15
"""Nothing is sent to Slack with less of the lease left: it could arrive after somebody else's newer truth."""
ROUNDS = 5
GONE = frozenset({"message_not_found", "cant_update_message"})
"""Deleted; where it had a thread, Slack leaves a message of its own in its place."""
UNKNOWN_FINGERPRINT = ""
"""The fingerprint of a message of which nobody knows what it shows."""


class MessageBusy(Exception):
    """Somebody else is at work on this message just now."""


class NotYet(MessageBusy):
    """It has to wait for its hour, which comes in so many seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"not for {seconds} seconds")
        self.seconds = seconds


class _Unsettled(SlackNoAnswer):
    """A post got no answer: it may still show up."""


def never(_: Content) -> bool:
    return False


def always(_: Content) -> bool:
    return True


def upsert_message(
    place: MessageKey,
    content: Callable[[], Content],
    deps: Dependencies,
    *,
    thread: str | None = None,
    broadcast: bool = False,
    closes: Callable[[Content], bool] = never,
    anew: bool = False,
    reposts: bool = True,
) -> MessageLink:
    """Posts the message, or edits it until it shows what `content` reads from the table. Returns where it is.

    The table is read again after each post and edit, so a change that came meanwhile is shown too. What `closes` says
    yes to, once shown, is never edited again. `anew` edits it even if it should show the right thing already, and so
    finds out whether it is still there. `broadcast` shows a reply in its channel too. Without `reposts` a message that
    somebody deleted stays away. `Held` where somebody else is at it; `SlackError`s pass.
    """
    with _holding(place, deps) as message_record:
        work = _Work(deps, thread, broadcast, reposts, deps.now() + LEASE_SECONDS - SLACK_SECONDS)
        if anew:
            message_record = replace(message_record, fingerprint=UNKNOWN_FINGERPRINT)
        message_record, shown = _until_true(message_record, content, work)
    deps.messages.release(message_record, closed=closes(shown))
    return _link(message_record)


def delete_message(place: MessageKey, deps: Dependencies, *, thread: str | None = None) -> None:
    """Deletes the message, also one whose posting was never answered, and sees to it that it is never posted.

    Safe to call again: what is gone already is what was wanted. `SlackRefused` where Slack will not delete it.
    """
    with _holding(place, deps) as message_record:
        work = _Work(deps, thread, broadcast=False, reposts=False, until=deps.now() + LEASE_SECONDS)
        at = (
            PostedMessage(message_record.posted_channel or place.channel, message_record.ts)
            if message_record.ts
            else None
        )
        at = at or (None if message_record.is_new else _find(message_record, work))
        if at is not None and not message_record.closed:
            _delete(at, deps)
    deps.messages.release(message_record, closed=True)


def _delete(at: PostedMessage, deps: Dependencies) -> None:
    try:
        deps.slack.delete(at.channel, at.ts)
    except SlackRefused as refusal:
        if refusal.code not in GONE:
            raise


@contextmanager
def _holding(place: MessageKey, deps: Dependencies) -> Iterator[MessageRecord]:
    """The lease on a message. Where something goes wrong it is given back, as far as that is safe."""
    deps.ensure_not_throttled(place.channel)
    message_record = deps.messages.reserve(
        place, lease=deps.new_id(), now=deps.now(), lease_seconds=LEASE_SECONDS
    )
    if message_record is None:
        raise MessageBusy(f"{place.name} in {place.channel}")
    try:
        yield message_record
    except LeaseLost as error:
        raise MessageBusy(f"{place.name} in {place.channel}") from error
    except SlackBusy as busy:
        deps.throttled_until[place.channel] = deps.now() + busy.retry_after
        deps.messages.release(message_record)
        raise
    except _Unsettled:
        raise  # The lease runs on, so that nobody looks for the message before it had time to show.
    except BaseException:
        deps.messages.release(message_record)
        raise


def post_once(
    place: MessageKey,
    content: Callable[[], Content],
    deps: Dependencies,
    *,
    thread: str | None = None,
) -> MessageLink:
    """As `keep_true`, for a message that is never edited afterwards."""
    return upsert_message(place, content, deps, thread=thread, closes=always)


def idempotency_key(place: MessageKey) -> str:
    """The opaque id by which this message is found again in Slack: the same for every attempt to post it."""
    return hashlib.sha256(f"{place.channel}|{place.name}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class _Work:
    """The desk, where the message belongs, and when to stop sending (Unix seconds)."""

    deps: Dependencies
    thread: str | None
    broadcast: bool
    reposts: bool
    until: int

    def ensure_lease(self, message_record: MessageRecord) -> None:
        if self.deps.now() >= self.until:
            raise LeaseLost(f"too late to send {message_record.key.name}")


def _until_true(
    message_record: MessageRecord, content: Callable[[], Content], work: _Work
) -> tuple[MessageRecord, Content]:
    for _ in range(ROUNDS):
        shown = content()
        rendered = work.deps.slack.render(shown)
        if message_record.closed or (
            message_record.ts and message_record.fingerprint == rendered.fingerprint
        ):
            break
        posted = _show(message_record, rendered, work)
        how = "found" if posted.found else "edited" if message_record.ts == posted.at.ts else "posted"
        message_record = _noted(
            message_record, posted.at, UNKNOWN_FINGERPRINT if posted.found else rendered.fingerprint, work
        )
        log_event(
            LogEvent.MESSAGE_SENT,
            what=message_record.key.name.partition(":")[0],
            how=how,
            channel=posted.at.channel,
            ts=posted.at.ts,
        )
    return message_record, shown


def _noted(message_record: MessageRecord, at: PostedMessage, fingerprint: str, work: _Work) -> MessageRecord:
    work.deps.messages.record_post(
        message_record, ts=at.ts, posted_channel=at.channel, fingerprint=fingerprint
    )
    return replace(message_record, ts=at.ts, posted_channel=at.channel, fingerprint=fingerprint)


@dataclass(frozen=True, slots=True)
class _Shown:
    at: PostedMessage
    found: bool = False
    """True where the message was there already, showing we do not know what."""


def _show(message_record: MessageRecord, rendered: Rendered, work: _Work) -> _Shown:
    if message_record.ts is None:
        return _post(message_record, rendered, work)
    at = PostedMessage(message_record.posted_channel or message_record.key.channel, message_record.ts)
    # From here on nobody knows what it shows, should the answer be lost; and the lease must still be ours.
    _noted(message_record, at, UNKNOWN_FINGERPRINT, work)
    work.ensure_lease(message_record)
    try:
        work.deps.slack.update(at.channel, at.ts, rendered)
    except SlackRefused as refusal:
        if refusal.code not in GONE:
            raise
        if not work.reposts:
            return _Shown(at)
        return _found_or_sent(message_record, rendered, work)  # Somebody deleted it; it is still wanted.
    return _Shown(at)


def _post(message_record: MessageRecord, rendered: Rendered, work: _Work) -> _Shown:
    """An earlier attempt may have arrived without our knowing, so it is looked for before posting again."""
    if message_record.is_new:
        return _Shown(_send(message_record, rendered, work))
    return _found_or_sent(message_record, rendered, work)


def _found_or_sent(message_record: MessageRecord, rendered: Rendered, work: _Work) -> _Shown:
    found = _find(message_record, work)
    if (
        found is None or found.ts == message_record.ts
    ):  # The same one again: it is there, but cannot be edited.
        return _Shown(_send(message_record, rendered, work))
    return _Shown(found, found=True)


def _find(message_record: MessageRecord, work: _Work) -> PostedMessage | None:
    """None as well where Slack does not let us read (a direct message, no membership): posted at least once there."""
    place = message_record.key
    try:
        return work.deps.slack.find(
            place.channel, mark=idempotency_key(place), since=message_record.reserved_at, thread=work.thread
        )
    except SlackRefused:
        return None


def _send(message_record: MessageRecord, rendered: Rendered, work: _Work) -> PostedMessage:
    place = message_record.key
    work.ensure_lease(message_record)
    try:
        return work.deps.slack.post(
            place.channel, rendered, mark=idempotency_key(place), thread=work.thread, broadcast=work.broadcast
        )
    except SlackNoAnswer as silence:
        raise _Unsettled(str(silence)) from silence


def _link(message_record: MessageRecord) -> MessageLink:
    return MessageLink(message_record.posted_channel or message_record.key.channel, message_record.ts or "")
