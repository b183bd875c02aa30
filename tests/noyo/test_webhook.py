"""The door for webhooks: what is signed leaves one look and hears 200; nothing else leaves anything."""

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

from bot.domain.entities import EntityKind, EntityRef
from bot.domain.operations import Operation, OperationKind, OperationState, RefreshRequest
from bot.errors import DeadlineExceeded, SecretUnavailable, SubmissionConflict, TableUnavailable
from bot.noyo.webhook import ABOUT, LONGEST_BODY, LONGEST_HEADER, WebhookEndpoint
from bot.secrets import AGAIN_SECONDS, CachedSecret, StaticSecret
from bot.usecases.dependencies import Dependencies
from bot.usecases.ports.runtime import Secret
from bot.usecases.ports.storage import (
    AuditRepository,
    Encryptor,
    OperationRepository,
    RecordRepository,
)

SECRET = "the-webhook-secret"
STAMP = "2024-05-08T21:27:45.039587+00:00"
EVENT = "5b1f0d3e-7a52-4b43-9a0e-3d2f6d6a9c11"
RECORD = "dd9a1813-34f7-4c7e-86bc-f041f2cbd9a1"
NOW = 1_790_000_000


class Operations:
    """A table's operations, as far as placing goes; it may be out of order."""

    def __init__(self) -> None:
        self.awaiting_confirmation: dict[str, Operation] = {}
        self.trouble: Exception | None = None

    def submit(self, operation: Operation, **told: Any) -> None:
        if self.trouble:
            raise self.trouble
        if operation.id in self.awaiting_confirmation:
            raise SubmissionConflict("there already")
        assert (told["expected"], told["events"], told["audit"]) == (None, (), None)
        self.awaiting_confirmation[operation.id] = operation

    def operation(self, operation_id: str) -> Operation | None:
        return self.awaiting_confirmation.get(operation_id)

    def open_on(self, entity: EntityRef) -> Operation | None:
        del entity


class Nothing:
    def record_state(self, entity: EntityRef) -> None:
        del entity


@pytest.fixture
def operations() -> Operations:
    return Operations()


KNOWN = StaticSecret((SECRET,))


def door_on(
    operations: Operations,
    secrets: Secret[tuple[str, ...]] = KNOWN,
    look_after: Callable[[], object] = lambda: None,
) -> WebhookEndpoint:
    deps = Dependencies(
        operations=cast(OperationRepository, operations),
        records=cast(RecordRepository, Nothing()),
        encryptor=cast(Encryptor, None),
        clock=lambda: NOW,
        new_id=lambda: "id",
        audit=cast(AuditRepository, None),
    )
    return WebhookEndpoint(secrets=secrets, deps=deps, look_after=look_after)


@pytest.fixture
def door(operations: Operations) -> WebhookEndpoint:
    return door_on(operations)


def told(kind: str = "group_connection_request.status_change", **event: Any) -> bytes:
    about = {"id": RECORD, "company": "never shown"}
    return json.dumps({"data": about, "event": {"id": EVENT, "created": 1, "type": kind} | event}).encode()


def signature(body: bytes, secret: str = SECRET, stamp: str = STAMP) -> str:
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def delivered(
    body: bytes, signed: str | None = None, *, encoded: bool = False, **headers: str
) -> dict[str, Any]:
    given_ = {"x-noyo-timestamp": STAMP, "x-noyo-signature": signature(body) if signed is None else signed}
    text = base64.b64encode(body).decode() if encoded else body.decode()
    return {"headers": given_ | headers, "body": text, "isBase64Encoded": encoded}


@pytest.mark.parametrize("encoded", [False, True])
@pytest.mark.parametrize(("kind", "about"), ABOUT.items())
def test_an_event_leaves_one_look_at_its_record(
    door: WebhookEndpoint, operations: Operations, kind: str, about: EntityKind, encoded: bool
) -> None:
    assert door.handle(delivered(told(kind), encoded=encoded))["statusCode"] == 200

    (look,) = operations.awaiting_confirmation.values()
    assert (look.id, look.kind, look.state) == (
        f"webhook:{EVENT}",
        OperationKind.REFRESH_RECORD,
        OperationState.PENDING,
    )
    assert (look.entity, look.actor, look.due) == (EntityRef(about, RECORD), None, NOW)
    assert look.input == RefreshRequest("webhook")
    assert not look.takes_lock


def test_the_same_event_again_is_the_same_look_and_as_good(
    door: WebhookEndpoint, operations: Operations
) -> None:
    answers = [door.handle(delivered(told()))["statusCode"] for _ in range(3)]
    assert answers == [200, 200, 200]
    assert len(operations.awaiting_confirmation) == 1


