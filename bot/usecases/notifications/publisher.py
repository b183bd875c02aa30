"""Keep a Slack message posted exactly once and converging on the current state, in whatever order events arrive."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from bot import policies
from bot.domain.content import Content, MessageKey, MessageLink, MessageRecord, Rendered, SearchPage
from bot.errors import LeaseLost, SlackBusy, SlackError, SlackNoAnswer, SlackRefused, SlackUnavailable
from bot.telemetry import LogEvent, log_event
from bot.usecases.dependencies import Dependencies

logger = logging.getLogger("switchboard")

GONE = frozenset({"message_not_found", "cant_update_message"})
"""Slack's errors for a deleted message. If it had a thread, Slack leaves a placeholder."""
INVALID_CURSOR = "invalid_cursor"
"""Slack's error for a position in its history that it no longer knows."""
UNKNOWN_FINGERPRINT = ""
"""The fingerprint of a message whose present content is unknown."""


class MessageBusy(Exception):
    """Another worker holds the lease on this message."""


class NotYet(MessageBusy):
    """The message must not be posted before a certain time, `seconds` from now."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"not before {seconds} seconds have passed")
        self.seconds = seconds


class WaitsForEarlierLine(NotYet):
    """An earlier line of the same thread has not been posted yet."""


class SearchUnfinished(NotYet):
    """The search for an earlier post of the message continues in the next attempt."""


class PostUnconfirmed(SlackNoAnswer):
    """A post got no usable answer: the message may still appear, within `seconds` from now."""

    def __init__(self, words: str, *, seconds: int) -> None:
        super().__init__(words)
        self.seconds = seconds


def never(_: Content) -> bool:
    return False


def always(_: Content) -> bool:
    return True


def upsert_message(
    key: MessageKey,
    content: Callable[[], Content],
    deps: Dependencies,
    *,
    thread: str | None = None,
    broadcast: bool = False,
    closes_after: Callable[[Content], bool] = never,
    force: bool = False,
    reposts: bool = True,
) -> MessageLink:
    """Post the message, or edit it until it shows what `content` reads from the table. Returns its link.

    `content` is called again after each post and edit, so that a change made meanwhile is shown too. Once it shows
    content for which `closes_after` is true, the message is never edited again. `force` edits the message even if its
    content seems current, which reveals whether it still exists. `broadcast` also shows a thread reply in the channel.
    Without `reposts`, a deleted message is not posted again.

    Raises `MessageBusy` if another worker holds the lease, and `SlackError`s.
    """
    with _lease(key, deps) as record:
        attempt = _Attempt(deps, thread, broadcast, reposts, _send_until(deps))
        if force:
            record = replace(record, fingerprint=UNKNOWN_FINGERPRINT)
        record, shown = _converge(record, content, attempt)
    deps.messages.release(record, closed=closes_after(shown))
    return record.link or MessageLink(key.channel, "")


def delete_message(key: MessageKey, deps: Dependencies, *, thread: str | None = None) -> None:
    """Delete the message, even if its post was never confirmed, and prevent it from being posted later.

    Idempotent. Raises `SlackRefused` if Slack does not delete it.
    """
    with _lease(key, deps) as record:
        posted_at = record.link or (None if record.is_new else _find(record, thread, deps, _send_until(deps)))
        if posted_at is not None and not record.closed:
            _delete(posted_at, deps)
    deps.messages.release(record, closed=True)


def _delete(posted_at: MessageLink, deps: Dependencies) -> None:
    try:
        deps.slack.delete(posted_at.channel, posted_at.ts)
    except SlackRefused as refusal:
        if refusal.code not in GONE:
            raise


@contextmanager
def _lease(key: MessageKey, deps: Dependencies) -> Iterator[MessageRecord]:
    """Hold the lease on a message. After an error it is released, unless the message may still appear."""
    deps.ensure_not_throttled(key.channel)
    record = deps.messages.reserve(
        key, lease=deps.new_id(), now=deps.now(), lease_seconds=policies.MESSAGE_LEASE_SECONDS
    )
    if record is None:
        raise MessageBusy(f"{key.name} in {key.channel}")
    try:
        yield record
    except LeaseLost as error:
        raise MessageBusy(f"{key.name} in {key.channel}") from error
    except SlackBusy as busy:
        deps.throttled_until[key.channel] = deps.now() + busy.retry_after
        deps.messages.release(record)
        raise
    except PostUnconfirmed as unconfirmed:
        # Nobody searches for the message before it had time to appear.
        deps.messages.hold(record, until=deps.now() + unconfirmed.seconds)
        raise
    except BaseException:
        deps.messages.release(record)
        raise


def post_once(
    key: MessageKey, content: Callable[[], Content], deps: Dependencies, *, thread: str | None = None
) -> MessageLink:
    """Like `upsert_message`, for a message that is never edited."""
    return upsert_message(key, content, deps, thread=thread, closes_after=always)


def idempotency_key(key: MessageKey) -> str:
    """The opaque id in the message's metadata, the same for every attempt to post it."""
    return hashlib.sha256(f"{key.channel}|{key.name}".encode()).hexdigest()[:32]


def _send_until(deps: Dependencies) -> int:
    """When to stop sending under a lease that begins now (Unix seconds)."""
    return deps.now() + policies.MESSAGE_LEASE_SECONDS - policies.MESSAGE_MIN_LEASE_LEFT_SECONDS


