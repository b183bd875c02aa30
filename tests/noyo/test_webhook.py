"""The webhook endpoint: a signed event submits one refresh and is answered with 200; nothing else submits anything."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import logging
from collections.abc import Callable
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import policies
from bot.domain.operations import Operation, OperationKind, OperationState
from bot.domain.records import EntityKind, EntityRef
from bot.domain.requests import RefreshRequest
from bot.errors import DeadlineExceeded, SecretUnavailable, SubmissionConflict, TableUnavailable
from bot.noyo.webhook import ENTITY_KINDS, WebhookEndpoint
from bot.policies import WEBHOOK_MAX_BODY_BYTES, WEBHOOK_MAX_HEADER_BYTES
from bot.secrets import CachedSecret
from bot.usecases.dependencies import Dependencies
from bot.usecases.ports.runtime import Secret
from bot.usecases.ports.storage import AuditRepository, Encryptor, OperationRepository, RecordRepository
from tests.static_secret import StaticSecret

SECRET = "the-webhook-secret"
STAMP = "2024-05-08T21:27:45.039587+00:00"
EVENT = "5b1f0d3e-7a52-4b43-9a0e-3d2f6d6a9c11"
RECORD = "dd9a1813-34f7-4c7e-86bc-f041f2cbd9a1"
NOW = 1_790_000_000


class FakeOperations:
    """An in-memory operation repository for submissions; `failure` is raised if set."""

    def __init__(self) -> None:
        self.submitted: dict[str, Operation] = {}
        self.failure: Exception | None = None

    def submit(self, operation: Operation, **parameters: Any) -> None:
        if self.failure:
            raise self.failure
        if operation.id in self.submitted:
            raise SubmissionConflict("already submitted")
        assert (parameters["expected"], parameters["events"], parameters["audit"]) == (None, (), None)
        self.submitted[operation.id] = operation

    def operation(self, operation_id: str) -> Operation | None:
        return self.submitted.get(operation_id)

    def open_on(self, entity: EntityRef) -> Operation | None:
        del entity


class FakeRecords:
    def record_state(self, entity: EntityRef) -> None:
        del entity


@pytest.fixture
def operations() -> FakeOperations:
    return FakeOperations()


VALID_SECRET = StaticSecret((SECRET,))


def build_endpoint(
    operations: FakeOperations,
    secrets: Secret[tuple[str, ...]] = VALID_SECRET,
    check_health: Callable[[], object] = lambda: None,
) -> WebhookEndpoint:
    deps = Dependencies(
        operations=cast(OperationRepository, operations),
        records=cast(RecordRepository, FakeRecords()),
        encryptor=cast(Encryptor, None),
        clock=lambda: NOW,
        new_id=lambda: "id",
        audit=cast(AuditRepository, None),
    )
    return WebhookEndpoint(secrets=secrets, deps=deps, check_health=check_health)


@pytest.fixture
def endpoint(operations: FakeOperations) -> WebhookEndpoint:
    return build_endpoint(operations)


def event_body(kind: str = "group_connection_request.status_change", **event: Any) -> bytes:
    about = {"id": RECORD, "company": "never shown"}
    return json.dumps({"data": about, "event": {"id": EVENT, "created": 1, "type": kind} | event}).encode()


def signature(body: bytes, secret: str = SECRET, stamp: str = STAMP) -> str:
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def delivery(body: bytes, signed: str | None = None, *, encoded: bool = False, **headers: str) -> dict[str, Any]:
    headers_ = {"x-noyo-timestamp": STAMP, "x-noyo-signature": signature(body) if signed is None else signed}
    text = base64.b64encode(body).decode() if encoded else body.decode()
    return {"headers": headers_ | headers, "body": text, "isBase64Encoded": encoded}


@pytest.mark.parametrize("encoded", [False, True])
@pytest.mark.parametrize(("kind", "about"), ENTITY_KINDS.items())
def test_event_submits_one_refresh_of_its_record(
    endpoint: WebhookEndpoint, operations: FakeOperations, kind: str, about: EntityKind, encoded: bool
) -> None:
    assert endpoint.handle(delivery(event_body(kind), encoded=encoded))["statusCode"] == 200

    (refresh,) = operations.submitted.values()
    assert (refresh.id, refresh.kind, refresh.state) == (
        f"webhook:{EVENT}",
        OperationKind.REFRESH_RECORD,
        OperationState.PENDING,
    )
    assert (refresh.entity, refresh.actor, refresh.due) == (EntityRef(about, RECORD), None, NOW)
    assert refresh.input == RefreshRequest("webhook")
    assert not refresh.changes_noyo


def test_repeated_event_submits_nothing_and_succeeds(endpoint: WebhookEndpoint, operations: FakeOperations) -> None:
    answers = [endpoint.handle(delivery(event_body()))["statusCode"] for _ in range(3)]
    assert answers == [200, 200, 200]
    assert len(operations.submitted) == 1


def test_two_events_of_one_record_submit_two_refreshes(endpoint: WebhookEndpoint, operations: FakeOperations) -> None:
    endpoint.handle(delivery(event_body()))
    endpoint.handle(delivery(event_body(id=EVENT.replace("5b", "6b"))))
    assert len(operations.submitted) == 2


def test_reused_event_id_does_not_change_the_first_refresh(
    endpoint: WebhookEndpoint, operations: FakeOperations
) -> None:
    endpoint.handle(delivery(event_body()))
    assert endpoint.handle(delivery(event_body("group_disconnection_request.created")))["statusCode"] == 200
    assert operations.submitted[f"webhook:{EVENT}"].entity.kind is EntityKind.CONNECTION


@pytest.mark.parametrize("kind", ["test.hello_world", "group_connection_request.deleted", "", "Ünheard of\n"])
def test_other_event_types_are_accepted_and_ignored(
    endpoint: WebhookEndpoint, operations: FakeOperations, kind: str
) -> None:
    assert endpoint.handle(delivery(event_body(kind, id="not even an id")))["statusCode"] == 200
    assert operations.submitted == {}


@pytest.mark.parametrize("about", ["", ', "data": null', ', "data": [{"id": "1"}]', ', "data": "all of them"'])
def test_data_of_other_event_types_may_have_any_shape(
    endpoint: WebhookEndpoint, operations: FakeOperations, about: str
) -> None:
    """Any other answer would make Noyo repeat the delivery for three days."""
    assert endpoint.handle(delivery(b'{"event": {"type": "member.created"}%b}' % about.encode()))["statusCode"] == 200
    assert operations.submitted == {}


# ---------------------------------------------------------------- signatures


def other_signature(body: bytes) -> str:
    return signature(body, "another-secret")


def test_one_valid_signature_of_several_is_enough(endpoint: WebhookEndpoint, operations: FakeOperations) -> None:
    body = event_body()
    for signed in (
        f"{other_signature(body)},{signature(body)}",
        f"{signature(body)}, {other_signature(body)}",
        f" {signature(body).upper()} ,,",
    ):
        assert endpoint.handle(delivery(body, signed))["statusCode"] == 200
    assert len(operations.submitted) == 1


@pytest.mark.parametrize("secrets", [(SECRET, "new"), ("old", SECRET), ("old", SECRET, "new")])
def test_signature_may_match_any_of_several_secrets(operations: FakeOperations, secrets: tuple[str, ...]) -> None:
    assert build_endpoint(operations, StaticSecret(secrets)).handle(delivery(event_body()))["statusCode"] == 200


@pytest.mark.parametrize("stamp", ["2020-01-01T00:00:00+00:00", "2100-01-01T00:00:00Z", "yesterday"])
def test_old_events_are_accepted(endpoint: WebhookEndpoint, operations: FakeOperations, stamp: str) -> None:
    """Noyo delivers for three days, and a late refresh does no harm."""
    headers = {"x-noyo-timestamp": stamp}
    answer = endpoint.handle(delivery(event_body(), signature(event_body(), stamp=stamp), **headers))
    assert (answer["statusCode"], len(operations.submitted)) == (200, 1)


@pytest.mark.parametrize(
    "headers",
    [
        {"x-noyo-signature": ""},
        {"x-noyo-signature": ",,"},
        {"x-noyo-signature": "é" * 64},
        {"x-noyo-signature": other_signature(event_body())},
        {"x-noyo-signature": signature(event_body())[:-1]},
        {"x-noyo-signature": "0" * WEBHOOK_MAX_HEADER_BYTES + "," + signature(event_body())},
        {"x-noyo-timestamp": ""},
        {"x-noyo-timestamp": STAMP + " "},
        {"x-noyo-timestamp": "2024-05-08T21:27:45.039588+00:00"},
    ],
)
def test_unsigned_event_is_rejected_without_details(
    endpoint: WebhookEndpoint, operations: FakeOperations, caplog: pytest.LogCaptureFixture, headers: dict[str, str]
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = endpoint.handle(delivery(event_body(), **headers))
    assert (answer["statusCode"], answer["body"]) == (401, "")
    assert operations.submitted == {}
    assert "without a valid signature" in caplog.text
    assert RECORD not in caplog.text


def test_event_without_signature_headers_is_rejected(endpoint: WebhookEndpoint) -> None:
    for headers in ({}, None, {"x-noyo-timestamp": STAMP}, {"x-noyo-signature": signature(event_body())}):
        assert endpoint.handle({"headers": headers, "body": event_body().decode()})["statusCode"] == 401


def test_modified_body_is_rejected(endpoint: WebhookEndpoint, operations: FakeOperations) -> None:
    body = event_body()
    assert endpoint.handle(delivery(body + b" ", signature(body)))["statusCode"] == 401
    assert operations.submitted == {}


@given(st.binary(max_size=200), st.text(max_size=80), st.text(max_size=80), st.booleans())
def test_any_unsigned_request_is_rejected_without_an_exception(
    body: bytes, stamp: str, signed: str, encoded: bool
) -> None:
    operations = FakeOperations()
    text = base64.b64encode(body).decode() if encoded else body.decode(errors="surrogateescape")
    event = {
        "headers": {"x-noyo-timestamp": stamp, "x-noyo-signature": signed},
        "body": text,
        "isBase64Encoded": encoded,
    }
    assert build_endpoint(operations).handle(event)["statusCode"] == 401
    assert operations.submitted == {}


# ---------------------------------------------------------------- bodies


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "not JSON"),
        (b"hello", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 30_000, "not JSON"),
        (b"[]", "not an object with an object event"),
        (b"null", "not an object with an object event"),
        (b'{"event": []}', "not an object with an object event"),
        (b'{"event": {"type": "group_connection_request.created"}}', "not an object with an object data"),
        (b'{"event": {"type": 5}, "data": {}}', "has no type"),
        (event_body(id="../secrets"), "The event's id is not a UUID"),
        (event_body(id=None), "The event's id is not a UUID"),
        (event_body().replace(RECORD.encode(), b"1"), "The record's id is not a UUID"),
    ],
)
def test_signed_body_that_is_not_an_event_is_rejected_without_repeating_it(
    endpoint: WebhookEndpoint, operations: FakeOperations, body: bytes, expected: str
) -> None:
    answer = endpoint.handle(delivery(body, encoded=True))
    assert answer["statusCode"] == 400
    assert expected in answer["body"]
    assert "never shown" not in answer["body"]
    assert operations.submitted == {}


def test_too_long_body_is_rejected_before_its_signature_is_checked(endpoint: WebhookEndpoint) -> None:
    body = b" " * (WEBHOOK_MAX_BODY_BYTES + 1)
    assert endpoint.handle(delivery(body))["statusCode"] == 400
    assert endpoint.handle(delivery(body[:-1], "no"))["statusCode"] == 401


@pytest.mark.parametrize("event", [{"body": 5}, {"body": "not base64", "isBase64Encoded": True}])
def test_body_with_an_invalid_encoding_is_rejected(endpoint: WebhookEndpoint, event: dict[str, Any]) -> None:
    assert endpoint.handle(event)["statusCode"] == 400


# ---------------------------------------------------------------- our own failures


@pytest.mark.parametrize("failure", [TableUnavailable("The table does not answer."), DeadlineExceeded()])
def test_noyo_delivers_again_if_the_table_is_unavailable(
    endpoint: WebhookEndpoint, operations: FakeOperations, failure: Exception
) -> None:
    operations.failure = failure
    assert endpoint.handle(delivery(event_body()))["statusCode"] == 503
    operations.failure = None
    assert endpoint.handle(delivery(event_body()))["statusCode"] == 200
    assert len(operations.submitted) == 1


def test_noyo_delivers_again_if_the_submission_is_rejected(
    endpoint: WebhookEndpoint, operations: FakeOperations
) -> None:
    operations.failure = SubmissionConflict("no")
    assert endpoint.handle(delivery(event_body()))["statusCode"] == 503


def rotating_secret(*readings: tuple[str, ...] | Exception) -> CachedSecret[tuple[str, ...]]:
    """A secret that returns the next value each time it is read, then the last one."""
    left = list(readings)

    def read() -> tuple[str, ...]:
        found = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(found, Exception):
            raise found
        return found

    ticking = itertools.count(step=policies.SECRET_REREAD_SECONDS)
    return CachedSecret(read, lambda: float(next(ticking)))


def test_unmatched_signature_is_checked_against_the_current_secret(operations: FakeOperations) -> None:
    endpoint = build_endpoint(operations, rotating_secret(("old",), ("old", SECRET)))
    assert endpoint.handle(delivery(event_body()))["statusCode"] == 200
    assert endpoint.handle(delivery(event_body(), other_signature(event_body())))["statusCode"] == 401


def test_noyo_delivers_again_if_the_secret_is_unavailable(
    operations: FakeOperations, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint = build_endpoint(
        operations, rotating_secret(SecretUnavailable("SECRET_NOYO_WEBHOOK cannot be read."), (SECRET,))
    )
    answer = endpoint.handle(delivery(event_body()))
    assert (answer["statusCode"], answer["body"]) == (503, "")
    assert "SECRET_NOYO_WEBHOOK cannot be read" in caplog.text
    assert endpoint.handle(delivery(event_body()))["statusCode"] == 200


class UnreadableSecret:
    def value(self) -> tuple[str, ...]:
        raise SecretUnavailable("There is none.")

    def newer_than(self, refused: tuple[str, ...]) -> None:
        del refused


def test_health_is_checked_after_signed_events_and_secret_errors_only(operations: FakeOperations) -> None:
    checks: list[str] = []
    endpoint = build_endpoint(operations, check_health=lambda: checks.append("known"))
    assert endpoint.handle(delivery(event_body(), signed="0" * 64))["statusCode"] == 401
    assert checks == []
    assert endpoint.handle(delivery(event_body()))["statusCode"] == 200
    assert checks == ["known"]

    broken = build_endpoint(operations, UnreadableSecret(), lambda: checks.append("unreadable"))
    assert broken.handle(delivery(event_body()))["statusCode"] == 503
    assert checks == ["known", "unreadable"]
