"""The endpoint for Noyo's webhooks: takes Lambda's HTTP event and returns its answer. Unsigned events are rejected.

An event says that a record changed, but not how, so it submits one refresh of that record. Noyo delivers at least once,
in any order, and repeats for three days until it receives 200. The refresh takes its id from the event, so a repeated
delivery submits nothing; the event's age does not matter.
"""

from __future__ import annotations

import hmac
import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot import policies
from bot.domain.operations import ReplyTo
from bot.domain.records import EntityKind, EntityRef, is_uuid
from bot.domain.requests import WEBHOOK_ID
from bot.errors import DeadlineExceeded, SecretUnavailable, StorageError
from bot.http_event import HttpAnswer, headers_of, raw_body, text_answer
from bot.telemetry import LogEvent, log_event
from bot.usecases.dependencies import Dependencies
from bot.usecases.operations import submit
from bot.usecases.ports.runtime import Secret

logger = logging.getLogger("switchboard")

ENTITY_KINDS = {
    "group_connection_request.created": EntityKind.CONNECTION,
    "group_connection_request.status_change": EntityKind.CONNECTION,
    "group_disconnection_request.created": EntityKind.DISCONNECTION,
    "group_disconnection_request.status_change": EntityKind.DISCONNECTION,
}
"""The kind of record for each event type that we handle. Noyo may add types at any time; others are ignored."""

_CHECKED_STATUSES = {200, 503}
"""The event was signed, or our secret cannot be read. Unsigned requests must cause no work and reveal nothing."""


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """An event's id, and the record that changed."""

    event_id: str
    entity: EntityRef


class _InvalidEvent(Exception):
    """The body is not an event. The message says why, without any of its content."""


class WebhookEndpoint:
    """Verifies the signature of the raw bytes and submits the refresh."""

    def __init__(
        self, *, secrets: Secret[tuple[str, ...]], deps: Dependencies, check_health: Callable[[], object] = lambda: None
    ) -> None:
        """`secrets`: one, or several during a rotation. `check_health` records whether they can be read."""
        self._secrets, self._deps, self._check_health = secrets, deps, check_health

    def handle(self, event: Mapping[str, Any]) -> HttpAnswer:
        """Answers one event of an HTTP API, payload version 2.0. A 5xx makes Noyo deliver again."""
        try:
            answer = self._process(event)
        except (SecretUnavailable, StorageError, DeadlineExceeded) as error:
            logger.error("a webhook was not accepted: %s", error)
            answer = text_answer(503)
            if not isinstance(error, SecretUnavailable):
                return answer
        if answer["statusCode"] in _CHECKED_STATUSES:
            self._check_health()
        return answer

    def _process(self, event: Mapping[str, Any]) -> HttpAnswer:
        body = raw_body(event)
        if body is None or len(body) > policies.WEBHOOK_MAX_BODY_BYTES:
            limit = policies.WEBHOOK_MAX_BODY_BYTES
            return text_answer(400, f"The body's encoding is invalid, or it is longer than {limit} bytes.")
        if not self._signed(body, headers_of(event)):
            logger.warning("a webhook without a valid signature was rejected")
            log_event(LogEvent.SIGNATURE_REJECTED, endpoint="noyo")
            return text_answer(401)
        try:
            webhook_event = _parse_event(body)
        except _InvalidEvent as error:
            logger.warning("a signed webhook of %d bytes cannot be read: %s", len(body), error)
            return text_answer(400, str(error))
        if webhook_event is not None:
            self._submit_refresh(webhook_event)
        return text_answer(200)

    def _submit_refresh(self, event: WebhookEvent) -> None:
        """A repeated event finds its refresh already submitted, which counts as success."""
        result = submit.refresh(
            f"{WEBHOOK_ID}{event.event_id}", None, event.entity, because="webhook", reply_to=ReplyTo(), deps=self._deps
        )
        if isinstance(result, submit.RecordChanged):
            raise StorageError("The table rejected the refresh without a reason.")
        if isinstance(result, submit.Conflict):
            logger.warning("an event's id was used before for another record", extra={"work_id": result.operation.id})

    def _signed(self, body: bytes, headers: Mapping[str, str]) -> bool:
        timestamp, signature = headers.get("x-noyo-timestamp", ""), headers.get("x-noyo-signature", "")
        if not timestamp or not signature or len(timestamp) + len(signature) > policies.WEBHOOK_MAX_HEADER_BYTES:
            return False
        signed = b"%b.%b" % (timestamp.encode(errors="replace"), body)
        signatures = [part.strip().lower().encode(errors="replace") for part in signature.split(",")]
        secrets = self._secrets.value()
        if _matches(secrets, signed, signatures):
            return True
        rotated = self._secrets.newer_than(secrets)
        return rotated is not None and _matches(rotated, signed, signatures)


def _matches(secrets: tuple[str, ...], signed: bytes, signatures: list[bytes]) -> bool:
    """Whether any signature was made with any secret. All pairs are compared, so the time reveals nothing."""
    expected = [hmac.digest(secret.encode(), signed, "sha256").hex().encode() for secret in secrets]
    return sum(hmac.compare_digest(digest, given) for digest in expected for given in signatures) > 0


def _parse_event(body: bytes) -> WebhookEvent | None:
    """None for an event of a type that we do not handle."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise _InvalidEvent("The body is not JSON.") from None
    event = _object(content, "event")
    kind = event.get("type")
    if not isinstance(kind, str):
        raise _InvalidEvent("The event has no type.")
    if kind not in ENTITY_KINDS:
        # The type is logged only if it looks like one of Noyo's names: it may contain anything.
        logger.info("ignored a webhook of type %s", kind if re.fullmatch(r"[a-z_.]{1,80}", kind) else "(invalid)")
        return None
    record = _object(content, "data")
    return WebhookEvent(_id(event, "event"), EntityRef(ENTITY_KINDS[kind], _id(record, "record")))


def _object(content: object, name: str) -> Mapping[str, Any]:
    value = content.get(name) if isinstance(content, dict) else None
    if not isinstance(value, dict):
        raise _InvalidEvent(f"The body is not an object with an object {name}.")
    return value


def _id(fields: Mapping[str, Any], owner: str) -> str:
    value = fields.get("id")
    if not isinstance(value, str) or not is_uuid(value):
        raise _InvalidEvent(f"The {owner}'s id is not a UUID.")
    return value.lower()
