"""All errors that Switchboard raises; `str(error)` can be shown to people.

Each call to another service fails in one of three ways: nothing was done (safe to retry), no answer (it may have taken
effect), or a refusal.
"""

from __future__ import annotations


class SwitchboardError(Exception):
    """The base class of all errors."""


class NoyoError(SwitchboardError):
    """An error of a call to Noyo. `retry_after` is in seconds, if Noyo sent it."""

    def __init__(self, words: str, *, retry_after: int | None = None) -> None:
        super().__init__(words)
        self.retry_after = retry_after


class NotSent(NoyoError):
    """Noyo did not process the request: it was not sent, or Noyo answered 401, 408 or 429."""


class NoAnswer(NoyoError):
    """The request was sent and no usable answer came (timeout, reset, 5xx): a write may have taken effect."""


class NoyoRefused(NoyoError):
    """Noyo refused: a 4xx other than 401, 408 and 429. `message` is Noyo's text, masked, or a plain substitute."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.message = words

    @property
    def not_found(self) -> bool:
        """Whether Noyo says that it does not have what was named."""
        return self.status == 404


class UnreadableAnswer(NoyoError):
    """Noyo answered with success, but the answer cannot be read. A write has probably taken effect."""


class WrongRecord(UnreadableAnswer):
    """Noyo answered about a record other than the requested one."""


class DeadlineExceeded(SwitchboardError):
    """The caller's deadline leaves no time for an answer, so the call was not started."""

    def __init__(self) -> None:
        super().__init__("That took too long and was stopped.")


class StorageError(SwitchboardError):
    """An error of the table."""


class TableUnavailable(StorageError):
    """The table did not answer in time, or throttled for too long. The write may or may not have happened."""


class ConcurrentUpdate(StorageError):
    """The record's state changed after it was read; read it again."""


class LeaseLost(StorageError):
    """Another worker took over the operation or message, or its state changed."""


class SubmissionConflict(StorageError):
    """A condition of the transaction that submits an operation failed; nothing was written."""


class UnknownSchema(StorageError):
    """An item or a button was written by an incompatible version of Switchboard."""


class ObserveOnly(SwitchboardError):
    """Switchboard is in observe mode: it accepts nothing that would be sent to Noyo."""

    def __init__(self) -> None:
        super().__init__(
            "Switchboard is in observe-only mode and sends nothing to Noyo, so nothing was done. "
            "This is set in its settings; please do this at Noyo."
        )


class SlackError(SwitchboardError):
    """An error of a call to Slack."""


class SlackBusy(SlackError):
    """Slack's rate limit was reached (429); nothing was done. `retry_after` is in seconds."""

    def __init__(self, words: str, *, retry_after: int) -> None:
        super().__init__(words)
        self.retry_after = retry_after


class SlackNoAnswer(SlackError):
    """Slack gave no usable answer: the call may have taken effect."""


class SlackUnavailable(SlackNoAnswer):
    """Slack answered that it failed. The call is over, and most likely had no effect, but it may have taken effect."""


class SlackRefused(SlackError):
    """Slack refused; `code` is Slack's error, such as `channel_not_found`."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Slack refused: {code}")
        self.code = code


class SlackTokenRejected(SlackBusy):
    """Slack does not accept the token, so nothing was done; a person must set another one. `code` is Slack's error."""

    def __init__(self, code: str, *, retry_after: int) -> None:
        super().__init__(f"Slack does not accept the bot's token ({code}).", retry_after=retry_after)
        self.code = code


class SecretUnavailable(SwitchboardError):
    """A secret cannot be read or lacks a value. The message names the secret and never contains a value."""


class CarriersFileUnavailable(SwitchboardError):
    """The carriers file cannot be read. The message says why, and what to do."""


class SettingsError(SwitchboardError):
    """Environment variables are missing or malformed; the message names all of them."""
