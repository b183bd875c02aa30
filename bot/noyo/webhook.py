"""The door for webhooks: Lambda's HTTP event in, its answer out; nothing unsigned gets past here.

An event says that a record changed, not how; so all it leaves is one look at the record. Noyo delivers at least once,
in no order, and again for three days until it hears 200: an event's id is that of its look, and its age says nothing.
"""

from __future__ import annotations

import hmac
import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.entities import EntityKind, EntityRef
from bot.domain.operations import ReplyTo
from bot.errors import DeadlineExceeded, SecretUnavailable, StorageError
from bot.http_event import headers_of, raw_body
from bot.noyo.arguments import is_uuid
from bot.telemetry import LogEvent, log_event
from bot.usecases.dependencies import Dependencies
from bot.usecases.operations import submit
from bot.usecases.ports.runtime import Secret

logger = logging.getLogger("switchboard")

Answer = dict[str, Any]
LONGEST_BODY = 64 * 1024
"""Noyo's events have some hundred bytes."""
LONGEST_HEADER = 2048
ABOUT = {
    "group_connection_request.created": EntityKind.CONNECTION,
    "group_connection_request.status_change": EntityKind.CONNECTION,
    "group_disconnection_request.created": EntityKind.DISCONNECTION,
    "group_disconnection_request.status_change": EntityKind.DISCONNECTION,
}
"""Which record an event of each type is about. Noyo adds types at any time; the others are none of our business."""

_TELLING = {200, 503}
"""Signed, or our secret cannot be read. What a stranger sends shall cause no work, and says nothing of us."""


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """One event: its id, and the record that it says has changed."""

    event_id: str
    entity: EntityRef


class _Unreadable(Exception):
    """The body is not an event; the words say why not, and nothing of what it holds."""


class WebhookEndpoint:
    """Verifies the raw bytes and places the look."""

    def __init__(
        self,
        *,
        secrets: Secret[tuple[str, ...]],
        deps: Dependencies,
        look_after: Callable[[], object] = lambda: None,
    ) -> None:
        """`secrets`: one, or several while one takes the other's place. `look_after` notes whether they can be read."""
        self._secrets, self._deps, self._look_after = secrets, deps, look_after

    def handle(self, event: Mapping[str, Any]) -> Answer:
        """The answer to one event of an HTTP API, payload version 2.0. A 5xx asks Noyo to deliver again."""
        try:
            answer = self._answered(event)
        except (SecretUnavailable, StorageError, DeadlineExceeded) as error:
            logger.error("a webhook could not be taken in: %s", error)
            answer = _answer(503)
            if not isinstance(error, SecretUnavailable):
                return answer
        if answer["statusCode"] in _TELLING:
            self._look_after()
        return answer

    def _answered(self, event: Mapping[str, Any]) -> Answer:
        body = raw_body(event)
        if body is None or len(body) > LONGEST_BODY:
            return _answer(400, f"The body is not encoded as it says, or longer than {LONGEST_BODY} bytes.")
        if not self._signed(body, headers_of(event)):
            logger.warning("a webhook without a valid signature was refused")
            log_event(LogEvent.SIGNATURE_REJECTED, endpoint="noyo")
            return _answer(401)
        try:
            happened = _read(body)
        except _Unreadable as error:
            logger.warning("a signed webhook of %d bytes cannot be read: %s", len(body), error)
            return _answer(400, str(error))
        if happened is not None:
            self._look(happened)
        return _answer(200)

    def _look(self, happened: WebhookEvent) -> None:
        """The same event once more finds its look placed already, and that is as good."""
        result = submit.refresh(
            f"webhook:{happened.event_id}",
            None,
            happened.entity,
            because="webhook",
            reply_to=ReplyTo(),
            deps=self._deps,
        )
        if isinstance(result, submit.RecordChanged):
            raise StorageError("The table took no look, and does not say why.")
        if isinstance(result, submit.Conflict):
            logger.warning(
                "a webhook's event was about another record before", extra={"work_id": result.operation.id}
            )

    def _signed(self, body: bytes, headers: Mapping[str, str]) -> bool:
        timestamp, signature = headers.get("x-noyo-timestamp", ""), headers.get("x-noyo-signature", "")
        if not timestamp or not signature or len(timestamp) + len(signature) > LONGEST_HEADER:
            return False
        signed = b"%b.%b" % (timestamp.encode(errors="replace"), body)
        given = [one.strip().lower().encode(errors="replace") for one in signature.split(",")]
        secrets = self._secrets.value()
        if _fits(secrets, signed, given):
            return True
        of_now = self._secrets.newer_than(secrets)
        return of_now is not None and _fits(of_now, signed, given)


def _fits(secrets: tuple[str, ...], signed: bytes, given: list[bytes]) -> bool:
    """Whether any of the signatures was made with any of the secrets, in a time that does not tell which."""
    wanted = [hmac.digest(secret.encode(), signed, "sha256").hex().encode() for secret in secrets]
    return sum(hmac.compare_digest(one, signature) for one in wanted for signature in given) > 0


def _read(body: bytes) -> WebhookEvent | None:
    """None for an event of a type that is none of our business."""
    try:
        held = json.loads(body)
    except (ValueError, RecursionError):
        raise _Unreadable("The body is not JSON.") from None
    event = _object(held, "event")
    kind = event.get("type")
    if not isinstance(kind, str):
        raise _Unreadable("The event has no type.")
    if kind not in ABOUT:
        # As far as it looks like one of Noyo's names; it may be anything.
        logger.info("a webhook of another type: %s", kind if re.fullmatch(r"[a-z_.]{1,80}", kind) else "odd")
        return None
    about = _object(held, "data")
    return WebhookEvent(_id(event, "event"), EntityRef(ABOUT[kind], _id(about, "record")))


def _object(held: object, name: str) -> Mapping[str, Any]:
    found = held.get(name) if isinstance(held, dict) else None
    if not isinstance(found, dict):
        raise _Unreadable(f"The body is not an object with an object {name}.")
    return found


def _id(held: Mapping[str, Any], whose: str) -> str:
    found = held.get("id")
    if not isinstance(found, str) or not is_uuid(found):
        raise _Unreadable(f"The {whose}'s id is not a UUID.")
    return found.lower()


def _answer(status: int, words: str = "") -> Answer:
    return {"statusCode": status, "headers": {"content-type": "text/plain"}, "body": words}
