"""infra/local/noyo: webhooks, as Noyo delivers them: signed, at least once, in no order, again until they are taken."""

import hashlib
import hmac
import http.client
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from .records import new_id

PAUSES = (10, 60, 300, 900, 1800, 3600, 7200, 14400, *([28800] * 7))
"""Seconds before each further delivery of one that was not taken: fifteen of them within three days."""
TIMEOUT_SECONDS = 10


@dataclass(slots=True)
class Event:
    """One event and what became of each of its deliveries: the status, or None where no answer came."""

    id: str
    type: str
    body: bytes
    timestamp: str
    due: float
    answers: list[int | None] = field(default_factory=list)
    copies: int = 1
    """How often it is still to be delivered, whatever the answer."""

    @property
    def taken(self) -> bool:
        return 200 in self.answers


class Webhooks:
    """The post room: what happens is put down here, and goes out when `deliver` is called, or by itself.

    Set `copies` to deliver everything so many times, `newest_first` to turn the order round, `secrets` to replace
    the key: each delivery carries one signature for each of them.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.to: str | None = None
        self.secrets: tuple[str, ...] = ()
        self.copies = 1
        self.newest_first = False
        self.events: list[Event] = []

    def happened(self, event_type: str, record_id: str, at: float) -> None:
        """Nothing is put down while nobody wants webhooks, as in the sandbox."""
        if self.to is None:
            return
        event_id = new_id()
        told = {"data": {"id": record_id}, "event": {"id": event_id, "created": int(at), "type": event_type}}
        stamp = datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")
        event = Event(event_id, event_type, json.dumps(told).encode(), stamp, at, copies=self.copies)
        with self._lock:
            self.events.append(event)

    def deliver(self) -> int:
        """Delivers what is due, once each; how many."""
        with self._lock:
            due = [event for event in self.events if self._wants_delivery(event)]
        for event in reversed(due) if self.newest_first else due:
            self._deliver(event)
        return len(due)

    def _wants_delivery(self, event: Event) -> bool:
        if event.copies > 0:
            return event.due <= self._clock()
        return not event.taken and len(event.answers) <= len(PAUSES) and event.due <= self._clock()

    def _deliver(self, event: Event) -> None:
        event.copies = max(event.copies - 1, 0)
        event.answers.append(self._posted(event))
        if not event.taken and not event.copies and len(event.answers) <= len(PAUSES):
            event.due = self._clock() + PAUSES[len(event.answers) - 1]

    def _posted(self, event: Event) -> int | None:
        parts = urlsplit(self.to or "")
        connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_SECONDS)
        try:
            connection.request("POST", parts.path, event.body, self.headers(event))
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def headers(self, event: Event) -> dict[str, str]:
        """With the moment it happened, also when it is delivered once more."""
        signed = event.timestamp.encode() + b"." + event.body
        digests = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in self.secrets]
        return {
            "Content-Type": "application/json",
            "X-Noyo-Timestamp": event.timestamp,
            "X-Noyo-Signature": ",".join(digests),
        }
