"""Sealing under a KMS key (moto's): bound to the operation, and no client made before something was typed."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from moto import mock_aws

from bot.domain.requests import SensitiveFields
from bot.dynamodb import RECEIVER, open_encryptor
from bot.dynamodb.clients import aws_client
from bot.dynamodb.encryption import KmsEncryptor
from bot.errors import DeadlineExceeded, StorageError, TableUnavailable
from tests.dynamodb.conftest import REGION, TIMEOUTS

TYPED = SensitiveFields(
    federal_ein="12-3456789", broker_tin="123-45-6789", employer_email_address="a@b.example"
)


@pytest.fixture
def encryptor() -> Iterator[KmsEncryptor]:
    with mock_aws():
        kms = aws_client("kms", region=REGION, endpoint_url=None, timeouts=TIMEOUTS)
        key_id = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.close()
        yield open_encryptor(key_id=key_id, region=REGION)


@pytest.mark.parametrize(
    "typed",
    [
        TYPED,
        SensitiveFields(),
        SensitiveFields(federal_ein=""),
        SensitiveFields(broker_federal_ein="Zoë 🏥\0"),
    ],
    ids=["some", "none", "empty", "odd"],
)
def test_what_was_sealed_is_unsealed_for_the_same_operation(
    encryptor: KmsEncryptor, typed: SensitiveFields
) -> None:
    encrypted = encryptor.encrypt(typed, "V1")

    assert encryptor.decrypt(encrypted, "V1") == typed


def test_sealed_text_shows_nothing_of_what_was_typed(encryptor: KmsEncryptor) -> None:
    encrypted = encryptor.encrypt(TYPED, "V1")

    assert encrypted.isascii()
    for secret in ("3456789", "45-6789", "a@b", "federal_ein"):
        assert secret not in encrypted


def test_what_was_sealed_for_one_operation_is_not_unsealed_for_another(encryptor: KmsEncryptor) -> None:
    encrypted = encryptor.encrypt(TYPED, "V1")

    with pytest.raises(StorageError):
        encryptor.decrypt(encrypted, "V2")


@pytest.mark.parametrize("damaged", ["", "AAAA", "no base64 at all", "ü"])
def test_damaged_text_is_refused(encryptor: KmsEncryptor, damaged: str) -> None:
    with pytest.raises(StorageError):
        encryptor.decrypt(damaged, "V1")


def test_no_client_is_made_before_it_is_needed_and_then_only_one() -> None:
    made: list[Kms] = []

    def make() -> "Kms":
        made.append(Kms(plaintext=b"{}"))
        return made[-1]

    encryptor = KmsEncryptor(make, "key")
    assert made == []
    encryptor.decrypt("AAAA", "V1")
    encryptor.decrypt("AAAA", "V1")

    assert len(made) == 1


class Kms:
    def __init__(self, error: Exception | None = None, plaintext: bytes = b"") -> None:
        self._error = error
        self._plaintext = plaintext

    def decrypt(self, **parameters: Any) -> dict[str, Any]:
        if self._error is not None:
            raise self._error
        return {"Plaintext": self._plaintext, "CiphertextBlob": b""}

    encrypt = decrypt


def refused(code: str, status: int = 400) -> ClientError:
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Decrypt")


@pytest.mark.parametrize(
    "error",
    [refused("ThrottlingException"), refused("Odd", 503), EndpointConnectionError(endpoint_url="x")],
    ids=str,
)
def test_a_key_that_does_not_answer_is_worth_another_try(error: Exception) -> None:
    encryptor = KmsEncryptor(lambda: Kms(error), "key")

    with pytest.raises(TableUnavailable):
        encryptor.encrypt(TYPED, "V1")


def test_a_key_is_not_asked_for_what_would_come_too_late() -> None:
    timeouts = replace(RECEIVER, left=lambda: RECEIVER.read - 0.01)
    encryptor = open_encryptor(
        key_id="key", region=REGION, timeouts=timeouts, make_client=lambda *_, **__: Kms()
    )

    with pytest.raises(DeadlineExceeded):
        encryptor.encrypt(TYPED, "V1")


@pytest.mark.parametrize("error", [refused("AccessDeniedException"), NoCredentialsError()], ids=str)
def test_a_key_that_says_no_is_not(error: Exception) -> None:
    encryptor = KmsEncryptor(lambda: Kms(error), "key")

    with pytest.raises(StorageError) as raised:
        encryptor.encrypt(TYPED, "V1")

    assert not isinstance(raised.value, TableUnavailable)


@pytest.mark.parametrize("plaintext", [b"12-3456789", b'{"ssn": "12-3456789"}', b'["12-3456789"]', b"\xff"])
def test_an_error_never_quotes_what_was_sealed(plaintext: bytes) -> None:
    encryptor = KmsEncryptor(lambda: Kms(plaintext=plaintext), "key")

    with pytest.raises(StorageError) as raised:
        encryptor.decrypt("AAAA", "V1")

    assert "3456789" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
