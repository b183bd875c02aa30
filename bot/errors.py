"""The error tree; `str(error)` is fit to be shown to a person.

Three kinds are kept apart for everything that leaves this process: *nothing was done* (safe to try again),
*no answer* (it may or may not have happened) and *a clear no*.
"""

from __future__ import annotations


class SwitchboardError(Exception):
    """Anything Switchboard raises on purpose."""


class NoyoError(SwitchboardError):
    """Something about Noyo."""


class NotSent(NoyoError):
    """Noyo did not process the request, for certain: nothing left us, or Noyo said "not now" (401, 408, 429).

    `retry_after` is Noyo's wish in seconds, when it had one.
    """

    def __init__(self, words: str, *, retry_after: int | None = None) -> None:
        super().__init__(words)
        self.retry_after = retry_after


class NoAnswer(NoyoError):
    """The request left us and no usable answer came (time-out, reset, 5xx): a write may have taken effect."""


class NoyoRefused(NoyoError):
    """Noyo's clear no: a 4xx other than 401, 408 and 429. `words` are Noyo's own, masked, or a plain substitute."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.message = words


class UnreadableAnswer(NoyoError):
    """Noyo answered with success, but not with anything we can read. A write has very likely taken effect."""


class DeadlineExceeded(SwitchboardError):
    """Whoever waits would have given up before an answer; what this was raised for was not begun."""

    def __init__(self) -> None:
        super().__init__("That took too long and was stopped.")


class StorageError(SwitchboardError):
    """Something about the table."""


class TableUnavailable(StorageError):
    """The table did not answer in time, or throttled for too long. The write may or may not have happened."""


class ConcurrentUpdate(StorageError):
    """The record's state is no longer the one that was read; read it again."""


class LeaseLost(StorageError):
    """Somebody else has taken the operation or delivery over, or it is no longer in the state we left it in."""


class SubmissionConflict(StorageError):
    """The transaction that places an operation was cancelled by one of its conditions; nothing was written."""


class UnknownSchema(StorageError):
    """An item or a button was written by a version of Switchboard that this one cannot read."""


class ObserveOnly(SwitchboardError):
    """Switchboard is set to observe: it takes on nothing that would be sent to Noyo."""

    def __init__(self) -> None:
        super().__init__(
            "Switchboard only watches for now and sends nothing to Noyo, so nothing was done. "
            "Whoever runs it has set it so; please do this at Noyo."
        )


class SlackError(SwitchboardError):
    """Something about Slack."""


class SlackBusy(SlackError):
    """Slack asked us to slow down (429); nothing was done. `retry_after` in seconds."""

    def __init__(self, words: str, *, retry_after: int) -> None:
        super().__init__(words)
        self.retry_after = retry_after


class SlackNoAnswer(SlackError):
    """Slack gave no usable answer: what was sent may or may not have been posted."""


class SlackRefused(SlackError):
    """Slack's clear no; `code` is Slack's error name, such as `channel_not_found`."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Slack refused: {code}")
        self.code = code


class SlackTokenRejected(SlackBusy):
    """Slack does not accept our token, so nothing was done; another one is a person's to give. `code` is Slack's."""

    def __init__(self, code: str, *, retry_after: int) -> None:
        super().__init__(f"Slack does not accept the bot's token ({code}).", retry_after=retry_after)
        self.code = code


class SecretUnavailable(SwitchboardError):
    """A secret cannot be read where it is kept, or does not hold what it should; says which one, never its value."""


class SettingsError(SwitchboardError):
    """The environment does not hold what is needed; the text names every fault at once."""
