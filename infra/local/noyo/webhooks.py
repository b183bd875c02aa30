"""Webhooks as Noyo delivers them: signed, at least once, in any order, and retried until they are accepted."""

import hashlib
import hmac
import http.client
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from infra.local.noyo.records import new_id

RETRY_DELAYS = (10, 60, 300, 900, 1800, 3600, 7200, 14400, *([28800] * 7))
"""Seconds before each retry: fifteen retries within three days."""
TIMEOUT_SECONDS = 10


@dataclass(slots=True)
class Event:
    """An event, and the status of each delivery so far, None where there was no answer."""

    id: str
    type: str
    body: bytes
    timestamp: str
    due: float
    answers: list[int | None] = field(default_factory=list)
    copies: int = 1
    """Deliveries that are still to be made, independent of the answer."""

    @property
    def accepted(self) -> bool:
        return 200 in self.answers


class Webhooks:
    """The queue of events, sent by `deliver`.

    `copies` is how often each event is delivered, `newest_first` reverses the order, and each delivery carries one
    signature for each of the `secrets`.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.url: str | None = None
        self.secrets: tuple[str, ...] = ()
        self.copies = 1
        self.newest_first = False
        self.events: list[Event] = []

    def record(self, event_type: str, record_id: str, at: float) -> None:
        """Queues an event, unless no URL is set."""
        if self.url is None:
            return
        event_id = new_id()
        payload = {"data": {"id": record_id}, "event": {"id": event_id, "created": int(at), "type": event_type}}
        stamp = datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")
        event = Event(event_id, event_type, json.dumps(payload).encode(), stamp, at, copies=self.copies)
        with self._lock:
            self.events.append(event)

    def deliver(self) -> int:
        """Delivers each due event once. Returns how many."""
        with self._lock:
            due = [event for event in self.events if self._is_due(event)]
        for event in reversed(due) if self.newest_first else due:
            self._deliver(event)
        return len(due)

    def _is_due(self, event: Event) -> bool:
        if event.copies > 0:
            return event.due <= self._clock()
        return not event.accepted and len(event.answers) <= len(RETRY_DELAYS) and event.due <= self._clock()

    def _deliver(self, event: Event) -> None:
        event.copies = max(event.copies - 1, 0)
        event.answers.append(self._post(event))
        if not event.accepted and not event.copies and len(event.answers) <= len(RETRY_DELAYS):
            event.due = self._clock() + RETRY_DELAYS[len(event.answers) - 1]

    def _post(self, event: Event) -> int | None:
        parts = urlsplit(self.url or "")
        connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_SECONDS)
        try:
            connection.request("POST", parts.path, event.body, self.headers(event))
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def headers(self, event: Event) -> dict[str, str]:
        """A retry carries the time of the event too, not that of the retry."""
        signed = event.timestamp.encode() + b"." + event.body
        digests = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in self.secrets]
        return {
            "Content-Type": "application/json",
            "X-Noyo-Timestamp": event.timestamp,
            "X-Noyo-Signature": ",".join(digests),
        }