def test_two_events_of_one_record_are_two_looks(door: WebhookEndpoint, operations: Operations) -> None:
    door.handle(delivered(told()))
    door.handle(delivered(told(id=EVENT.replace("5b", "6b"))))
    assert len(operations.awaiting_confirmation) == 2


def test_an_id_that_was_another_records_leaves_the_first_look_as_it_is(
    door: WebhookEndpoint, operations: Operations
) -> None:
    door.handle(delivered(told()))
    assert door.handle(delivered(told("group_disconnection_request.created")))["statusCode"] == 200
    assert operations.awaiting_confirmation[f"webhook:{EVENT}"].entity.kind is EntityKind.CONNECTION


@pytest.mark.parametrize("kind", ["test.hello_world", "group_connection_request.deleted", "", "Ünheard of\n"])
def test_other_types_are_taken_and_leave_nothing(
    door: WebhookEndpoint, operations: Operations, kind: str
) -> None:
    assert door.handle(delivered(told(kind, id="not even an id")))["statusCode"] == 200
    assert operations.awaiting_confirmation == {}


@pytest.mark.parametrize(
    "about", ["", ', "data": null', ', "data": [{"id": "1"}]', ', "data": "all of them"']
)
def test_what_other_types_are_about_may_have_any_form(
    door: WebhookEndpoint, operations: Operations, about: str
) -> None:
    """Any other answer would have Noyo deliver it for three days."""
    assert (
        door.handle(delivered(b'{"event": {"type": "member.created"}%b}' % about.encode()))["statusCode"]
        == 200
    )
    assert operations.awaiting_confirmation == {}


# ---------------------------------------------------------------- signatures


def other(body: bytes) -> str:
    return signature(body, "another-secret")


def test_any_of_several_signatures_may_fit(door: WebhookEndpoint, operations: Operations) -> None:
    body = told()
    for signed in (
        f"{other(body)},{signature(body)}",
        f"{signature(body)}, {other(body)}",
        f" {signature(body).upper()} ,,",
    ):
        assert door.handle(delivered(body, signed))["statusCode"] == 200
    assert len(operations.awaiting_confirmation) == 1


@pytest.mark.parametrize("secrets", [(SECRET, "new"), ("old", SECRET), ("old", SECRET, "new")])
def test_any_of_several_secrets_may_fit(operations: Operations, secrets: tuple[str, ...]) -> None:
    assert door_on(operations, StaticSecret(secrets)).handle(delivered(told()))["statusCode"] == 200


@pytest.mark.parametrize("stamp", ["2020-01-01T00:00:00+00:00", "2100-01-01T00:00:00Z", "yesterday"])
def test_age_alone_refuses_nothing(door: WebhookEndpoint, operations: Operations, stamp: str) -> None:
    """Noyo delivers for three days, and a look does no harm whenever it is taken."""
    headers = {"x-noyo-timestamp": stamp}
    answer = door.handle(delivered(told(), signature(told(), stamp=stamp), **headers))
    assert (answer["statusCode"], len(operations.awaiting_confirmation)) == (200, 1)


@pytest.mark.parametrize(
    "headers",
    [
        {"x-noyo-signature": ""},
        {"x-noyo-signature": ",,"},
        {"x-noyo-signature": "é" * 64},
        {"x-noyo-signature": other(told())},
        {"x-noyo-signature": signature(told())[:-1]},
        {"x-noyo-signature": "0" * LONGEST_HEADER + "," + signature(told())},
        {"x-noyo-timestamp": ""},
        {"x-noyo-timestamp": STAMP + " "},
        {"x-noyo-timestamp": "2024-05-08T21:27:45.039588+00:00"},
    ],
)
def test_what_noyo_did_not_sign_leaves_nothing_and_learns_nothing(
    door: WebhookEndpoint, operations: Operations, caplog: pytest.LogCaptureFixture, headers: dict[str, str]
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = door.handle(delivered(told(), **headers))
    assert (answer["statusCode"], answer["body"]) == (401, "")
    assert operations.awaiting_confirmation == {}
    assert "without a valid signature" in caplog.text
    assert RECORD not in caplog.text


def test_without_the_headers_nothing_gets_in(door: WebhookEndpoint) -> None:
    for headers in ({}, None, {"x-noyo-timestamp": STAMP}, {"x-noyo-signature": signature(told())}):
        assert door.handle({"headers": headers, "body": told().decode()})["statusCode"] == 401


def test_what_was_changed_on_the_way_is_refused(door: WebhookEndpoint, operations: Operations) -> None:
    body = told()
    assert door.handle(delivered(body + b" ", signature(body)))["statusCode"] == 401
    assert operations.awaiting_confirmation == {}


@given(st.binary(max_size=200), st.text(max_size=80), st.text(max_size=80), st.booleans())
def test_nothing_that_anyone_may_send_gets_in_or_raises(
    body: bytes, stamp: str, signed: str, encoded: bool
) -> None:
    operations = Operations()
    text = base64.b64encode(body).decode() if encoded else body.decode(errors="surrogateescape")
    event = {
        "headers": {"x-noyo-timestamp": stamp, "x-noyo-signature": signed},
        "body": text,
        "isBase64Encoded": encoded,
    }
    assert door_on(operations).handle(event)["statusCode"] == 401
    assert operations.awaiting_confirmation == {}


# ---------------------------------------------------------------- bodies


@pytest.mark.parametrize(
    ("body", "words"),
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
        (told(id="../secrets"), "The event's id is not a UUID"),
        (told(id=None), "The event's id is not a UUID"),
        (told().replace(RECORD.encode(), b"1"), "The record's id is not a UUID"),
    ],
)
def test_a_signed_body_that_is_no_event_is_refused_in_words_that_repeat_nothing(
    door: WebhookEndpoint, operations: Operations, body: bytes, words: str
) -> None:
    answer = door.handle(delivered(body, encoded=True))
    assert answer["statusCode"] == 400
    assert words in answer["body"]
    assert "never shown" not in answer["body"]
    assert operations.awaiting_confirmation == {}


