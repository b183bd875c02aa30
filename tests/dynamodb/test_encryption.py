"""Encryption with a KMS key (moto's): bound to the operation, and without a client until the first use."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from moto import mock_aws

from bot.domain.requests import SensitiveFields
from bot.dynamodb import RECEIVER
from bot.dynamodb.clients import aws_client
from bot.dynamodb.encryption import KmsEncryptor
from bot.errors import DeadlineExceeded, StorageError, TableUnavailable
from tests.dynamodb.conftest import REGION, TIMEOUTS

TYPED = SensitiveFields(federal_ein="12-3456789", broker_tin="123-45-6789", employer_email_address="a@b.example")


@pytest.fixture
def encryptor() -> Iterator[KmsEncryptor]:
    with mock_aws():
        kms = aws_client("kms", region=REGION, endpoint_url=None, timeouts=TIMEOUTS)
        key_id = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.close()
        yield KmsEncryptor(partial(aws_client, "kms", region=REGION, endpoint_url=None, timeouts=TIMEOUTS), key_id)


@pytest.mark.parametrize(
    "typed",
    [TYPED, SensitiveFields(), SensitiveFields(federal_ein=""), SensitiveFields(broker_federal_ein="Zoë 🏥\0")],
    ids=["some", "none", "empty", "odd"],
)
def test_values_are_decrypted_for_the_same_operation(encryptor: KmsEncryptor, typed: SensitiveFields) -> None:
    encrypted = encryptor.encrypt(typed, "V1")

    assert encryptor.decrypt(encrypted, "V1") == typed


def test_encrypted_text_contains_no_plaintext(encryptor: KmsEncryptor) -> None:
    encrypted = encryptor.encrypt(TYPED, "V1")

    assert encrypted.isascii()
    for secret in ("3456789", "45-6789", "a@b", "federal_ein"):
        assert secret not in encrypted


def test_values_are_not_decrypted_for_another_operation(encryptor: KmsEncryptor) -> None:
    encrypted = encryptor.encrypt(TYPED, "V1")

    with pytest.raises(StorageError):
        encryptor.decrypt(encrypted, "V2")


@pytest.mark.parametrize("damaged", ["", "AAAA", "no base64 at all", "ü"])
def test_damaged_text_is_refused(encryptor: KmsEncryptor, damaged: str) -> None:
    with pytest.raises(StorageError):
        encryptor.decrypt(damaged, "V1")


def test_one_client_is_created_at_the_first_use() -> None:
    clients: list[Kms] = []

    def make() -> "Kms":
        clients.append(Kms(plaintext=b"{}"))
        return clients[-1]

    encryptor = KmsEncryptor(make, "key")
    assert clients == []
    encryptor.decrypt("AAAA", "V1")
    encryptor.decrypt("AAAA", "V1")

    assert len(clients) == 1


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
    "error", [refused("ThrottlingException"), refused("Odd", 503), EndpointConnectionError(endpoint_url="x")], ids=str
)
def test_a_key_that_does_not_answer_raises_a_temporary_error(error: Exception) -> None:
    encryptor = KmsEncryptor(lambda: Kms(error), "key")

    with pytest.raises(TableUnavailable):
        encryptor.encrypt(TYPED, "V1")


def test_no_request_is_sent_if_the_response_would_be_too_late() -> None:
    timeouts = replace(RECEIVER, left=lambda: RECEIVER.read - 0.01)
    encryptor = KmsEncryptor(Kms, "key", timeouts.begin)

    with pytest.raises(DeadlineExceeded):
        encryptor.encrypt(TYPED, "V1")


@pytest.mark.parametrize("error", [refused("AccessDeniedException"), NoCredentialsError()], ids=str)
def test_a_refusal_by_the_key_raises_a_permanent_error(error: Exception) -> None:
    encryptor = KmsEncryptor(lambda: Kms(error), "key")

    with pytest.raises(StorageError) as raised:
        encryptor.encrypt(TYPED, "V1")

    assert not isinstance(raised.value, TableUnavailable)


@pytest.mark.parametrize("plaintext", [b"12-3456789", b'{"ssn": "12-3456789"}', b'["12-3456789"]', b"\xff"])
def test_an_error_never_quotes_the_plaintext(plaintext: bytes) -> None:
    encryptor = KmsEncryptor(lambda: Kms(plaintext=plaintext), "key")

    with pytest.raises(StorageError) as raised:
        encryptor.decrypt("AAAA", "V1")

    assert "3456789" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
