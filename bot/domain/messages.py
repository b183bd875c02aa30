"""Messages that exist in Slack or are about to be posted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MessageKey:
    """One message: where it is, and the key that makes it that message and no other.

    `channel` is a Slack channel id, or a user id for a direct message. `key` is a card key, or `line:<news id>`,
    `alert:<subject>:<at>:<version>:<status>`, `resolution:<operation id>:<attempts>`,
    `reminder:<subject>:<day>:<version>`, `direct:<operation id>`, `summary`, `pause:<name>`.
    """

    channel: str
    name: str


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """A message's reservation and, once posted, its `ts`. `lease` is the token of whoever is at work on it.

    `reserved_at` is when somebody first set out to post it: an earlier search for it in Slack is pointless.
    `posted_in` is the channel Slack answered with (a direct message's own id). `closed` ones are no longer edited.
    """

    key: MessageKey
    lease: str
    reserved_at: int
    is_new: bool
    """True where nobody set out to post this before, so that it cannot be in Slack yet."""
    ts: str | None = None
    posted_channel: str | None = None
    fingerprint: str | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True)
class PostedMessage:
    channel: str
    ts: str
