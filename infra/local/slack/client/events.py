"""Events API: each event is delivered until the bot acknowledges it, with up to three retries."""

import threading
from dataclasses import dataclass

from infra.local.slack.client.bot_endpoint import Ack, BotEndpoint, Request, event
from infra.local.slack.workspace import Json, Workspace


@dataclass(frozen=True)
class _PendingRetry:
    payload: Json
    number: int
    due: float
    reason: str


class EventDelivery:
    def __init__(self, workspace: Workspace, bot: BotEndpoint, pauses: tuple[float, ...]) -> None:
        self._workspace, self._bot, self._pauses = workspace, bot, pauses
        self._pending: list[_PendingRetry] = []
        self._delivering = threading.Lock()

    def send(self, payload: Json) -> Ack:
        """Delivers the event; if that fails, the first retry follows immediately."""
        with self._delivering:
            ack = self._try(payload, event(payload), retry=0)
        self.deliver_due()
        return ack

    def deliver_due(self) -> int:
        """Sends the retries that are due by the clock. Returns how many."""
        with self._delivering:
            now = self._workspace.clock()
            due = [retry for retry in self._pending if retry.due <= now]
            self._pending = [retry for retry in self._pending if retry.due > now]
            for retry in due:
                self._retry(retry)
        return len(due)

    def _retry(self, pending: _PendingRetry) -> None:
        headers = (("X-Slack-Retry-Num", str(pending.number)), ("X-Slack-Retry-Reason", pending.reason))
        request = event(pending.payload)
        self._try(pending.payload, Request(request.body, request.content_type, headers), pending.number)

    def _try(self, payload: Json, request: Request, retry: int) -> Ack:
        ack = self._bot.post(request)
        delivered = ack.status is not None and 200 <= ack.status < 300 and not ack.late
        if not delivered and not ack.no_retry and retry < len(self._pauses):
            due = self._workspace.clock() + self._pauses[retry]
            self._pending.append(_PendingRetry(payload, retry + 1, due, _reason(ack)))
        return ack


def _reason(ack: Ack) -> str:
    if ack.late:
        return "http_timeout"
    return "connection_failed" if ack.status is None else "http_error"
