"""Messages that exist in Slack or are about to be posted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MessageKey:
    """Identifies one message by its channel and name.

    `channel` is a Slack channel id, or a user id for a direct message. `name` is a card key, or `line:<event id>`,
    `alert:<entity>:<at>:<version>:<status>`, `resolution:<operation id>:<attempts>`,
    `reminder:<entity>:<day>:<version>`, `direct:<operation id>`, `summary`, `pause:<name>`.
    """

    channel: str
    name: str


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """A message's reservation and, once posted, its `ts`. `lease` is the token of the worker that holds it.

    `reserved_at` is when a worker first intended to post it, so a search in Slack need not look further back (Unix
    seconds). `posted_channel` is the channel that Slack returned: for a direct message, its own id. A `closed` message
    is no longer edited.
    """

    key: MessageKey
    lease: str
    reserved_at: int
    is_new: bool
    """True if nobody tried to post it before, so it cannot be in Slack yet."""
    ts: str | None = None
    posted_channel: str | None = None
    fingerprint: str | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True)
class PostedMessage:
    channel: str
    ts: str