def test_a_body_that_is_too_long_is_refused_before_it_is_looked_at(door: WebhookEndpoint) -> None:
    body = b" " * (LONGEST_BODY + 1)
    assert door.handle(delivered(body))["statusCode"] == 400
    assert door.handle(delivered(body[:-1], "no"))["statusCode"] == 401


@pytest.mark.parametrize("event", [{"body": 5}, {"body": "not base64", "isBase64Encoded": True}])
def test_a_body_that_is_not_encoded_as_it_says_is_refused(
    door: WebhookEndpoint, event: dict[str, Any]
) -> None:
    assert door.handle(event)["statusCode"] == 400


# ---------------------------------------------------------------- trouble of our own


@pytest.mark.parametrize("trouble", [TableUnavailable("The table does not answer."), DeadlineExceeded()])
def test_where_the_table_takes_nothing_noyo_is_to_deliver_again(
    door: WebhookEndpoint, operations: Operations, trouble: Exception
) -> None:
    operations.trouble = trouble
    assert door.handle(delivered(told()))["statusCode"] == 503
    operations.trouble = None
    assert door.handle(delivered(told()))["statusCode"] == 200
    assert len(operations.awaiting_confirmation) == 1


def test_where_the_table_says_no_without_a_reason_noyo_is_to_deliver_again(
    door: WebhookEndpoint, operations: Operations
) -> None:
    operations.trouble = SubmissionConflict("no")
    assert door.handle(delivered(told()))["statusCode"] == 503


def changing(*readings: tuple[str, ...] | Exception) -> CachedSecret[tuple[str, ...]]:
    """A secret that holds the next of these whenever it is read, the last one for ever."""
    left = list(readings)

    def read() -> tuple[str, ...]:
        found = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(found, Exception):
            raise found
        return found

    ticking = itertools.count(step=AGAIN_SECONDS)
    return CachedSecret(read, lambda: float(next(ticking)))


def test_a_signature_that_does_not_fit_is_held_against_the_secret_of_now(operations: Operations) -> None:
    door = door_on(operations, changing(("old",), ("old", SECRET)))
    assert door.handle(delivered(told()))["statusCode"] == 200
    assert door.handle(delivered(told(), other(told())))["statusCode"] == 401


def test_where_the_secret_cannot_be_read_noyo_is_to_deliver_again(
    operations: Operations, caplog: pytest.LogCaptureFixture
) -> None:
    door = door_on(operations, changing(SecretUnavailable("SECRET_NOYO_WEBHOOK cannot be read."), (SECRET,)))
    answer = door.handle(delivered(told()))
    assert (answer["statusCode"], answer["body"]) == (503, "")
    assert "SECRET_NOYO_WEBHOOK cannot be read" in caplog.text
    assert door.handle(delivered(told()))["statusCode"] == 200


class Unreadable:
    def value(self) -> tuple[str, ...]:
        raise SecretUnavailable("There is none.")

    def newer_than(self, refused: tuple[str, ...]) -> None:
        del refused


def test_what_noyo_signed_and_a_secret_that_cannot_be_read_are_noted_and_a_strangers_call_is_not(
    operations: Operations,
) -> None:
    noted: list[str] = []
    door = door_on(operations, look_after=lambda: noted.append("known"))
    assert door.handle(delivered(told(), signed="0" * 64))["statusCode"] == 401
    assert noted == []
    assert door.handle(delivered(told()))["statusCode"] == 200
    assert noted == ["known"]

    broken = door_on(operations, Unreadable(), lambda: noted.append("unreadable"))
    assert broken.handle(delivered(told()))["statusCode"] == 503
    assert noted == ["known", "unreadable"]