@dataclass(frozen=True, slots=True)
class _Attempt:
    """How a message is posted; `until` is when to stop sending (Unix seconds)."""

    deps: Dependencies
    thread: str | None
    broadcast: bool
    reposts: bool
    until: int

    def ensure_lease(self, record: MessageRecord) -> None:
        if self.deps.now() >= self.until:
            raise LeaseLost(f"the lease on {record.key.name} is about to expire")


def _converge(
    record: MessageRecord, content: Callable[[], Content], attempt: _Attempt
) -> tuple[MessageRecord, Content]:
    for _ in range(policies.MESSAGE_RENDERS):
        shown = content()
        rendered = attempt.deps.slack.render(shown)
        if record.closed or (record.ts and record.fingerprint == rendered.fingerprint):
            break
        posted = _edit_or_post(record, rendered, attempt)
        how = "found" if posted.found else "edited" if record.ts == posted.message.ts else "posted"
        record = _save(record, posted.message, UNKNOWN_FINGERPRINT if posted.found else rendered.fingerprint, attempt)
        log_event(
            LogEvent.MESSAGE_SENT,
            kind=record.key.name.partition(":")[0],
            how=how,
            channel=posted.message.channel,
            ts=posted.message.ts,
        )
    return record, shown


def _save(record: MessageRecord, posted_at: MessageLink, fingerprint: str, attempt: _Attempt) -> MessageRecord:
    attempt.deps.messages.record_post(
        record, ts=posted_at.ts, posted_channel=posted_at.channel, fingerprint=fingerprint
    )
    return replace(record, ts=posted_at.ts, posted_channel=posted_at.channel, fingerprint=fingerprint)


@dataclass(frozen=True, slots=True)
class _Posted:
    message: MessageLink
    found: bool = False
    """True if the message was already in Slack, with unknown content."""


def _edit_or_post(record: MessageRecord, rendered: Rendered, attempt: _Attempt) -> _Posted:
    posted_at = record.link
    if posted_at is None:
        return _post(record, rendered, attempt)
    # If the answer is lost, the content is unknown; saving that also checks that the lease is still ours.
    _save(record, posted_at, UNKNOWN_FINGERPRINT, attempt)
    attempt.ensure_lease(record)
    try:
        attempt.deps.slack.update(posted_at.channel, posted_at.ts, rendered)
    except SlackRefused as refusal:
        if refusal.code not in GONE:
            raise
        if not attempt.reposts:
            return _Posted(posted_at)
        return _post(record, rendered, attempt)  # It was deleted in Slack, but is still wanted.
    return _Posted(posted_at)


def _post(record: MessageRecord, rendered: Rendered, attempt: _Attempt) -> _Posted:
    """Search for the message before posting it again: an earlier attempt may have arrived."""
    found = None if record.is_new else _find(record, attempt.thread, attempt.deps, attempt.until)
    # The same message again means that it exists, but cannot be edited.
    if found is None or found.ts == record.ts:
        return _Posted(_send(record, rendered, attempt))
    return _Posted(found, found=True)


def _find(record: MessageRecord, thread: str | None, deps: Dependencies, until: int) -> MessageLink | None:
    """Search from the first attempt to post the message until now, for as long as there is time to send afterwards.

    An interrupted search continues in the next attempt. None also where Slack does not let us read, so messages there
    are posted at least once.
    """
    stop_at = min(until - policies.SLACK_WORKER_TIMEOUT_SECONDS, deps.search_deadline)
    since = deps.now() if record.search_since is None else record.search_since
    cursor = record.search_cursor
    try:
        while True:
            page = _search_page(record, thread, deps, cursor)
            if page.found is not None or page.cursor is None:
                return page.found
            cursor = page.cursor
            if deps.now() >= stop_at:
                break
    except SlackRefused as refusal:
        if refusal.code != INVALID_CURSOR:
            return None
        cursor = None
    except SlackError:
        deps.messages.save_search(record, cursor=cursor, since=since)
        raise
    if deps.now() - since >= policies.SLACK_SEARCH_MAX_SECONDS:
        logger.warning(
            "a message is posted although the search for an earlier post did not end",
            extra={"kind": record.key.name.partition(":")[0]},
        )
        return None
    deps.messages.save_search(record, cursor=cursor, since=since)
    raise SearchUnfinished(policies.EVENT_FIRST_PAUSE_SECONDS)


def _search_page(record: MessageRecord, thread: str | None, deps: Dependencies, cursor: str | None) -> SearchPage:
    return deps.slack.find(
        record.key.channel,
        idempotency_key=idempotency_key(record.key),
        since=record.reserved_at,
        thread=thread,
        cursor=cursor,
    )


def _send(record: MessageRecord, rendered: Rendered, attempt: _Attempt) -> MessageLink:
    key = record.key
    attempt.ensure_lease(record)
    try:
        return attempt.deps.slack.post(
            key.channel,
            rendered,
            idempotency_key=idempotency_key(key),
            thread=attempt.thread,
            broadcast=attempt.broadcast,
        )
    except SlackUnavailable as error:
        raise PostUnconfirmed(str(error), seconds=policies.MESSAGE_SETTLE_SECONDS) from error
    except SlackNoAnswer as error:
        raise PostUnconfirmed(str(error), seconds=policies.MESSAGE_LEASE_SECONDS) from error
