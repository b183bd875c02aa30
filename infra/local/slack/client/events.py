"""Slack stand-in, events: delivered until acked, with up to three retries."""

import threading
from dataclasses import dataclass

from infra.local.slack.client.bot_endpoint import Ack, BotEndpoint, Request, event
from infra.local.slack.workspace import Json, Workspace


@dataclass(frozen=True)
class _Waiting:
    payload: Json
    retry: int
    due: float
    reason: str


class EventDelivery:
    def __init__(self, world: Workspace, door: BotEndpoint, pauses: tuple[float, ...]) -> None:
        self._workspace, self._bot, self._pauses = world, door, pauses
        self._waiting: list[_Waiting] = []
        self._delivering = threading.Lock()

    def send(self, payload: Json) -> Ack:
        """The first try, and at once the first retry when that failed."""
        with self._delivering:
            ack = self._try(payload, event(payload), retry=0)
        self.deliver_due()
        return ack

    def deliver_due(self) -> int:
        """Sends what is due by the clock; how many were sent."""
        with self._delivering:
            now = self._workspace.clock()
            due = [one for one in self._waiting if one.due <= now]
            self._waiting = [one for one in self._waiting if one.due > now]
            for one in due:
                self._retry(one)
        return len(due)

    def _retry(self, one: _Waiting) -> None:
        told = (("X-Slack-Retry-Num", str(one.retry)), ("X-Slack-Retry-Reason", one.reason))
        plain = event(one.payload)
        self._try(one.payload, Request(plain.body, plain.content_type, told), one.retry)

    def _try(self, payload: Json, request: Request, retry: int) -> Ack:
        ack = self._bot.post(request)
        delivered = ack.status is not None and 200 <= ack.status < 300 and not ack.late
        if not delivered and not ack.no_retry and retry < len(self._pauses):
            due = self._workspace.clock() + self._pauses[retry]
            self._waiting.append(_Waiting(payload, retry + 1, due, _reason(ack)))
        return ack


def _reason(ack: Ack) -> str:
    if ack.late:
        return "http_timeout"
    return "connection_failed" if ack.status is None else "http_error"
