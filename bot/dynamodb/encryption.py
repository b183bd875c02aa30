"""Encrypts what may identify a person or an employer, with a KMS key and bound to its operation."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import asdict
from functools import cached_property
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NotConnected

from bot.domain.requests import SensitiveFields
from bot.dynamodb.table import log_throttling
from bot.errors import StorageError, TableUnavailable

_TRANSIENT = frozenset(
    {"DependencyTimeoutException", "KMSInternalException", "LimitExceededException", "ThrottlingException"}
)


class KmsClient(Protocol):
    def encrypt(self, **parameters: Any) -> dict[str, Any]: ...

    def decrypt(self, **parameters: Any) -> dict[str, Any]: ...


class KmsEncryptor:
    """The `Encryptor` port on KMS. The client is created on first use, since most forms hold no sensitive field."""

    def __init__(
        self, make_client: Callable[[], KmsClient], key_id: str, begin: Callable[[], None] = lambda: None
    ) -> None:
        """`begin` is called before each request, and raises if there is no time for one."""
        self._make_client = make_client
        self._key_id = key_id
        self._begin = begin

    @cached_property
    def _client(self) -> KmsClient:
        return self._make_client()

    def encrypt(self, sensitive: SensitiveFields, operation_id: str) -> str:
        typed = {name: value for name, value in asdict(sensitive).items() if value is not None}
        answer = self._call(
            self._client.encrypt,
            KeyId=self._key_id,
            Plaintext=json.dumps(typed).encode(),
            EncryptionContext=_context(operation_id),
        )
        return base64.b64encode(answer["CiphertextBlob"]).decode()

    def decrypt(self, encrypted: str, operation_id: str) -> SensitiveFields:
        """Raises `StorageError` if it was encrypted for another operation, or is not encrypted text."""
        answer = self._call(
            self._client.decrypt,
            KeyId=self._key_id,
            CiphertextBlob=_decoded(encrypted),
            EncryptionContext=_context(operation_id),
        )
        try:
            return SensitiveFields(**json.loads(answer["Plaintext"]))
        except (ValueError, TypeError):
            # Not `from error`: its text would contain the decrypted values.
            raise StorageError("This version of Switchboard cannot read the encrypted fields.") from None

    def _call(self, call: Callable[..., dict[str, Any]], **parameters: Any) -> dict[str, Any]:
        self._begin()
        return _answer(call, **parameters)


def _context(operation_id: str) -> dict[str, str]:
    return {"operation": operation_id}


def _decoded(encrypted: str) -> bytes:
    try:
        return base64.b64decode(encrypted, validate=True)
    except (binascii.Error, ValueError) as error:
        raise StorageError("The encrypted fields are damaged.") from error


def _answer(call: Callable[..., dict[str, Any]], **parameters: Any) -> dict[str, Any]:
    try:
        return call(**parameters)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        log_throttling(error, by="kms")
        if code in _TRANSIENT or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
            raise _unavailable() from error
        raise StorageError(f"The encryption key refused a request ({code}).") from error
    except (HTTPClientError, NotConnected) as error:
        raise _unavailable() from error
    except BotoCoreError as error:
        raise StorageError(f"Switchboard cannot reach its encryption key ({type(error).__name__}).") from error


def _unavailable() -> TableUnavailable:
    return TableUnavailable("The encryption key is not answering right now. Please try again in a minute.")
